"""How long a question takes to be accepted while 50 are asked at once: with a broker, without one, with a frozen one.

    python -m benchmarks.accept

Starts a web process of its own on loopback, asks 50 questions at once ten times for each state of the broker, and
prints the median, the 95th percentile and the longest time in milliseconds.
"""

import os
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx

from tests.playground import free_port, playground

AT_ONCE, ROUNDS = 50, 10


def main() -> None:
    """Measure and print a Markdown table."""
    print("| broker | accepted | p50 ms | p95 ms | longest ms |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="lectern-") as folder, playground(Path(folder)) as place:
        lesson = place.var / "tea.md"
        lesson.write_text(
            "# Tea\n\nTea is a drink that is made of leaves and hot water. Tea is drunk at four.\n"
        )
        place.manage("ingest_course", "tea", str(lesson))
        address = place.web(free_port())
        _measure("away", address)
        valkey = place.valkey()
        _measure("there", address)
        os.kill(valkey.pid, signal.SIGSTOP)
        _measure("frozen", address)


def _measure(broker: str, address: str) -> None:
    _round(address)  # connections and caches of the process
    replies = [reply for _ in range(ROUNDS) for reply in _round(address)]
    took = sorted(seconds * 1000 for _, seconds in replies)
    accepted = sum(status == 202 for status, _ in replies)
    p95 = took[int(len(took) * 0.95)]
    print(
        f"| {broker} | {accepted} of {len(replies)} | {statistics.median(took):.0f} | {p95:.0f} | {took[-1]:.0f} |"
    )


def _round(address: str) -> list[tuple[int, float]]:
    """Ask from 50 threads that begin together; (status, seconds) of each."""
    replies: list[tuple[int, float]] = []
    begin = threading.Barrier(AT_ONCE)

    def ask(number: int) -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            client.get("/health/live")
            begin.wait()
            began = time.perf_counter()
            reply = client.post(
                "/api/ai/ask-async/", json={"student_id": f"s{number}", "question": "What is tea?"}
            )
            replies.append((reply.status_code, time.perf_counter() - began))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


if __name__ == "__main__":
    main()
