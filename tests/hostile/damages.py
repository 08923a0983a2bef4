"""What can have become of a file: a table of the ways, each from its content to another; None deletes it."""

import random
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[bytes], bytes | None]


def zeroed(content: bytes) -> bytes:
    """400 bytes from the middle, as a disk that lost a block has them."""
    middle = len(content) // 2
    return content[:middle] + bytes(len(content[middle : middle + 400])) + content[middle + 400 :]


def flipped(content: bytes) -> bytes:
    """One bit in every hundredth byte."""
    return bytes(byte ^ (place % 100 == 50) for place, byte in enumerate(content))


DAMAGES: dict[str, Damage] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "zeroed": zeroed,
    "zeros": lambda content: bytes(len(content)),
    "random": lambda content: random.Random(0).randbytes(len(content)),
    "flipped": flipped,
    "another": lambda content: b"[1]",
    "deleted": lambda content: None,
}
OF_TEXT = [name for name in DAMAGES if name not in ("flipped", "deleted")]  # a text has no checksum


def damage(path: Path, name: str) -> None:
    """Let that become of the file."""
    content = DAMAGES[name](path.read_bytes())
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
