"""What does not fit into memory is a mistake with a key, whichever library comes to know of it."""

from collections.abc import Iterator
from contextlib import contextmanager


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


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, on any device, numpy or Python could not get the memory it asked for; imports none of them."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return bool(kinds & {"MemoryError", "OutOfMemoryError"}) or "can't allocate memory" in str(error)
