"""What both checkpointers share: each call that a run makes goes through `_call`, which maps the driver's errors."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.base import id as ids


class MappedSaver(BaseCheckpointSaver[Any]):
    """Stands before one of LangGraph's savers; a store that is away gives the run another attempt."""

    @abstractmethod
    def _call(self) -> AbstractAsyncContextManager[None]:
        """Return what a call runs in. Raises `StoreUnavailable`, `StoreRefuses`."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the newest checkpoint of a run, or the one that `config` names."""
        async with self._call():
            found = await super().aget_tuple(config)
        if found:
            _make_later_ids_than(found.checkpoint["id"])
        return found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint."""
        async with self._call():
            return await super().aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Write what one node returned, before the others of its step have ended."""
        async with self._call():
            await super().aput_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete all checkpoints of a run."""
        async with self._call():
            await super().adelete_thread(thread_id)


def _make_later_ids_than(checkpoint_id: str) -> None:
    """Count another worker's id as one that was made here.

    LangGraph takes the greatest id for the newest checkpoint. It makes ids of the machine's time, each later than the
    last one. A worker whose clock is slow would write behind the checkpoint that it went on from, and the attempt
    after it would not find what it did.
    """
    latest: int = max(ids._last_v6_timestamp or 0, ids.UUID(checkpoint_id).time)
    ids._last_v6_timestamp = latest  # type: ignore[assignment]  # its type is inferred from the None at first
