"""Ask a running service as a student does: submit, then poll."""

import json
import time
import urllib.request
from typing import Any


def ask(
    base_url: str, question: str, course_id: str, *, student_id: str, thread_id: str | None = None
) -> dict[str, Any]:
    """Return the last status body of a question, polled every tenth of a second for at most a minute."""
    asked = {
        "student_id": student_id,
        "question": question,
        "context": {"course_id": course_id},
        "thread_id": thread_id,
    }
    task = _json(f"{base_url}/api/ai/ask-async/", json.dumps(asked).encode())["task_id"]
    until = time.monotonic() + 60
    while time.monotonic() < until:
        body = _json(f"{base_url}/api/ai/tasks/{task}/status/")
        if body["ready"]:
            return body
        time.sleep(0.1)
    raise SystemExit(f"{question!r} was not answered within a minute: {body}")


def _json(url: str, data: bytes | None = None) -> dict[str, Any]:
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as reply:
        body: dict[str, Any] = json.load(reply)
    return body
