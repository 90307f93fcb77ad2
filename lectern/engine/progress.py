"""Progress: what a run's graph is doing, written into its row while it does."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lectern.base.log import logger
from lectern.base.text import storable
from lectern.engine.errors import LeaseLost, StoreUnavailable

log = logger(__name__)

#: Progress is written at most this often: a graph that answers in 100 ms costs no row updates.
NOTE_SECONDS = 0.25
#: Characters of a step that the row keeps.
_LONGEST_STEP = 300


class Progress:
    """Writes what the graph is doing, not more often than it can be read, and the last word always."""

    def __init__(
        self, steps: Mapping[str, str], write: Callable[[str], Awaitable[bool]], run_id: str
    ) -> None:
        """`write` puts a step into the row, and returns False when the run is no longer held."""
        self._steps, self._to_row, self._run_id = steps, write, run_id
        self._step, self._noted_at = "", time.monotonic()
        self._later: asyncio.Task[None] | None = None
        self._lost: LeaseLost | None = None

    async def note(self, task: Mapping[str, Any]) -> None:
        """Take one event of LangGraph's "tasks" stream: a node began, or (with a result) ended. Raises `LeaseLost`."""
        step = self._steps.get(task["name"])
        if step is not None and "result" not in task:
            await self._take(step)
        elif self._lost:
            raise self._lost

    async def hear(self, said: object) -> None:
        """Take what a node streams while it works: {"step": "a sentence"} is shown, the rest means nothing here.

        Raises `LeaseLost`.
        """
        step = said.get("step") if isinstance(said, Mapping) else None
        if isinstance(step, str) and step:
            await self._take(storable(step[:_LONGEST_STEP]))

    async def _take(self, step: str) -> None:
        if self._lost:
            raise self._lost
        self._step = step
        wait = self._noted_at + NOTE_SECONDS - time.monotonic()
        if wait <= 0:
            await self._write()
        elif self._later is None:
            self._later = asyncio.create_task(self._write_later(wait))

    def end(self) -> None:
        """Forget what is not written yet: the graph is done."""
        if self._later:
            self._later.cancel()

    async def _write_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._later = None
        try:
            await self._write()
        except LeaseLost as exc:
            self._lost = exc

    async def _write(self) -> None:
        self._noted_at = time.monotonic()
        try:
            held = await self._to_row(self._step)
        except StoreUnavailable as exc:  # nothing depends on it, and the next note may do better
            log.debug("progress", error=str(exc))
            return
        if not held:
            raise LeaseLost(f"Run {self._run_id} is no longer held by this worker.", run_id=self._run_id)
