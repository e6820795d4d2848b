"""Processor time of whole families of processes, as the kernel counts it: what else the machine does is not in it."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def seconds(*roots: int) -> float:
    """What these processes, their living descendants and the children they have buried have used so far."""
    stats = {pid: stat for pid in _processes() if (stat := _stat(pid))}
    family = set(roots)
    while True:
        born = {pid for pid, stat in stats.items() if int(stat[1]) in family} - family
        if not born:
            break
        family |= born
    # user, system, and the same of the children that were waited for
    return sum(sum(map(int, stats[pid][11:15])) for pid in family if pid in stats) / TICK


def _processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]


def _stat(pid: int) -> list[str] | None:
    """The fields after the name, which may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
