"""What the engine must know of a graph to run it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lectern.base.json import JsonObject
from lectern.engine.domain.run import Run
from lectern.engine.domain.thread import Turn


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A named LangGraph graph with what surrounds it.

    A `LecternError` that its functions or nodes raise ends the attempt: with another one later when the error says that
    it may pass, else as a failure with the error's sentence for the one who asked.
    """

    name: str
    #: Queue that carries its runs.
    queue: str
    #: Builds the uncompiled `StateGraph`; called once a process, by the first run.
    build: Callable[[], Any]
    #: Makes the graph's input of a run and the earlier turns of its thread (oldest first). May block: it is
    #: called off the loop.
    to_input: Callable[[Run, Sequence[Turn]], JsonObject]
    #: Takes the result out of the graph's final state.
    to_result: Callable[[Mapping[str, Any]], JsonObject]
    #: Handed to the nodes as `runtime.context`.
    context: object = None
    #: Node name -> the sentence shown while it works. A node without one shows nothing.
    steps: Mapping[str, str] = field(default_factory=dict)
    #: False for runs whose inputs and results are no conversation: no turns are kept.
    conversational: bool = True
    deadline_seconds: float = 120
    max_attempts: int = 5
