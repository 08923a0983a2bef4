"""How a file is put in place: no reader sees half of it, and a cut of the power leaves the old one or the new one."""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from threading import get_native_id

from src.disk.plain import check_plain

AT_ONCE = 16  # files that are flushed together cost little more than one: 4 ms each alone, 0.3 ms each of many
FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


@contextmanager
def whole_file(path: Path, *, flush: bool = True, shared: bool = False) -> Iterator[Path]:
    """A file beside `path` to be written inside: then it is flushed to disk and renamed over `path`, or removed if that fails.

    `flush`: whether to wait for the disk. `shared`: whether other threads or processes may write the same file at once.
    """
    check_plain(path)  # a file that is renamed over a device takes its place
    part = path.with_name(f"{path.name}.{os.getpid()}-{get_native_id()}.part" if shared else f"{path.name}.part")
    try:
        yield part
        if flush:
            _flush(part)
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and (error.errno in FULL or error.filename == str(part)):
            raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from error
        raise


def write_text(path: Path, text: str, *, flush: bool = True) -> None:
    """`text` as the whole file `path`, in UTF-8."""
    with whole_file(path, flush=flush) as part:
        part.write_text(text, encoding="utf-8")


def write_texts(texts: Mapping[Path, str]) -> None:
    """Each text as the whole file at its path, in UTF-8, all flushed at once."""
    with ExitStack() as stack:
        parts = [stack.enter_context(whole_file(path, flush=False)) for path in texts]
        for part, text in zip(parts, texts.values(), strict=True):
            part.write_text(text, encoding="utf-8")
        flush_files(parts)


def flush_files(paths: Sequence[Path]) -> None:
    """Wait until these files are on disk, all at once; those that are not there any more are none."""
    list(_pool(os.getpid()).map(_flush, paths))


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Kept: to start its threads each time takes longer than the disk. One that is forked has none of them."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="flush")


def _flush(path: Path) -> None:
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(file)
    finally:
        os.close(file)
