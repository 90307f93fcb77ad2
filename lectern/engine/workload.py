"""What the engine must know of a graph to run it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lectern.base.json import JsonObject
from lectern.engine.domain.run import Run
from lectern.engine.domain.thread import Turn
from lectern.engine.retrying import RetryPolicy

#: Key of a run's metadata that holds what its nodes find in `runtime.context`, where the caller gives that.
CONTEXT = "context"


@dataclass(frozen=True, kw_only=True)
class AttemptLeft:
    """What is left to a run while one of its attempts is executed."""

    #: Further attempts that it may get.
    attempts: int
    #: Seconds on this process's monotonic clock at which it is given up.
    ends_at: float


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A named LangGraph graph with what surrounds it.

    A `LecternError` that its functions or nodes raise ends the attempt: with another one later when the error says that
    it may pass (not before its `retry_after`), else as a failure with the error's sentence for the one who asked.
    """

    name: str
    #: Queue that carries its runs.
    queue: str
    #: Builds the uncompiled `StateGraph`, or returns an awaitable of it; called once a process, by the first run, off the
    #: loop. With a `GraphUnusable` that it raises the runs of this workload fail, and those of others go on.
    build: Callable[[], Any]
    #: Makes the graph's input of a run and the earlier turns of its thread (oldest first). May block: it is
    #: called off the loop.
    to_input: Callable[[Run, Sequence[Turn]], JsonObject]
    #: Takes the result out of the graph's final state.
    to_result: Callable[[Mapping[str, Any]], JsonObject]
    #: Handed to the nodes as `runtime.context`.
    context: object = None
    #: Makes the context of one attempt instead, for nodes that must know what is left.
    context_of: Callable[[Run, AttemptLeft], object] | None = None
    #: Makes further parts of the `RunnableConfig` that nodes see, such as its metadata.
    config_of: Callable[[Run], Mapping[str, Any]] | None = None
    #: Node name -> the sentence shown while it works. A node without one shows nothing.
    steps: Mapping[str, str] = field(default_factory=dict)
    #: False for runs whose inputs and results are no conversation: no turns are kept.
    conversational: bool = True
    deadline_seconds: float = 120
    max_attempts: int = 5
    #: Which errors are worth another attempt, and when it comes.
    retry: RetryPolicy = field(default_factory=RetryPolicy)
