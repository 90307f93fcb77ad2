"""Rows about what is lost: workers that are away, killed, or asked to stop."""

import signal
import time

from benchmarks import ledger
from benchmarks.bench.graph import NODES
from benchmarks.bench.measuring import Options, Row, service
from benchmarks.bench.submitting import submit
from benchmarks.house import stop
from benchmarks.machine import watching
from tests.playground import until

_MOST_SECONDS = 300.0
#: Messages that the broker may hold for a slot, and the default number of slots.
_WINDOW_FLOOR = 8


def backlog(options: Options) -> Row:
    """10,000 runs queued while no worker is there; then one comes."""
    runs = options.runs(10_000)
    with service(options, "backlog") as place:
        rows, broker = place.rows(), place.redis()
        stop(place.processes[1], signal.SIGTERM)
        began = time.monotonic()
        with watching(lambda: float(broker.llen("langgraph"))) as lengths:
            done = submit(place.address, runs)
            time.sleep(max(0, options.away - (time.monotonic() - began)))
        worker = place.start_worker()
        ready = time.time()
        with watching(lambda: float(broker.llen("langgraph"))) as draining:
            until("all ended", lambda: rows.ended() >= len(done.ids), _MOST_SECONDS + runs / 15)
        facts = rows.runs()
        first = min(run.started_at or ready for run in facts)
        seconds = max(run.finished_at or 0 for run in facts) - first
        rows.close()
        assert worker.poll() is None
    row = Row(f"{runs:,} queued, workers away for {options.away:.0f} s")
    row.add("accepted", len(done.ids), at_least=runs)
    row.add("accepted/s", len(done.ids) / (done.ended - done.began))
    row.add("broker queue at most", max(lengths), at_most=_WINDOW_FLOOR + 0.01 * runs)
    row.add("drained at", runs / seconds, "runs/s")
    row.add("broker queue while draining", max(draining))
    row.add("succeeded", sum(run.status == "succeeded" for run in facts), at_least=runs)
    return row


def killed(options: Options) -> Row:
    """kill -9 of a worker that holds 500 runs, five seconds into the second node."""
    return _lost(options, signal.SIGKILL)


def stopped(options: Options) -> Row:
    """SIGTERM to a worker that holds 500 runs."""
    return _lost(options, signal.SIGTERM)


def _lost(options: Options, how: signal.Signals) -> Row:
    runs = options.runs(500)
    with service(options, how.name.lower(), concurrency=runs) as place:
        rows, first = place.rows(), place.processes[1]
        done = submit(place.address, runs, wait=10, ledger=True)
        until("all are claimed", lambda: rows.claimed_by(first.pid) >= runs, 60)
        second = place.start_worker(runs)
        until(
            "all are in node two", lambda: ledger.count(ledger.read(place.ledger), "begin", "two") >= runs, 60
        )
        time.sleep(5)
        held = rows.claimed_by(first.pid)
        at = time.monotonic()
        first.send_signal(how)
        until("all were claimed again", lambda: rows.claimed_by(second.pid) >= held, 90)
        again = time.monotonic() - at
        ended = first.wait(60)
        until("all ended", lambda: rows.ended() >= len(done.ids), _MOST_SECONDS)
        facts, entries = rows.runs(), ledger.read(place.ledger)
        rows.close()
    row = Row(f"{how.name} of a worker with {runs} runs in node two of 3 × 10 s, another worker there")
    row.add("held", held, at_least=runs)
    row.add("signal to last re-claim", again, "s", at_most=20 if how is signal.SIGKILL else 3 + 2)
    row.add("succeeded", sum(run.status == "succeeded" for run in facts), at_least=runs)
    row.add("finished nodes that ran again", repeated(entries), at_most=0)
    for node in NODES:
        row.add(f"node {node} began", ledger.count(entries, "begin", node))
    row.notes.append(f"the worker's exit status was {ended}")
    return row


def repeated(entries: list[ledger.Entry]) -> int:
    """Count nodes that ran again after a later one of the same run had begun: their checkpoint was written."""
    reached: dict[str, int] = {}
    again = 0
    for entry in entries:
        if entry["what"] == "begin":
            place = NODES.index(entry["node"])
            again += place < reached.get(entry["run"], 0)
            reached[entry["run"]] = max(place, reached.get(entry["run"], 0))
    return again
