"""A graph for crash stories: three nodes that each wait, and leave a line in a file each time they run."""

import asyncio
import os
from pathlib import Path
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

NODES = ("one", "two", "three")


class SlowState(TypedDict, total=False):
    seconds: float
    ledger: str


def _node(name: str) -> Any:
    async def wait(state: SlowState) -> SlowState:
        _write(state["ledger"], f"begin {name} {os.getpid()}")
        await asyncio.sleep(state["seconds"])
        _write(state["ledger"], f"end {name} {os.getpid()}")
        return {}

    return wait


def _write(ledger: str, line: str) -> None:
    with Path(ledger).open("a") as lines:
        lines.write(line + "\n")


def _build() -> Any:
    graph = StateGraph(SlowState)
    for name in NODES:
        graph.add_node(name, _node(name))
    for before, after in zip([START, *NODES], [*NODES, END], strict=True):
        graph.add_edge(before, after)
    return graph


graph = _build()
