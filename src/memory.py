"""What does not fit into memory is a mistake with a key, whichever library comes to know of it."""

from collections.abc import Iterator
from contextlib import contextmanager

LITTLE = 2**28  # bytes that nobody need count


@contextmanager
def fitting(key: str) -> Iterator[None]:
    """What is made inside is asked for by `key`: ValueError naming it where the memory is not there."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        said = str(error).partition("\n")[0].rpartition("DefaultCPUAllocator: ")[2]
        raise ValueError(f"{key}: must fit into memory, but got: {said or type(error).__name__}") from error


def check_fits(key: str, num_bytes: int) -> None:
    """Raises ValueError where so many bytes, asked for by `key`, are more than are at hand: the system would kill the process."""
    if num_bytes < LITTLE:
        return
    import psutil

    if num_bytes > (at_hand := psutil.virtual_memory().available):
        asked, there = (f"{size / 1e9:,.1f} GB" for size in (num_bytes, at_hand))
        raise ValueError(f"{key}: must fit into memory, of which {there} are at hand, but got {asked}.")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, on any device, numpy or Python could not get the memory it asked for; imports none of them."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return bool(kinds & {"MemoryError", "OutOfMemoryError"}) or "can't allocate memory" in str(error)
