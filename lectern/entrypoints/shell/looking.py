"""Looking: how runs stand, read once for all who ask meanwhile."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import islice
from uuid import UUID

from lectern.engine.domain.standing import Standing
from lectern.engine.errors import unknown
from lectern.entrypoints.http.errors import TooBusy
from lectern.entrypoints.shell.threads import Threads

#: Seconds that a look waits for the database, as others wait for a thread.
PATIENCE_SECONDS = 4.0
#: Runs a statement: SQLite takes no more parameters than some thousands.
_AT_ONCE = 500


class Looks:
    """Who asks while a read is under way is served by the next one, together with all others who came meanwhile.

    So the price of a look falls as more of them come, none waits for a tick, and one connection to the database is
    enough. `read` blocks; it is called on one thread.
    """

    def __init__(self, read: Callable[[Collection[UUID]], Mapping[UUID, Standing]]) -> None:
        self._read, self._thread = read, Threads("lectern-looks", 1)
        self._asked: dict[UUID, list[asyncio.Future[Standing]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def look(self, run_id: UUID) -> Standing:
        """Return how a run stands. Raises `UnknownRun`, `StoreUnavailable`, `TooBusy`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Standing] = loop.create_future()
        self._asked.setdefault(run_id, []).append(future)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all())
        timer = loop.call_later(PATIENCE_SECONDS, _tell, future, None, _too_busy())
        try:
            return await future
        finally:
            timer.cancel()

    async def _read_all(self) -> None:
        while self._asked:
            asked = {run_id: self._asked.pop(run_id) for run_id in list(islice(self._asked, _AT_ONCE))}
            try:
                found, error = await self._thread.run(partial(self._read, tuple(asked))), None
            except Exception as exc:
                found, error = {}, exc
            for run_id, futures in asked.items():
                for future in futures:
                    _tell(future, found.get(run_id), error or unknown(run_id))


def _too_busy() -> TooBusy:
    says = f"The database did not answer within {PATIENCE_SECONDS:g} seconds."
    return TooBusy(says, hint="Try again in a second.")


def _tell(future: "asyncio.Future[Standing]", standing: Standing | None, error: Exception) -> None:
    if future.done():  # its client is gone, or its time is up
        return
    if standing is None:
        future.set_exception(error)
    else:
        future.set_result(standing)
