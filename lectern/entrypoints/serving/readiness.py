"""Waits until the service answers, then says how to use it; says what to read when it does not come up."""

import http.client
import re
import subprocess
import time

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

_DIED = re.compile(r"exited: (\w+) \(|spawnerr: .*|gave up: (\w+) ")


def report_when_ready(options: ServeOptions, supervisord: "subprocess.Popen[bytes]", course: str) -> None:
    """Print the banner as soon as `GET /health/ready` answers 200; return earlier if supervisord ends."""
    log = options.log("supervisord")
    seen = log.stat().st_size if log.exists() else 0
    patience = time.monotonic() + options.patience_seconds
    while supervisord.poll() is None:
        if _is_ready(options):
            say(_BANNER.format(url=options.url(), course=course, logs=options.log_dir))
            return
        if time.monotonic() > patience:
            say(_what_to_read(options, seen))
            patience = float("inf")
        time.sleep(0.1)


def _is_ready(options: ServeOptions) -> bool:
    connection = http.client.HTTPConnection(*options.address(), timeout=3.0)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _what_to_read(options: ServeOptions, seen: int) -> str:
    """Name the logs of the programs that died since supervisord's log was `seen` bytes long; else the web's."""
    try:
        with options.log("supervisord").open("rb") as file:
            file.seek(seen)
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        text = ""
    died = {name for match in _DIED.finditer(text) for name in match.groups() if name}
    lines = [f"Not ready after {options.patience_seconds:.0f} s. It goes on trying; Ctrl-C ends it."]
    for name in sorted(died) or ["web"]:
        lines += [f"Read {options.log(name)}; its last lines:", last_lines(options.log(name))]
    return "\n".join(lines)
