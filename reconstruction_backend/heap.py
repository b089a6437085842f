"""One heap for all threads of a process, so that a worker's memory does not grow with its threads.

glibc gives threads heaps of their own and keeps in each what was freed there: by the third avatar a
quarter of a worker's memory was such leftovers, of threads that had ended.
"""

import ctypes
import sys

_M_ARENA_MAX = -8
"""glibc, malloc.h."""
_ARENAS = 1


def share_one_heap() -> bool:
    """From now on new threads use the first heap. Whether this C library has such a setting."""
    if sys.platform != "linux":
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and bool(set_option(_M_ARENA_MAX, _ARENAS))
