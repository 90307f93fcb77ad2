"""Graphs for crash stories: nodes that wait, some for a file, and leave a line in another each time they run."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

NODES = ("one", "two", "three")


class SlowState(TypedDict, total=False):
    seconds: float
    ledger: str
    #: The node that waits until there is a file `<ledger>.let`, instead of some seconds.
    held: str


def _waits(state: SlowState, name: str) -> Iterator[float]:
    """Yield how long to sleep until it is over."""
    if state.get("held") != name:
        yield state["seconds"]
    else:
        while not Path(state["ledger"] + ".let").exists():
            yield 0.05


def _node(name: str) -> Any:
    async def wait(state: SlowState) -> SlowState:
        _write(state["ledger"], f"begin {name} {os.getpid()}")
        try:
            for seconds in _waits(state, name):
                await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            _write(state["ledger"], f"cancelled {name} {os.getpid()}")
            raise
        _write(state["ledger"], f"end {name} {os.getpid()}")
        return {}

    return wait


def _blocking_node(state: SlowState) -> SlowState:
    _write(state["ledger"], f"begin blocking {os.getpid()}")
    for seconds in _waits(state, "blocking"):
        time.sleep(seconds)
    _write(state["ledger"], f"end blocking {os.getpid()}")
    return {}


def _write(ledger: str, line: str) -> None:
    with Path(ledger).open("a") as lines:
        lines.write(line + "\n")


def _build_blocking() -> Any:
    graph = StateGraph(SlowState)
    graph.add_node("blocking", _blocking_node)
    graph.add_edge(START, "blocking")
    graph.add_edge("blocking", END)
    return graph


def _build() -> Any:
    graph = StateGraph(SlowState)
    for name in NODES:
        graph.add_node(name, _node(name))
    for before, after in zip([START, *NODES], [*NODES, END], strict=True):
        graph.add_edge(before, after)
    return graph


graph = _build()
blocking = _build_blocking()
