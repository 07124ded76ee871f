import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
# What the supervisor tells the process out of which services are forked: its id, a file to make when done.
SUPERVISOR = "TURVAVORK_SUPERVISOR"
WARM = "TURVAVORK_WARM"
# Loaded before any fork: the child may only call what is already there.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(with_signal: signal.Signals, parent: int | None = None) -> Callable[[], None]:
    """Give a `preexec_fn` after which the kernel sends `with_signal` to the child when its parent is gone.

    Thus a supervisor killed with -9 leaves no orphans that hold ports and files. The kernel means the parent
    *thread*: start children from a thread that lives as long as the process. Elsewhere than on Linux it does
    nothing. `parent` is the process id that is meant, by default the one that calls this.
    """
    expected = parent or os.getpid()

    def ask_the_kernel() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != expected:  # the parent went before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_the_kernel
