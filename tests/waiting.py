"""Small helps of tests that start processes."""

import socket
import time
from collections.abc import Callable
from typing import Any


def until(what: str, true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Return what `true` answers once it is truthy; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := true():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
