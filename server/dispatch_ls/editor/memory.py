"""An idle server is small: what loading leaves behind goes back to the system."""

import contextlib
import ctypes
import gc

_ARENA_MAX = -8
"""glibc's `M_ARENA_MAX`."""


def share_one_arena() -> None:
    """To be called before threads start: they load modules and wait for disks, and an arena each only keeps memory."""
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def settle() -> None:
    """Once all is loaded: drop what making classes left behind, and never look through the rest again."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
