"""Measure questions while material is brought in: `python -m benchmarks.meanwhile`.

Worker, web and Valkey as `make run` has them. Turns take each other's place, so that both have the same machine: questions
about the demo course with nothing else to do, and the same while an upload of thousands of passages is embedded, which is
cancelled at the turn's end. One question at a time, a pause after each. Beside it the worker's memory, and what is
embedded a second. Needs /proc (Linux).
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from benchmarks.client import Connection
from benchmarks.machine import described, pss_mib, watching
from benchmarks.material import _sentence as sentence
from tests.playground import ROOT, Playground, free_port, playground, until

QUESTIONS = [
    "What is Python?",
    "How do I repeat something with a loop?",
    "What is the difference between a list and a tuple?",
    "How does a function return a value?",
    "What does a dictionary hold?",
    "When is an exception raised?",
    "How can I read a file line by line?",
    "What is a variable?",
]
#: An upload: files, passages of each, sentences of a passage.
FILES, PASSAGES, SENTENCES = 50, 100, 8
_PAUSE_SECONDS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="of each kind")
    parser.add_argument("--seconds", type=float, default=20.0, help="of a turn")
    parser.add_argument(
        "--reach", type=float, default=2.0, help="p95 meanwhile, in p95 with nothing else to do"
    )
    parser.add_argument(
        "--whole", action="store_true", help="bring one upload in to its end instead: time and memory"
    )
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="lectern-", dir="/tmp") as folder,
        playground(Path(folder)) as place,
    ):
        missed = _whole(place) if asked.whole else _measure(place, asked.turns, asked.seconds, asked.reach)
    sys.exit(missed)


def _whole(place: Playground) -> int:
    """Bring one upload in, tell the worker's memory and what the task told a fifth of the way, and return 1 when it fails."""
    place.valkey()
    worker = place.worker()
    address = place.web(free_port())
    idle = pss_mib(worker.pid)
    with (
        httpx.Client(base_url=address, timeout=60) as client,
        watching(lambda: pss_mib(worker.pid)) as memory,
    ):
        began, task, told = time.monotonic(), _upload(client, 0), list[tuple[float, str]]()

        def ready() -> bool:
            body = client.get(f"/api/ai/tasks/{task}/status/").json()
            if not body["ready"]:
                told.append((time.monotonic() - began, body["info"]["step"]))
            return bool(body["ready"])

        until("the upload is in", ready, 1800)
        taken = time.monotonic() - began
        course = client.get("/api/ai/courses/big_0/").json()
    print(
        f"{described()}\n\n{course['passages']} passages of {FILES} files: {taken:.0f} s until {course['state']}."
    )
    print(f"The worker's memory (PSS): {idle:.0f} MiB, {max(memory):.0f} at its peak.")
    for share in (0.1, 0.3, 0.6, 0.9):
        at, step = min(told, key=lambda one: abs(one[0] - share * taken))
        print(f"after {at:.0f} s, {taken - at:.0f} s before the end: {step}")
    return int(course["state"] != "ready")


def _measure(place: Playground, turns: int, seconds: float, reach: float) -> int:
    place.valkey()
    worker = place.worker()
    address = place.web(free_port())
    brought = place.manage("ingest_course", "python_101", str(ROOT / "demo" / "python_101"), timeout=300)
    assert brought.returncode == 0, brought.stderr
    _ask_for(address, seconds / 2)  # models and caches are warm afterwards
    idle_mib, alone, meanwhile, rates = pss_mib(worker.pid), list[float](), list[float](), list[float]()
    with (
        httpx.Client(base_url=address, timeout=60) as client,
        watching(lambda: pss_mib(worker.pid)) as memory,
    ):
        for turn in range(turns):
            alone += _ask_for(address, seconds)
            task = _upload(client, turn)
            before, began = _embedded(client, turn), time.monotonic()
            meanwhile += _ask_for(address, seconds)
            rates.append((_embedded(client, turn) - before) / (time.monotonic() - began))
            told = client.get(f"/api/ai/tasks/{task}/status/").json()
            client.post(f"/api/ai/tasks/{task}/cancel/")
    ratio = _p(meanwhile, 19) / _p(alone, 19)
    print(f"{described()}\n\n| | questions | p50 ms | p95 ms | longest ms |\n|---|---|---|---|---|")
    _row("nothing else to do", alone)
    _row("while an upload is embedded", meanwhile)
    print(
        f"\np95 meanwhile: {ratio:.2f} times; at most {reach:g} asked. {', '.join(f'{rate:.1f}' for rate in rates)} passages/s"
    )
    print(f"were embedded. The worker's memory (PSS): {idle_mib:.0f} MiB, {max(memory):.0f} at its peak.")
    print(f"Its task told: {told['info']['step']}")
    return int(ratio > reach)


def _upload(client: httpx.Client, turn: int) -> str:
    """Send new material and return its task once it is being embedded."""
    files = [("files", (f"{turn}-{number}.md", _lesson(turn * FILES + number))) for number in range(FILES)]
    task = str(client.post(f"/api/ai/courses/big_{turn}/documents/", files=files).json()["task_id"])
    until("passages are embedded", lambda: _embedded(client, turn) > 0, 120)
    return task


def _lesson(number: int) -> bytes:
    first = number * PASSAGES * SENTENCES
    parts = [f"# Lesson {number}"]
    for passage in range(PASSAGES):
        said = " ".join(
            sentence(first + passage * SENTENCES + each) + f" It is {first + each}."
            for each in range(SENTENCES)
        )
        parts.append(f"## Part {passage}\n\n{said}")
    return "\n\n".join(parts).encode()


def _embedded(client: httpx.Client, turn: int) -> int:
    embedding: dict[str, Any] | None = client.get(f"/api/ai/courses/big_{turn}/").json()["embedding"]
    return embedding["passages"] if embedding else 0


def _ask_for(address: str, seconds: float) -> list[float]:
    """Ask one question after the other, and return how long each took, in ms."""
    return asyncio.run(_asked(address, time.monotonic() + seconds))


async def _asked(address: str, until_then: float) -> list[float]:
    connection, taken, questions = Connection(address, 30), list[float](), cycle(QUESTIONS)
    while time.monotonic() < until_then:
        question = {
            "student_id": "benchmark",
            "question": next(questions),
            "context": {"course_id": "python_101"},
        }
        reply = await connection.post("/api/ai/ask/", question)
        assert reply.status == 200, reply.error or reply.body
        taken.append(1000 * reply.seconds)
        await asyncio.sleep(_PAUSE_SECONDS)
    connection.close()
    return taken


def _p(taken: Sequence[float], of_20: int) -> float:
    return quantiles(taken, n=20, method="inclusive")[of_20 - 1]


def _row(what: str, taken: Sequence[float]) -> None:
    print(f"| {what} | {len(taken)} | {_p(taken, 10):.0f} | {_p(taken, 19):.0f} | {max(taken):.0f} |")


if __name__ == "__main__":
    main()
