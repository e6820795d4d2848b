"""Processes of the system: which ones live, how they end, and how they end with us."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends the child this signal when its parent ends, however that one ends.

    Start the child from the main thread: the kernel means the *thread* that made it.
    """
    parent = os.getpid()

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(1)

    return ask


def end_with_parent(sig: signal.Signals) -> None:
    """The same for the process that runs now."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0)


def is_alive(pid: int) -> bool:
    """Whether it runs. One that ended and waits to be collected does not."""
    with contextlib.suppress(OSError):
        return _state(pid) not in ("Z", "X")
    return False


def _state(pid: int) -> str:
    # The name stands in brackets and may hold anything, brackets too.
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]


def alive_in(folder: Path) -> list[int]:
    """The processes that work in this folder. A stored process id proves nothing."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def end_all(pids: Iterable[int], sig: signal.Signals, seconds: float) -> None:
    """Ask each to end, wait, then kill what is left."""
    waiting = send(pids, sig)
    deadline = time.monotonic() + seconds
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
        waiting = [pid for pid in waiting if is_alive(pid)]
    send(waiting, signal.SIGKILL)


def send(pids: Iterable[int], sig: signal.Signals) -> list[int]:
    """Signal each; the ones that were still there."""
    reached = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
            reached.append(pid)
    return reached
