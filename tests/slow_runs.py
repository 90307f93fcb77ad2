"""Runs of `tests/integration/slow.py` in a playground: submitted, waited for, and counted step by step."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.playground import Playground


def submit(
    place: Playground, runs: int, seconds: float = 0, workload: str = "slow", held: str = ""
) -> list[str]:
    """Submit runs whose nodes take `seconds`, have them dispatched, and return their ids.

    The node `held` takes until `let`: so a test does what it does while that node runs, however slow the machine is.
    """
    out = place.python(
        f"""
from lectern.bootstrap import lectern
from lectern.engine.submitting import RunRequest
engine = lectern().engine
asked = {{"seconds": {seconds}, "ledger": {str(place.var / "ledger")!r}, "held": {held!r}}}
for _ in range({runs}):
    print("RUN", engine.submit(RunRequest(workload={workload!r}, input=asked, in_thread=False)).id)
engine.dispatch(engine.workloads[{workload!r}].queue)
"""
    )
    return [line.split()[1] for line in out.splitlines() if line.startswith("RUN")]


def let(place: Playground) -> None:
    """Let the nodes that are held go on."""
    (place.var / "ledger.let").touch()


def ended(place: Playground, ids: list[str], seconds: float) -> list[dict[str, Any]]:
    """Wait for the end of all runs, for `seconds` at most, and return their status bodies."""
    out = place.python(
        f"""
import json, time
from uuid import UUID
from lectern.bootstrap import lectern
engine, until = lectern().engine, time.monotonic() + {seconds}
ids = [UUID(i) for i in {ids!r}]
while time.monotonic() < until and not all(engine.get(i).ended for i in ids):
    time.sleep(.1)
runs = [engine.get(i) for i in ids]
print("RUNS", json.dumps([{{"status": run.status, "attempt": run.attempt, "error": run.error}} for run in runs]))
""",
        timeout=seconds + 60,
    )
    runs: list[dict[str, Any]] = json.loads(out.rsplit("RUNS ", 1)[1])
    return runs


def ledger(place: Playground) -> Counter[str]:
    """How often each node began and ended, whoever ran it."""
    path: Path = place.var / "ledger"
    lines = path.read_text().splitlines() if path.exists() else []
    return Counter(line.rsplit(" ", 1)[0] for line in lines)
