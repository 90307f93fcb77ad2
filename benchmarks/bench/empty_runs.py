"""Rows about a graph that does nothing: how long one takes, and how many a second. `benchmarks/poll.py` tells what a poll costs."""

import asyncio
import statistics
import time
from functools import partial

from benchmarks.bench.measuring import Cpu, Options, Row, reference, service
from benchmarks.bench.submitting import submit
from benchmarks.client import Connection
from benchmarks.house import House
from benchmarks.rows import Rows
from tests.playground import until

_MOST_SECONDS = 300.0


def latency(options: Options) -> Row:
    """From the request to the row's end on an idle service, beside a raw Celery round trip."""
    with service(options, "latency") as place:
        submit(place.address, 10, clients=1)
        until("warm", lambda: place.rows().ended() >= 10, 30)
        took = asyncio.run(_one_by_one(place, options.runs(200)))
        raw = sorted(reference(place, "raw_celery", "trips", options.runs(200)))
    row = Row("empty 3-node graph on an idle service, submit to finish")
    row.add("p50", statistics.median(took), "ms", at_most=30)
    row.add("p99", took[int(len(took) * 0.99)], "ms", at_most=100)
    row.add("raw Celery round trip p50", statistics.median(raw), "ms")
    row.add("raw p99", raw[int(len(raw) * 0.99)], "ms")
    row.add("ratio of the medians", statistics.median(took) / statistics.median(raw), at_most=3)
    return row


async def _one_by_one(place: House, runs: int) -> list[float]:
    """Return sorted milliseconds from sending a request to its row's end."""
    connection, rows, sent = Connection(place.address), place.rows(), {}
    for number in range(runs):
        before = rows.ended()
        began = time.time()
        reply = await connection.post("/api/ai/ask-async/", {"student_id": f"s{number}", "question": "?"})
        assert reply.status == 202, reply
        sent[reply.json()["task_id"]] = began
        await asyncio.sleep(0.05)
        until("the run ended", partial(_more_than, before, rows), 30)
    took = [((run.finished_at or 0) - sent[run.id]) * 1000 for run in rows.runs() if run.id in sent]
    rows.close()
    connection.close()
    return sorted(took)


def _more_than(before: int, rows: Rows) -> bool:
    return rows.ended() > before


def throughput(options: Options) -> Row:
    """Runs a second with 32 clients that submit, beside a plain gather on one core and raw Celery tasks."""
    runs = options.runs(3000)
    with service(options, "throughput") as place:
        submit(place.address, 64)
        until("warm", lambda: place.rows().ended() >= 64, 60)
        cpu, rows = Cpu(place, options), place.rows()
        done = submit(place.address, runs)
        until("all ended", lambda: rows.ended() >= 64 + len(done.ids), _MOST_SECONDS)
        spent = cpu.spent()
        last = max(run.finished_at or 0 for run in rows.runs())
        took = sorted(done.seconds)
        rows.close()
        raw = reference(place, "raw_celery", "rate", options.runs(2000))[0]
    with service(options, "gather") as place:
        place.end()
        seconds, _ = reference(place, "gather", runs, 32, core=0)
    rate, plain = len(done.ids) / (last - done.began), runs / seconds
    row = Row(f"throughput of that graph, 32 clients submitting {runs:,} runs")
    row.add("runs/s", rate, at_least=100)
    row.add("accepted/s", len(done.ids) / (done.ended - done.began))
    row.add("plain gather on one core", plain, "runs/s")
    row.add("of gather", rate / plain * 100, "%", at_least=50)
    row.add("raw Celery tasks", options.runs(2000) / raw, "/s")
    row.add("request p50", statistics.median(took) * 1000, "ms")
    row.add("request longest", took[-1] * 1000, "ms")
    row.add("not accepted", len(done.refused), at_most=0)
    for name, seconds in spent.items():
        row.add(f"{name} CPU a run", seconds / runs * 1000, "ms")
    return row
