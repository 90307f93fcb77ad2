"""The graph of the storm: up to six nodes in steps, of which each run's `context` chooses its own. It takes the tutor's place.

What a run's context holds is made by `planning.py`: `steps` (lists of nodes that run side by side), `waits` in seconds by
node, `errors` by node. A node's output names the attempt that made it, itself, and what it was given: from these the
ledger sees whether a final state is of one history.
"""

import asyncio
import operator
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypedDict
from uuid import uuid4

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from benchmarks.ledger import Ledger
from lectern.base.errors import LecternError
from lectern.engine.workload import Workload

#: The last one is a plain function, which LangGraph runs on a thread.
NODES = ("n0", "n1", "n2", "n3", "n4", "n5")
#: Other people's errors are sorted by an engine that has this module.
SORTS_ERRORS = find_spec("lectern.engine.retrying") is not None


class Away(LecternError):
    """Something that may pass, in Lectern's words."""

    code = "away"
    passing = True


class TooMany(Exception):
    """Something that may pass, in a provider's words."""

    status_code = 429


@dataclass(frozen=True)
class Attempt:
    """Names one attempt of a run in the ledger."""

    name: str


class StormState(TypedDict, total=False):
    """What a run carries."""

    run: str
    plan: dict[str, Any]
    log: Annotated[list[dict[str, Any]], operator.add]


def build() -> Any:
    """Return the uncompiled graph."""
    graph = StateGraph(StormState, context_schema=Attempt)
    for name in NODES:
        graph.add_node(name, _sync_node(name) if name == NODES[-1] else _node(name))
        graph.add_conditional_edges(name, partial(_after, name), [*NODES, END])
    graph.add_conditional_edges(START, lambda state: state["plan"]["steps"][0], list(NODES))
    return graph


def _after(name: str, state: StormState) -> Sequence[str]:
    steps = state["plan"]["steps"]
    here = next(number for number, step in enumerate(steps) if name in step)
    return steps[here + 1] if here + 1 < len(steps) else [END]


def _node(name: str) -> Callable[..., Any]:
    async def work(state: StormState, runtime: Runtime[Attempt]) -> StormState:
        ended = _begun(name, state, runtime.context.name)
        await asyncio.sleep(state["plan"]["waits"][name])
        return ended()

    return work


def _sync_node(name: str) -> Callable[..., Any]:
    def work(state: StormState, runtime: Runtime[Attempt]) -> StormState:
        ended = _begun(name, state, runtime.context.name)
        time.sleep(state["plan"]["waits"][name])
        return ended()

    return work


def _begun(name: str, state: StormState, execution: str) -> Callable[[], StormState]:
    facts = {"run": state["run"], "node": name, "execution": execution, "pid": os.getpid()}
    _ledger().write("begin", **facts)

    def ended() -> StormState:
        error = state["plan"]["errors"].get(name)
        if error and not _is_over(state["run"], name, error["times"]):
            _ledger().write("raise", **facts, kind=error["kind"])
            raise _error(error["kind"])
        nonce = uuid4().hex[:12]
        _ledger().write("end", **facts, nonce=nonce)
        saw = sorted(entry["nonce"] for entry in state.get("log", []))
        return {"log": [{"node": name, "execution": execution, "nonce": nonce, "saw": saw}]}

    return ended


def _error(kind: str) -> Exception:
    if kind == "never":
        return ValueError("this node has a bug")
    return TooMany("too many requests") if kind == "limit" and SORTS_ERRORS else Away("The model is away.")


def _is_over(run: str, name: str, times: int) -> bool:
    """Count one more visit; True when the error was raised `times` times. Counted in files: a run's state keeps nothing of a failure."""
    folder = Path(os.environ["LECTERN_LEDGER"]).with_name("raised")
    for number in range(times):
        try:
            os.close(os.open(folder / f"{run}.{name}.{number}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        return False
    return True


@cache
def _ledger() -> Ledger:
    return Ledger(Path(os.environ["LECTERN_LEDGER"]))


workload = Workload(
    name="tutor",
    queue="langgraph",
    build=build,
    to_input=lambda run, _turns: {"run": str(run.id), "plan": run.input["context"]["plan"], "log": []},
    to_result=lambda state: {"answer": "done", "log": state["log"]},
    context_of=lambda *_: Attempt(uuid4().hex[:8]),
    steps={name: f"Working in {name}" for name in NODES},
    # A storm takes many attempts: what fails here fails for a reason of its own.
    deadline_seconds=1800,
    max_attempts=60,
)
