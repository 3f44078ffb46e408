"""A program that dies leaves no image of its memory on a disk, and shows it to none of the person's other programs while it runs.

There are keys and passphrases in it. A limit of nothing ends what the kernel writes itself; a program that the kernel pipes images to gets none from one that may not
be dumped.

Source: prctl(2), PR_SET_DUMPABLE; core(5).
"""

import ctypes
import resource
import sys

_SET_DUMPABLE = 4


def keep_memory() -> None:
    """Let nothing have the memory of this program: neither a file nor a debugger of the same user's."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
