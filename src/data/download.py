"""Downloads that resume, are checked, and appear under their name only when they are whole."""

import hashlib
import ssl
import sys
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from filelock import FileLock
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from src.disk import whole_file

TRIES, TIMEOUT, CHUNK = 3, 20.0, 1 << 16
# Other OSErrors (a full disk, a forbidden folder) are not the network's and pass as they are.
NETWORK = (urllib.error.URLError, ConnectionError, TimeoutError, ssl.SSLError, HTTPException)


def download(url: str, path: Path, *, md5: str) -> Path:
    """Fetch `url` to `path` unless it is there, going on with a `.part` that an earlier try left; one process at a time.

    Raises OSError in one line if the file cannot be had, ValueError if its MD5 is not `md5` (the bad file is removed).
    """
    if path.is_file():
        return path
    if not url.startswith(("http://", "https://", "ftp://", "file://")):
        raise ValueError(f"data.url: must be an address that begins with https:// or the like, but got {url!r}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):  # two that append to one part would spoil it
        return path if path.is_file() else _whole(url, path, md5)


def _whole(url: str, path: Path, md5: str) -> Path:
    part = path.with_name(path.name + ".part")
    for attempt in range(TRIES):
        try:
            _fetch(url, part)
            break
        except NETWORK as error:
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
            if attempt == TRIES - 1 or refused:
                reason = " ".join(str(getattr(error, "reason", None) or error).split())
                raise ConnectionError(
                    f"{url}: must be reachable to fetch {path.name}, but got: {reason}. "
                    f"Fetch the file by hand and give it as data.path=FILE."
                ) from error
    found = hashlib.md5(part.read_bytes()).hexdigest()
    if found != md5:
        part.unlink()
        raise ValueError(f"{url}: the file must have MD5 {md5}, but got {found}; it was removed, try again.")
    with whole_file(path) as whole:
        part.replace(whole)
    return path


def _fetch(url: str, part: Path) -> None:
    """Append to `part` what it lacks of `url`; ConnectionError if the answer ends early."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()  # else its socket waits for the garbage collector
        if error.code != 416:  # the part is as long as the file, or longer: its MD5 will tell
            raise
        return
    with answer:
        resumed = answer.status == 206
        _write(answer, part, have if resumed else 0)


def _write(answer: HTTPResponse, part: Path, have: int) -> None:
    length = answer.headers.get("Content-Length")
    total = have + int(length) if length else None
    console = Console(stderr=True, markup=False, emoji=False)
    with part.open("ab" if have else "wb") as file, Progress(console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(escape(part.stem), total=total, completed=have)
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            bar.advance(task, len(chunk))
    if total is not None and part.stat().st_size < total:
        raise ConnectionError(f"the connection ended after {part.stat().st_size} of {total} bytes")
