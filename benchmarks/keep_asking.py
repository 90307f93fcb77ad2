"""Ask questions while somebody restarts the service, then account for every accepted one.

    python -m benchmarks.keep_asking http://localhost:8000 STOP_FILE

It asks until STOP_FILE is there, then waits for the answers and prints what became of them. Exit status 1 when an
accepted question has no answer, or when the service answered what it may not: it may be away, or say 503.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import httpx

#: The demo course answers each.
_QUESTIONS = (
    "What is Python?",
    "What is a for loop?",
    "What is a variable?",
    "How do I read input?",
    "What is a list?",
)
_PAUSE_SECONDS = 0.3
#: Longest stretch of asking, and longest wait for the last answer.
_MOST_SECONDS = 900.0
_PATIENCE_SECONDS = 180.0


def main() -> int:
    """Ask, account, print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", type=httpx.URL)
    parser.add_argument("stop_file", type=Path)
    options = parser.parse_args()
    with httpx.Client(base_url=options.url, timeout=10) as client:
        accepted, heard = _ask(client, options.stop_file)
        ends = Counter(_end(client, task_id) for task_id in accepted)
    wrong = {what: n for what, n in heard.items() if what not in ("202", "503", "away")}
    print(f"asked {heard.total()}: {_told(heard)}; of {len(accepted)} accepted: {_told(ends)}")
    return int(bool(wrong) or not accepted or set(ends) != {"SUCCESS"})


def _ask(client: httpx.Client, stop_file: Path) -> tuple[list[str], Counter[str]]:
    accepted, heard, until = [], Counter[str](), time.monotonic() + _MOST_SECONDS
    while not stop_file.exists() and time.monotonic() < until:
        question = _QUESTIONS[heard.total() % len(_QUESTIONS)]
        body = {"student_id": "keep_asking", "question": question, "context": {"course_id": "python_101"}}
        try:
            reply = client.post("/api/ai/ask-async/", json=body)
        except httpx.HTTPError:
            heard["away"] += 1
        else:
            heard[str(reply.status_code)] += 1
            if reply.status_code == 202:
                accepted.append(reply.json()["task_id"])
        time.sleep(_PAUSE_SECONDS)
    return accepted, heard


def _end(client: httpx.Client, task_id: str) -> str:
    """Return the status in which a run ended, with its error, or the last one that was seen."""
    until, seen = time.monotonic() + _PATIENCE_SECONDS, "nothing"
    while time.monotonic() < until:
        try:
            reply = client.get(f"/api/ai/tasks/{task_id}/status/")
            seen = reply.json()["status"] if reply.status_code == 200 else str(reply.status_code)
            if reply.status_code == 200 and reply.json()["ready"]:
                return seen if seen == "SUCCESS" else f"{seen} ({task_id}: {reply.json()['error']})"
        except httpx.HTTPError:
            seen = "away"
        time.sleep(0.2)
    return f"{seen} for ever"


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
