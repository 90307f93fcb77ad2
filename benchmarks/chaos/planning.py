"""Plan: what clients ask and what is done to the processes, all of it made from one seed. Pure: nothing happens here."""

from dataclasses import dataclass
from random import Random
from typing import Any

#: Seconds that a worker is stopped: longer than its lease of ten.
_STOPPED = (13.0, 18.0)
_CLOCK_OFF = 300.0


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """One question."""

    number: int
    #: Seconds into the storm at which it is asked, if the questions of its thread before it were accepted.
    at: float
    thread: str | None
    #: What the graph reads.
    plan: dict[str, Any]
    #: Seconds after its acceptance at which it is cancelled, or its message sent once more.
    cancel_after: float | None
    duplicate_after: float | None

    @property
    def fails(self) -> bool:
        """True when a node of it raises what never passes."""
        return any(error["kind"] == "never" for error in self.plan["errors"].values())


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is done, `gap` seconds after the one before it in the same lane is over."""

    kind: str
    gap: float
    #: How long it lasts.
    seconds: float = 0.0
    #: Seconds by which the clock of the worker that is started afterwards is off.
    clock_off: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole storm."""

    seed: int
    seconds: float
    runs: tuple[PlannedRun, ...]
    #: What is done to each of: worker0, worker1, web, broker, database.
    lanes: dict[str, tuple[Fault, ...]]
    #: Seconds by which the second worker's clock is off at the start.
    clock_off: float


def make_plan(seed: int, runs: int, seconds: float) -> Plan:
    """Return the storm of a seed: the same for the same arguments."""
    random = Random(f"{seed} {runs} {seconds}")
    # A short storm is a denser one: each kind of fault comes at least once.
    pace = min(1.0, seconds / 240)
    return Plan(
        seed=seed,
        seconds=seconds,
        runs=tuple(_runs(random, runs, seconds)),
        lanes={
            "worker0": _lane(random, seconds, pace, _worker_faults(random), (8, 25)),
            "worker1": _lane(random, seconds, pace, _worker_faults(random), (8, 25)),
            "web": _lane(random, seconds, pace, [Fault(kind="web-kill", gap=0), Fault(kind="web-term", gap=0)], (20, 50), least=20.0),
            "broker": _lane(random, seconds, pace, _broker_faults(), (6, 18)),
            "database": _lane(random, seconds, pace, [Fault(kind="database-restart", gap=0)], (40, 90), least=20.0),
        },
        clock_off=random.choice((-_CLOCK_OFF, _CLOCK_OFF)),
    )  # fmt: skip


def _worker_faults(random: Random) -> list[Fault]:
    return [
        Fault(kind="worker-kill", gap=0, clock_off=random.choice((0, -_CLOCK_OFF))),
        Fault(kind="worker-term", gap=0, clock_off=random.choice((0, _CLOCK_OFF))),
        Fault(kind="worker-stop", gap=0, seconds=random.uniform(*_STOPPED)),
    ]


def _broker_faults() -> list[Fault]:
    return [
        Fault(kind="broker-flush", gap=0),
        Fault(kind="broker-restart", gap=0),
        Fault(kind="broker-away", gap=0, seconds=20),
        Fault(kind="broker-frozen", gap=0, seconds=10),
    ]


def _lane(
    random: Random,
    seconds: float,
    pace: float,
    kinds: list[Fault],
    gaps: tuple[float, float],
    least: float = 0.0,
) -> tuple[Fault, ...]:
    """Return rounds of `kinds`, each in an order of its own, until the time is over; gaps are of `least` seconds at least."""
    faults, at = [], 0.0
    while at < seconds:
        for kind in random.sample(kinds, len(kinds)):
            gap = max(least, random.uniform(*gaps) * pace)
            at += gap + kind.seconds
            faults.append(Fault(kind=kind.kind, gap=gap, seconds=kind.seconds, clock_off=kind.clock_off))
    return tuple(faults)


def _runs(random: Random, runs: int, seconds: float) -> list[PlannedRun]:
    times = sorted(random.uniform(0, seconds) for _ in range(runs))
    threads: list[str | None] = []
    while len(threads) < runs:
        if random.random() < 0.15:
            threads += [f"thread-{len(threads)}"] * random.randint(2, 5)
        else:
            threads.append(None)
    random.shuffle(threads)
    return [
        PlannedRun(
            number=number,
            at=at,
            thread=thread,
            plan=_graph(random),
            cancel_after=random.uniform(0, 5) if random.random() < 0.05 else None,
            duplicate_after=random.uniform(0, 5) if random.random() < 0.08 else None,
        )
        for number, (at, thread) in enumerate(zip(times, threads, strict=False))
    ]


def _graph(random: Random) -> dict[str, Any]:
    nodes = random.sample(["n0", "n1", "n2", "n3", "n4", "n5"], random.randint(2, 6))
    steps: list[list[str]] = []
    for node in nodes:
        if steps and random.random() < 0.45 and len(steps[-1]) < 3:
            steps[-1].append(node)
        else:
            steps.append([node])
    errors = {}
    if random.random() < 0.15:
        kind = random.choice(("again", "limit", "never"))
        errors[random.choice(nodes)] = {
            "kind": kind,
            "times": 10_000 if kind == "never" else random.randint(1, 2),
        }
    return {
        "steps": steps,
        "waits": {node: round(random.uniform(0.1, 3), 2) for node in nodes},
        "errors": errors,
    }
