import operator
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from lectern.engine.fingerprinting import fingerprint


class State(TypedDict, total=False):
    done: Annotated[list[str], lambda old, new: old + new]


class More(TypedDict, total=False):
    done: Annotated[list[str], operator.add]
    other: int


class Other(TypedDict, total=False):
    done: dict[str, str]


def _graph(change: Callable[[Any], object] = lambda graph: None, state: type = State) -> str:
    graph: Any = StateGraph(state)
    for name in "abc":
        graph.add_node(name, lambda _state: {})
    graph.add_edge(START, "a")
    graph.add_edge("a", "b")
    graph.add_conditional_edges("b", lambda _state: "c", {"c": "c", "end": END})
    change(graph)
    return fingerprint(graph.compile())


def _inner(name: str) -> Any:
    graph: Any = StateGraph(State)
    graph.add_node(name, lambda _state: {})
    graph.add_edge(START, name)
    return graph.compile()


def test_the_same_shape_has_the_same_fingerprint_in_every_process() -> None:
    source = "from tests.unit.engine.test_fingerprinting import _graph; print(_graph())"
    command = [sys.executable, "-c", source]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3], timeout=60
    )
    assert told.stdout.strip() == _graph() == _graph()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda: _graph(lambda graph: graph.add_node("d", lambda _state: {})), id="a node"),
        pytest.param(lambda: _graph(lambda graph: graph.add_edge("a", "c")), id="an edge"),
        pytest.param(lambda: _graph(lambda graph: graph.add_edge(["a", "b"], "c")), id="a join"),
        pytest.param(
            lambda: _graph(lambda graph: graph.add_conditional_edges("a", lambda _state: END, {"x": END})),
            id="a branch",
        ),
        pytest.param(lambda: _graph(state=More), id="a key of the state"),
        pytest.param(lambda: _graph(state=Other), id="a type in the state"),
    ],
)
def test_another_shape_has_another_fingerprint(other: Callable[[], str]) -> None:
    assert other() != _graph()


def test_a_subgraphs_shape_counts() -> None:
    one, two = (_graph(lambda graph, name=name: graph.add_node("sub", _inner(name))) for name in ("x", "y"))
    assert one != two
