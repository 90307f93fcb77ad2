"""A graph of `langgraph.json` as a workload: its input is what was given, its result the state that it ends with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lectern.adapters.graphs.loading import GraphLoader
from lectern.base.errors import LecternError
from lectern.base.json import JsonObject
from lectern.base.jsonable import NotJsonable, jsonable
from lectern.base.settings import GraphSettings
from lectern.engine.domain.run import Run
from lectern.engine.errors import RunFailed
from lectern.engine.retrying import RetryPolicy
from lectern.engine.workload import CONTEXT, AttemptLeft, Workload

#: Characters of JSON that a result may have: it is a column of a row.
LARGEST_RESULT = 5_000_000


def graph_workload(graph: GraphSettings, *, deadline: float, max_attempts: int) -> Workload:
    """Return the workload of a graph; `deadline` (seconds) and `max_attempts` hold where it has none of its own."""
    shape = _Shape(graph.name)
    return Workload(
        name=graph.name,
        queue=graph.queue,
        build=GraphLoader(graph).build,
        to_input=lambda run, _turns: run.input,
        to_result=shape.result,
        context_of=shape.context,
        config_of=shape.config,
        steps=graph.steps,
        conversational=False,
        deadline_seconds=graph.deadline_seconds or deadline,
        max_attempts=graph.max_attempts or max_attempts,
        retry=_retry(graph),
    )


def _retry(graph: GraphSettings) -> RetryPolicy:
    """Return the policy with what the graph changes of it; a first pause longer than the usual longest one lengthens it."""
    usual = RetryPolicy()
    first = graph.first_pause_seconds or usual.first_pause_seconds
    longest = graph.longest_pause_seconds or usual.longest_pause_seconds
    if graph.first_pause_seconds is None:
        first = min(first, longest)
    return RetryPolicy(
        first_pause_seconds=first,
        longest_pause_seconds=max(first, longest),
        sorts=partial(_named, {**dict.fromkeys(graph.again, True), **dict.fromkeys(graph.never, False)}),
    )


def _named(rule: Mapping[str, bool], exc: Exception) -> bool | None:
    """Return what the graph says of an error's class, or of the nearest one above it; nothing of Lectern's own errors."""
    if isinstance(exc, LecternError):
        return None
    for cls in type(exc).__mro__:
        for name in (f"{cls.__module__}.{cls.__qualname__}", cls.__name__):
            if name in rule:
                return rule[name]
    return None


@dataclass(frozen=True)
class _Shape:
    """What goes into a graph of that name, and what comes out."""

    name: str

    def context(self, run: Run, _left: AttemptLeft) -> object:
        return run.metadata.get(CONTEXT)

    def config(self, run: Run) -> Mapping[str, Any]:
        """Return what a node's `config` has besides: in the words of LangGraph's own server."""
        known = {
            "graph_id": self.name,
            "run_id": str(run.id),
            "run_attempt": run.attempt,
            "thread_id": run.thread_key,
            "user_id": run.owner,
        }
        given = {key: value for key, value in run.metadata.items() if key != CONTEXT}
        return {"run_name": self.name, "metadata": {**given, **known}}

    def result(self, state: Mapping[str, Any]) -> JsonObject:
        if not isinstance(state, Mapping):
            raise RunFailed(
                f"The graph {self.name!r} ended with a {type(state).__name__}; its state must be an object."
            )
        try:
            result: JsonObject = jsonable(state, LARGEST_RESULT)
        except NotJsonable as exc:
            hint = "Leave it out by an output schema, or have a node turn it into plain values."
            raise RunFailed(
                f"The result of the graph {self.name!r} cannot be kept: {exc}", hint=hint
            ) from exc
        return result
