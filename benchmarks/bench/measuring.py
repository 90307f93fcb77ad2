"""What the rows of the table share: options, a result with its limits, and the service that is measured."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.house import House, house
from benchmarks.machine import cpu_seconds, quiet
from tests.playground import ROOT

SETTINGS = "benchmarks.bench.settings"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the caller chose."""

    #: PostgreSQL's URL; each row makes a database of its own there.
    server: str
    #: The server's process, None for one that somebody else started.
    server_pid: int | None
    #: Where profiles and logs go.
    out: Path
    #: Seconds that workers stay away in the row of the backlog.
    away: float = 600
    #: Every number of runs is multiplied by this: a first look takes a tenth.
    scale: float = 1.0
    profile: bool = False

    def runs(self, number: int) -> int:
        """Return a row's number of runs at the chosen scale."""
        return max(1, round(number * self.scale))


@dataclass
class Number:
    """One measured number beside what it has to be."""

    what: str
    value: float
    unit: str = ""
    #: "<=" or ">=" and the limit; "" when there is none.
    bound: str = ""
    limit: float | None = None

    @property
    def met(self) -> bool | None:
        """True when the limit was kept, None when there is none."""
        if self.limit is None:
            return None
        return self.value <= self.limit if self.bound == "<=" else self.value >= self.limit

    def __str__(self) -> str:
        wanted = (
            "" if self.limit is None else f" ({self.bound} {self.limit:g}: {'met' if self.met else 'MISSED'})"
        )
        return f"{self.what} {_short(self.value)}{' ' + self.unit if self.unit else ''}{wanted}"


@dataclass
class Row:
    """A line of the table."""

    title: str
    numbers: list[Number] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self,
        what: str,
        value: float,
        unit: str = "",
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        """Add a number with its limit."""
        bound, limit = ("<=", at_most) if at_most is not None else (">=", at_least)
        self.numbers.append(Number(what, value, unit, bound, limit))


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


@contextmanager
def service(
    options: Options, name: str, *, concurrency: int | None = None, sqlite: bool = False
) -> Iterator[House]:
    """Start broker, one worker and web; yield when they are quiet. The worker's process is `processes[1]`."""
    with house(SETTINGS, "" if sqlite else options.server, keep=options.out / name) as place:
        if options.profile:
            place.extra = {"BENCH_PROFILE": str(options.out / name)}
            (options.out / name).mkdir(parents=True, exist_ok=True)
        place.valkey()
        worker = place.start_worker(concurrency)
        place.start_web()
        quiet(worker.pid)
        yield place


class Cpu:
    """CPU seconds of a house's programs since it was made."""

    def __init__(self, place: House, options: Options) -> None:
        pids = {
            "broker": place.processes[0].pid,
            "worker": place.processes[1].pid,
            "web": place.processes[2].pid,
        }
        self._pids = {
            **pids,
            **({"postgres": options.server_pid} if options.server_pid and place.database_url else {}),
        }
        self._before = self._now()

    def spent(self) -> Mapping[str, float]:
        """Return the seconds by program."""
        return {name: after - self._before[name] for name, after in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self._pids.items()}


def idle_and_peak(samples: list[float], idle: float) -> float:
    """Return how far memory rose above its idle, in MiB."""
    return max(samples, default=idle) - idle


def reference(
    place: House, module: str, *arguments: object, core: int | None = None, timeout: float = 300
) -> list[float]:
    """Run a reference in the house's environment, pinned to a core where one is named; return the numbers that it prints."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    command = [*pinned, sys.executable, "-m", f"benchmarks.bench.{module}", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=place.environment, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [float(part) for part in done.stdout.split()]
