"""Run a graph of one's own from Python. Needs a configured Django, as in `manage.py shell`.

from lectern.runs import submit_graph

run = submit_graph("greeter", {"name": "Ada"})
run.result(timeout=60)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lectern.bootstrap import lectern
from lectern.engine.domain.run import RunStatus
from lectern.engine.errors import RunFailed
from lectern.entrypoints import graphs
from lectern.entrypoints.http.guide import WORDS

__all__ = ["GraphRun", "find_run", "submit_graph"]


@dataclass(frozen=True)
class GraphRun:
    """A run, by its id: what is asked of it is read from its row. All methods block."""

    id: UUID

    @property
    def status(self) -> str:
        """The guide's word: PENDING, PROCESSING, SUCCESS, FAILURE or REVOKED."""
        return WORDS[lectern().engine.get(self.id).status]

    def info(self) -> dict[str, Any]:
        """Return the body of `GET /api/ai/tasks/<id>/status/`."""
        return graphs.told(self.id)

    def result(self, timeout: float | None = None) -> dict[str, Any]:
        """Wait for its end and return the state that the graph ended with.

        Raises `RunFailed` with the sentence when it failed, was cancelled or its result is no longer kept, and
        `TimeoutError` after `timeout` seconds: the run goes on.
        """
        run = graphs.wait_for(self.id, timeout)
        if not run.ended:
            raise TimeoutError(f"Run {self.id} did not end within {timeout:g} seconds; it goes on.")
        if run.status is not RunStatus.SUCCEEDED:
            raise RunFailed(run.error, run_id=str(self.id))
        if run.result is None:
            raise RunFailed(
                f"The result of run {self.id} was kept for a while and is gone.", run_id=str(self.id)
            )
        return dict(run.result)

    def cancel(self) -> None:
        """End it if it has not ended."""
        graphs.cancel(self.id)


def submit_graph(
    name: str,
    input: Mapping[str, Any],
    *,
    thread_id: str | None = None,
    owner: str = "",
    context: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> GraphRun:
    """Submit a run of a graph that `langgraph.json` names; see `lectern/entrypoints/graphs.py` for arguments and errors."""
    run = graphs.submit(name, input, thread_id=thread_id, owner=owner, context=context, metadata=metadata)
    return GraphRun(run.id)


def find_run(run_id: str) -> GraphRun:
    """Return the run of an id that was written down. Raises `UnknownRun`."""
    return GraphRun(graphs.find(run_id).id)
