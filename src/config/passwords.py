"""Passwords in URIs, which nothing that a run leaves or prints may show."""

from urllib.parse import urlsplit


def without_password(text: str, uri: str) -> str:
    """`text` as it may be shown: the password that `uri` may hold is starred out."""
    password = urlsplit(uri).password
    return text.replace(f":{password}@", ":***@") if password else text
