"""The ledger of a measurement: a file to which nodes and the script append one JSON object a line.

Times are seconds of the machine's monotonic clock, which all processes share and no shifted clock moves.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Ledger:
    """Appends to `path`; a line is written whole or not at all, whoever is killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)

    def write(self, what: str, **facts: object) -> None:
        """Append that `what` happened now."""
        line = json.dumps({"t": time.monotonic(), "what": what, **facts}, separators=(",", ":"))
        os.write(self._file, line.encode() + b"\n")


def read(path: Path) -> list[Entry]:
    """Return all entries in the order of their times."""
    return sorted(_entries(path), key=lambda entry: entry["t"])


def count(entries: Iterable[Entry], what: str, node: str) -> int:
    """Return how often `what` happened in `node`."""
    return sum(entry["what"] == what and entry.get("node") == node for entry in entries)


def _entries(path: Path) -> Iterator[Entry]:
    if path.exists():
        with path.open() as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)
