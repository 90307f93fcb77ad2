"""A step of the graph that is over in microseconds: it runs where it is called.

LangGraph hands a plain function to a thread, and waits for it, for each step and each way.
"""

from collections.abc import Callable
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from lectern.tutor.graph.state import TutorState


class AtOnce(Runnable[TutorState, Any]):
    """A node, or a choice of the way, made of a function that neither waits nor computes for long."""

    def __init__(self, step: Callable[[TutorState], Any]) -> None:
        self.name = step.__name__
        self._step = step

    def invoke(self, input: TutorState, config: RunnableConfig | None = None, **_: Any) -> Any:
        """Call the step."""
        return self._step(input)

    async def ainvoke(self, input: TutorState, config: RunnableConfig | None = None, **_: Any) -> Any:
        """Call the step, on the loop."""
        return self._step(input)
