"""Waits until the service answers, then says how to use it; says what to read when it does not come up."""

import http.client
import json
import re
import subprocess
import time
from collections.abc import Sequence

from lectern.entrypoints.serving.options import ServeOptions
from lectern.entrypoints.serving.terminal import last_lines, say

_BANNER = """
Lectern is ready: {url}
API and docs:     {url}/api/docs

Ask:
  curl -X POST {url}/api/ai/ask-async/ \\
    -H "Content-Type: application/json" \\
    -d '{{"student_id": "student_123", "question": "What is Python?", "context": {{"course_id": "{course}"}}}}'
Read the answer, with the task_id that it gave:
  curl {url}/api/ai/tasks/<task_id>/status/

Logs are in {logs}. Ctrl-C ends it.
"""

#: A start takes less than this, as a rule.
_SOON_SECONDS = 15.0

_DIED = re.compile(r"exited: (\w+) \(|spawnerr: .*|gave up: (\w+) ")


def report_when_ready(options: ServeOptions, supervisord: "subprocess.Popen[bytes]", course: str) -> None:
    """Print the banner as soon as `GET /health/ready` answers 200; return earlier if supervisord ends."""
    log = options.log("supervisord")
    seen = log.stat().st_size if log.exists() else 0
    began = time.monotonic()
    patience = began + options.patience_seconds
    while supervisord.poll() is None:
        ready, missing = _look(options)
        if ready:
            say(_BANNER.format(url=options.url(), course=course, logs=options.log_dir))
            return
        if time.monotonic() > patience:
            say(_what_to_read(options, seen, missing))
            patience = float("inf")
        # Each look at what is away leaves a line in the web's log.
        time.sleep(0.1 if time.monotonic() - began < _SOON_SECONDS else 2.0)


def _look(options: ServeOptions) -> tuple[bool, list[str]]:
    """Return whether the service is ready, and a sentence for each part that is not."""
    connection = http.client.HTTPConnection(*options.address(), timeout=3.0)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        parts = json.loads(answer.read())["parts"]
        return answer.status == 200, [
            f"{name}: {part['says']}" for name, part in parts.items() if not part["ok"]
        ]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False, []
    finally:
        connection.close()


def _what_to_read(options: ServeOptions, seen: int, missing: Sequence[str]) -> str:
    """Say what is missing, and name the logs of the programs that died since supervisord's log was `seen` bytes long; else the web's."""
    try:
        with options.log("supervisord").open("rb") as file:
            file.seek(seen)
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        text = ""
    died = {name for match in _DIED.finditer(text) for name in match.groups() if name}
    lines = [f"Not ready after {options.patience_seconds:.0f} s. It goes on trying; Ctrl-C ends it."]
    lines += missing
    for name in sorted(died) or ["worker", "web"]:
        lines += [f"Read {options.log(name)}; its last lines:", last_lines(options.log(name))]
    return "\n".join(lines)
