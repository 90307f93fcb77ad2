"""What both checkpointers share: each call that a run makes goes through `_call`, which maps the driver's errors."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple

from lectern.base.log import logger
from lectern.engine.errors import StoreUnavailable
from lectern.engine.resuming import Checkpointer

log = logger(__name__)

T = TypeVar("T")

#: Checkpoints of runs that ended within this time are deleted together: a statement for each would cost the runs more.
_FORGET_SECONDS = 1.0


class MappedSaver(Checkpointer):
    """Stands before one of LangGraph's savers; a store that is away gives the run another attempt."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ended: list[UUID] = []
        self._forgetting: asyncio.Task[None] | None = None

    @abstractmethod
    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call. Raises `StoreUnavailable`, `StoreRefuses`."""

    @abstractmethod
    async def _delete(self, run_ids: Sequence[UUID]) -> None:
        """Delete all that is kept of these runs."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the checkpoint that `config` names, or the one with the greatest id."""
        return await self._call(partial(super().aget_tuple, config))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint."""
        return await self._call(partial(super().aput, config, checkpoint, metadata, new_versions))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Write what one node returned, before the others of its step have ended."""
        await self._call(partial(super().aput_writes, config, writes, task_id, task_path))

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete all checkpoints of a run."""
        await self._call(partial(super().adelete_thread, thread_id))

    def forget(self, run_id: UUID) -> None:
        """Delete the checkpoints of an ended run soon, with those of others."""
        self._ended.append(run_id)
        if self._forgetting is None:
            self._forgetting = asyncio.create_task(self._forget_soon())

    async def forget_now(self) -> None:
        """Delete what `forget` was told of; for a process that ends."""
        if self._forgetting:
            self._forgetting.cancel()
        await self._forget_all()

    async def _forget_soon(self) -> None:
        await asyncio.sleep(_FORGET_SECONDS)
        self._forgetting = None
        await self._forget_all()

    async def _forget_all(self) -> None:
        run_ids, self._ended = self._ended, []
        if not run_ids:
            return
        try:
            await self._delete(run_ids)
        except StoreUnavailable as exc:  # retention's, then
            log.warning("store_away", error=str(exc))
