"""Rows about many runs that wait at once: how long they take, and what they cost in memory and connections."""

from collections.abc import Callable

from benchmarks.bench.measuring import Cpu, Options, Row, idle_and_peak, service
from benchmarks.bench.submitting import submit
from benchmarks.house import House
from benchmarks.machine import pss_mib, watching
from tests.playground import until

_MOST_SECONDS = 400.0


def waiting_runs(options: Options, *, sqlite: bool = False) -> Row:
    """2,000 runs of three nodes that wait ten seconds each."""
    runs = options.runs(2000)
    row = Row(f"{runs:,} runs of a 3 × 10 s graph, {'SQLite' if sqlite else 'PostgreSQL'}")
    return _measure(options, row, runs, 10.0, 60 if sqlite else 50, 350, sqlite)


def most_waiting(options: Options) -> Row:
    """5,000 runs that wait all at the same time."""
    runs = options.runs(5000)
    return _measure(options, Row(f"{runs:,} waiting at once (3 × 30 s)"), runs, 30.0, None, 600, False)


def _measure(
    options: Options,
    row: Row,
    runs: int,
    wait: float,
    most_seconds: float | None,
    most_mib: float,
    sqlite: bool,
) -> Row:
    with service(
        options, f"waiting-{runs}{'-sqlite' if sqlite else ''}", concurrency=runs, sqlite=sqlite
    ) as place:
        worker, rows = place.processes[1].pid, place.rows()
        idle, cpu = pss_mib(worker), Cpu(place, options)
        look = place.rows()
        with (
            watching(lambda: pss_mib(worker), 1.0) as memory,
            watching(_broker_connections(place)) as broker,
            watching(lambda: _look(place)["sql"]) as sql,
            watching(lambda: _look(place)["web sql"]) as web_sql,
            watching(lambda: _look(place)["heartbeat"]) as heartbeats,
            watching(lambda: _look(place)["running"]) as running,
        ):
            done = submit(place.address, runs, wait=wait)
            until("all runs ended", lambda: rows.ended() >= len(done.ids), _MOST_SECONDS)
        facts = look.runs()
        row.add("accepted", len(done.ids), at_least=runs)
        row.add("succeeded", sum(run.status == "succeeded" for run in facts), at_least=runs)
        row.add(
            "all done after",
            max(run.finished_at or 0 for run in facts) - done.began,
            "s",
            at_most=most_seconds,
        )
        row.add("last accepted after", done.ended - done.began, "s")
        row.add("most at once", max(running))
        row.add("worker's idle", idle, "MiB PSS")
        row.add("above it", idle_and_peak(memory, idle), "MiB", at_most=most_mib)
        row.add("broker connections", max(broker), at_most=64)
        if not sqlite:
            row.add("worker's SQL connections", max(sql), at_most=20)
            row.add("web's SQL connections", max(web_sql))
        row.add("taken back", sum(run.attempt > 1 for run in facts), at_most=0)
        row.add("oldest heartbeat", max(heartbeats), "s", at_most=5)
        for name, seconds in cpu.spent().items():
            row.add(f"{name} CPU a run", seconds / runs * 1000, "ms")
        rows.close()
    return row


def _broker_connections(place: House) -> Callable[[], float]:
    client = place.redis()
    return lambda: float(len(client.client_list()) - 1)


def _look(place: House) -> dict[str, float]:
    rows = place.rows()
    try:
        return {
            "sql": rows.sql_connections("worker"),
            "web sql": rows.sql_connections("web"),
            "heartbeat": rows.oldest_heartbeat(),
            "running": rows.statuses().get("running", 0),
        }
    finally:
        rows.close()
