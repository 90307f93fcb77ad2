"""What /proc tells of processes: memory, CPU time; and of the machine. Linux only."""

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        with suppress(OSError):
            for task in os.listdir(f"/proc/{found[-1]}/task"):
                todo += map(int, Path(f"/proc/{found[-1]}/task/{task}/children").read_text().split())
    return found


def pss_mib(pid: int) -> float:
    """Return the proportional memory of a process and its descendants in MiB."""
    total = 0
    for one in tree(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its descendants, those included that have ended and were waited for."""
    total = 0
    for one in tree(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / _TICKS


def described() -> str:
    """Return what this machine is, in a sentence."""
    model = next(
        (line.split(": ", 1)[1] for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.machine(),
    )  # fmt: skip
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({model}), {memory:.0f} GiB, Linux {platform.release()}, Python {platform.python_version()}"


@contextmanager
def watching(look: Callable[[], float], every_seconds: float = 0.5) -> Iterator[list[float]]:
    """Collect what `look` tells while the block runs; what it raises is no sample."""
    seen: list[float] = []
    end = threading.Event()

    def watch() -> None:
        while not end.is_set():
            with suppress(Exception):
                seen.append(look())
            end.wait(every_seconds)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


def quiet(pid: int, seconds: float = 2.0, most_seconds: float = 20.0) -> None:
    """Wait until a process has used no more than a twentieth of a core for `seconds`."""
    until = time.monotonic() + most_seconds
    while time.monotonic() < until:
        before = cpu_seconds(pid)
        time.sleep(seconds)
        if cpu_seconds(pid) - before < 0.05 * seconds:
            return
