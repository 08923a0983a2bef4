"""Where compiled programs are kept: outside of the source tree, which may not be writable."""

import hashlib
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from numba.core import caching, config

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """`NUMBA_CACHE_DIR` if it is set, else in the user's folder for caches: one for each state of the source.

    Numba itself looks only at the file of the function that is called, not at those of its parts.
    """
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        home = Path(given)
    else:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "perceptron-lab"
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return home / hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def keep_on_disk(dispatcher: Any) -> Any:
    """The compiled function `dispatcher`, kept from process to process; where that cannot be, a line says so."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
            dispatcher._cache = Cache(dispatcher.py_func)
    except (OSError, RuntimeError) as error:
        _tell(error)
    return dispatcher


class _Kept(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar = [caching.UserProvidedCacheLocator]  # type: ignore[misc]  # others write beside the source


class Cache(caching.FunctionCache):
    """Numba's cache, whose failures cost the time of compiling and not the run."""

    _impl_class = _Kept

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # whatever a damaged file makes of its reader
            log.warning("what was compiled cannot be read from %s and is compiled anew: %s", cache_folder(), error)
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception as error:  # no space, say
            _tell(error)


def _tell(error: Exception) -> None:
    log.warning("what is compiled cannot be kept in %s, so each start compiles anew: %s", cache_folder(), error)
