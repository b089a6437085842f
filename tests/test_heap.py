"""The heap of a process."""

import platform
import subprocess
import sys

import pytest

RESERVED_REGIONS = """
import re, sys, threading
from pathlib import Path
from reconstruction_backend.heap import share_one_heap

if sys.argv[1] == "shared":
    assert share_one_heap()
thread = threading.Thread(target=lambda: [bytearray(1000) for _ in range(1000)])
thread.start()
thread.join()
print(len(re.findall(r"^[0-9a-f]+-[0-9a-f]+ ---p", Path("/proc/self/maps").read_text(), re.M)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps of threads are glibc's")
def test_threads_get_no_heaps_of_their_own() -> None:
    """A thread's heap is seen as a region set aside that may not be touched yet."""
    own, shared = (
        int(subprocess.check_output([sys.executable, "-c", RESERVED_REGIONS, how]))
        for how in ("own", "shared")
    )
    assert shared < own
