"""Together: calls of one kind that come while one is under way are made by the next one. No call waits for company."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from lectern.engine.errors import StoreUnavailable

K = TypeVar("K")
V = TypeVar("V")

#: Calls that are made at once, at most: no statement holds its rows for long.
_MOST = 100


class Together(Generic[K, V]):
    """Makes one call on the store for many coroutines of one loop: under load one statement serves dozens of runs.

    `call` answers to a sequence of items in their order. When it fails for several, each is tried alone, so that an item
    that the store does not take is nobody else's trouble.
    """

    def __init__(self, call: Callable[[Sequence[K]], Awaitable[Sequence[V]]]) -> None:
        self._call = call
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._serving: asyncio.Task[None] | None = None

    async def __call__(self, item: K) -> V:
        """Return what the store answers to an item, or raise what it raises."""
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._make([(item, answer) for item, answer in batch if not answer.done()])
        finally:
            self._serving = None

    async def _make(self, batch: list[tuple[K, "asyncio.Future[V]"]]) -> None:
        try:
            answers = await self._call([item for item, _ in batch]) if batch else []
        except Exception as exc:
            if len(batch) > 1 and not isinstance(exc, StoreUnavailable):
                for one in batch:
                    await self._make([one])
                return
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(exc)
        else:
            for (_, answer), value in zip(batch, answers, strict=True):
                if not answer.done():
                    answer.set_result(value)
