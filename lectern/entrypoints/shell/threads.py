"""Daemon threads that make blocking calls for an event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from lectern.entrypoints.http.errors import TooBusy

T = TypeVar("T")


class Threads:
    """At most `count` blocking calls at once, for one loop. Threads start when they are needed.

    Not a ThreadPoolExecutor: the interpreter joins its threads without limit when it ends, so a call that hangs would
    keep the process.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name, self.count = name, count
        self._free = asyncio.Semaphore(count)
        self._calls: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]]] = SimpleQueue()
        self._started = self._busy = 0

    async def run(self, call: Callable[[], T], patience: float | None = None) -> T:
        """Return what `call` returns or raise what it raises; raise `TooBusy` after `patience` seconds without a thread."""
        await self._take(patience)
        self._busy += 1
        if self._busy > self._started:
            self._started += 1
            Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put((call, future))
        return await future

    async def _take(self, patience: float | None) -> None:
        if patience is None or not self._free.locked():
            await self._free.acquire()
            return
        try:
            await asyncio.wait_for(self._free.acquire(), patience)
        except TimeoutError:
            raise TooBusy(
                f"All {self.count} threads of this server are busy.", hint="Try again in a second."
            ) from None

    def _serve(self) -> None:
        while True:
            call, future = self._calls.get()
            try:
                result, error = call(), None
            except Exception as exc:
                result, error = None, exc
            with suppress(RuntimeError):  # the loop is closed: nobody waits any longer
                future.get_loop().call_soon_threadsafe(self._end, future, result, error)
            del call, future, result, error

    def _end(self, future: asyncio.Future[Any], result: object, error: Exception | None) -> None:
        """Give the thread back, and the outcome to whoever still waits: a cancelled wait frees no thread."""
        self._busy -= 1
        self._free.release()
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
