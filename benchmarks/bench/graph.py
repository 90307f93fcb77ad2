"""The graph that is measured: three nodes that wait. It takes the tutor's place, so that the API's own door submits it.

`context.wait` of a question are the seconds that each node waits; `context.ledger` has each node write down that it ran.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypedDict
from uuid import uuid4

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from benchmarks.ledger import Ledger
from lectern.engine.workload import Workload

NODES = ("one", "two", "three")


@dataclass(frozen=True)
class Attempt:
    """Names one attempt of a run in the ledger."""

    name: str


class WaitState(TypedDict, total=False):
    """What a run carries."""

    run: str
    wait: float
    ledger: bool
    answer: str


def build() -> Any:
    """Return the uncompiled graph."""
    graph = StateGraph(WaitState, context_schema=Attempt)
    for name in NODES:
        graph.add_node(name, _node(name))
    for before, after in zip([START, *NODES], [*NODES, END], strict=True):
        graph.add_edge(before, after)
    return graph


def _node(name: str) -> Callable[..., Any]:
    async def wait(state: WaitState, runtime: Runtime[Attempt]) -> WaitState:
        facts = {"run": state["run"], "node": name, "execution": runtime.context.name, "pid": os.getpid()}
        if state["ledger"]:
            _ledger().write("begin", **facts)
        if state["wait"]:
            await asyncio.sleep(state["wait"])
        if state["ledger"]:
            _ledger().write("end", **facts)
        return {"answer": name}

    return wait


@cache
def _ledger() -> Ledger:
    return Ledger(Path(os.environ["LECTERN_LEDGER"]))


def _asked(run_id: object, context: dict[str, Any]) -> dict[str, Any]:
    return {"run": str(run_id), "wait": context.get("wait", 0), "ledger": context.get("ledger", False)}


workload = Workload(
    name="tutor",
    queue="langgraph",
    build=build,
    to_input=lambda run, _turns: _asked(run.id, run.input["context"]),
    to_result=lambda state: {"answer": state["answer"]},
    context_of=lambda *_: Attempt(uuid4().hex[:8]),
    steps={},
    deadline_seconds=600,
    max_attempts=5,
)
