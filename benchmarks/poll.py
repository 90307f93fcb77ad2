"""What a poll of a task's status costs: CPU of the web process and of PostgreSQL, with the client in a process of its own.

    python -m benchmarks.poll [--database sqlite|postgres] [--queued 10000] [--polls 4000] [--only poll|ask]

Starts a web process on loopback, and a PostgreSQL from its wheel where that is asked for, with `--queued` runs that
wait, 200 that are executed and 200 that have an answer. Prints a row for each state and number of connections; last,
the same for accepted questions.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import postgres
from tests.playground import Playground, free_port, playground

CONNECTIONS = (1, 32, 128)
ASKING_CONNECTIONS = (1, 32)
_TICK = os.sysconf("SC_CLK_TCK")

_ROWS = """
import json, sys
from uuid import uuid4
from lectern.adapters.sql.models import CourseRow, RunRow, ThreadRow
from lectern.bootstrap import lectern
from lectern.engine.domain.run import RunStatus
from lectern.engine.submitting import RunRequest
CourseRow.objects.get_or_create(id="tea", defaults={{"key": 1, "title": "Tea", "created_at": lectern().engine.runs.now()}})
now = lectern().engine.runs.now()
source = {{"number": 1, "passage_id": "0" * 20, "document": "tea.md", "title": "Tea", "quote": "Tea is a drink. " * 20,
    "location": {{"heading_path": ["Tea", "What it is"], "anchor": "what", "page": None}}, "start": 1, "end": 320,
    "score": .5, "legs": ["keyword", "vector"], "updated_at": now.isoformat()}}
answer = {{"answer": "Tea is a drink – größtenteils. [1] " * 10, "sources": [source] * 5, "confidence": .9,
    "question_type": "simple", "declined": False, "calibration": "1", "degraded": [], "nearest": [], "notices": [], "builds_on": [],
    "material_date": "2026-11-20"}}
ids = {{}}
for status, count in (("running", 200), ("succeeded", 200), ("queued", {queued})):
    threads = [ThreadRow(id=uuid4(), workload="tutor", owner="anna", tenant="tea", key=str(uuid4()), created_at=now) for _ in range(count)]
    rows = [RunRow(id=uuid4(), workload="tutor", queue="langgraph", input={{"question": "What is tea?"}}, owner="anna", tenant="tea",
        thread=thread, metadata={{}}, status=status, step="Searching the course", attempt=int(status != "queued"), max_attempts=5,
        deadline_seconds=120, created_at=now, started_at=None if status == "queued" else now,
        finished_at=now if status == "succeeded" else None, result=answer if status == "succeeded" else None) for thread in threads]
    ThreadRow.objects.bulk_create(threads, batch_size=500)
    RunRow.objects.bulk_create(rows, batch_size=500)
    ids[status] = [str(row.id) for row in rows[:: max(1, count // 200)]]
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
print("IDS", json.dumps(ids))
"""


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--queued", type=int, default=10_000)
    parser.add_argument("--polls", type=int, default=4000)
    parser.add_argument("--only", choices=("poll", "ask"))
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        asyncio.run(_client(options.client[0], int(options.client[1]), int(options.client[2])))
        return
    with (
        _server(options.database) as server,
        tempfile.TemporaryDirectory(prefix="lectern-") as folder,
        playground(Path(folder)) as place,
    ):
        _measure(place, server, options)


@contextmanager
def _server(database: str) -> Iterator[postgres.Server | None]:
    server = postgres.start() if database == "postgres" else None
    if server:
        os.environ["DATABASE_URL"] = server.url  # where `playground` looks for a server
    try:
        yield server
    finally:
        if server:
            server.end()


def _measure(place: Playground, server: postgres.Server | None, options: argparse.Namespace) -> None:
    out = place.python(_ROWS.format(queued=options.queued), timeout=300)
    ids: dict[str, list[str]] = json.loads(out.rsplit("IDS ", 1)[1])
    place.valkey()
    address = place.web(free_port())
    web = place.processes[-1].pid
    print(
        f"| {options.database} | connections | requests/s | web ms | PostgreSQL ms | together ms | p50 ms | p99 ms |"
    )
    print("|---|---|---|---|---|---|---|---|")
    if options.only != "ask":
        for status, some in ids.items():
            requests = [f"GET /api/ai/tasks/{task_id}/status/" for task_id in some]
            for connections in CONNECTIONS:
                _row(f"poll, {status}", address, requests, connections, options.polls, web, server)
    if options.only != "poll":
        for connections in ASKING_CONNECTIONS:
            _row(
                "ask-async",
                address,
                ["POST /api/ai/ask-async/"],
                connections,
                options.polls // 4,
                web,
                server,
            )


def _row(
    what: str,
    address: str,
    requests: list[str],
    connections: int,
    count: int,
    web: int,
    server: postgres.Server | None,
) -> None:
    def run(count: int) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.poll", "--client", address, str(connections), str(count)]
        done = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, check=True)
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    run(max(100, connections))  # connections and caches of the process
    before = _cpu([web]), _cpu(_backends(server))
    told = run(count)
    after = _cpu([web]), _cpu(_backends(server))
    spent = [(now - then) * 1000 / count for now, then in zip(after, before, strict=True)]
    assert told["failed"] == 0, told
    print(
        f"| {what} | {connections} | {count / told['seconds']:.0f} | {spent[0]:.2f} | {spent[1]:.2f} | {sum(spent):.2f} "
        f"| {told['p50']:.1f} | {told['p99']:.1f} |",
        flush=True,
    )


def _backends(server: postgres.Server | None) -> list[int]:
    return server._pids() if server else []


def _cpu(pids: list[int]) -> float:
    """Seconds that processes have used, those of their children that ended included."""
    used = 0
    for pid in pids:
        path = Path(f"/proc/{pid}/stat")
        if path.exists():
            used += sum(map(int, path.read_text().rsplit(") ", 1)[1].split()[11:15]))
    return used / _TICK


async def _client(address: str, connections: int, count: int) -> None:
    """Send requests over kept connections, each as soon as the one before it is answered; print what it took."""
    requests: list[str] = json.loads(sys.stdin.read())
    host, port = address.removeprefix("http://").split(":")
    numbers, took, failed = iter(range(count)), list[float](), 0

    async def one() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection(host, int(port))
        for number in numbers:
            began = time.perf_counter()
            writer.write(_request(requests[number % len(requests)], number, f"{host}:{port}"))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            took.append(time.perf_counter() - began)
            failed += head[9:11] != b"20"
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    seconds = time.perf_counter() - began
    took.sort()
    p50, p99 = (1000 * took[int(len(took) * share)] for share in (0.5, 0.99))
    print(json.dumps({"seconds": seconds, "failed": failed, "p50": p50, "p99": p99}))


def _request(line: str, number: int, host: str) -> bytes:
    body = b""
    if line.startswith("POST"):
        asked = {"student_id": f"s{number}", "question": "What is tea?", "context": {"course_id": "tea"}}
        body = json.dumps(asked).encode()
    head = f"{line} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nUser-Agent: poll\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


if __name__ == "__main__":
    main()
