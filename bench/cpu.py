"""Where the time goes: CPU that each program (with its children) used, from the kernel's own accounts."""

from collections.abc import Mapping

import psutil

from system.run import System


def used(system: System) -> dict[str, float]:
    """CPU seconds of each program since it began; PostgreSQL's backends count as PostgreSQL's."""
    return {child.name: _seconds(child.pid) for child in system.children if child.pid is not None}


def _seconds(pid: int) -> float:
    process = psutil.Process(pid)
    own = process.cpu_times()
    total: float = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def per_answer(before: Mapping[str, float], after: Mapping[str, float], answers: int) -> dict[str, float]:
    """CPU milliseconds of each program per answer."""
    return {
        name: round((after[name] - before[name]) * 1000 / max(1, answers), 2)
        for name in after
        if name in before
    }
