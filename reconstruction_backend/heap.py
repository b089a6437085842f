"""A process' memory: one heap for all threads, so that a worker does not grow with its threads.

glibc gives threads heaps of their own and keeps in each what was freed there: by the third avatar a
quarter of a worker's memory was such leftovers, of threads that had ended.
"""

import ctypes
import resource
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


def peak_rss_mb() -> float:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # macOS counts bytes
