"""Resume: what an attempt reads of those before it, and what it leaves for those after it. Knows LangGraph's checkpoints.

The newest checkpoint of a run is the one that its head names, not the one with the greatest id: ids are made of a
worker's clock, and a worker that lost its run may still write. A head is moved under the attempt's claim alone.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_checkpoint_id,
)
from langgraph.checkpoint.serde.types import ERROR
from langgraph.constants import START

from lectern.engine.domain.run import Run
from lectern.engine.errors import LeaseLost

#: Namespace of a run's own graph. Subgraphs have others: "node:task", or "node" for one that keeps its state.
ROOT = ""
#: LangGraph's channel that names the node whose error goes to a handler; not among its public names.
_ERROR_SOURCE = "__error_source_node__"
#: What a checkpoint has "seen" before the first node; the other two names are not among LangGraph's public ones.
_NO_NODES = frozenset({START, "__input__", "__interrupt__"})
#: LangGraph's channel of nodes that another one sends something to; not among its public names.
_SENT = "__pregel_tasks"
#: What a node returned is written this long after it, for the case that others of its step go on. Most steps are over
#: before: then their checkpoint is written, and nobody reads the writes behind it any more.
_WRITES_WAIT_SECONDS = 0.02
#: Between the parts of a subgraph's namespace, and between a node's name and its task in one.
_PART, _TASK = "|", ":"


@dataclass(frozen=True)
class Put:
    """A checkpoint as LangGraph gives it to a saver."""

    config: RunnableConfig
    checkpoint: Checkpoint
    metadata: CheckpointMetadata
    new_versions: ChannelVersions

    @property
    def is_before_nodes(self) -> bool:
        """True when no node has run yet: it holds the input alone, which stands in the row, too."""
        return self.checkpoint["versions_seen"].keys() <= _NO_NODES

    def is_behind_nodes(self, triggers: Collection[str]) -> bool:
        """True when no node follows: it changed channels, and none that begins one."""
        changed = self.checkpoint.get("updated_channels") or ()
        return bool(changed) and not any(channel == _SENT or channel in triggers for channel in changed)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What every write of an attempt names."""

    run_id: UUID
    token: UUID
    attempt: int
    #: Of the graph that the attempt executes; written with each head.
    fingerprint: str


class Checkpointer(BaseCheckpointSaver[Any]):
    """Where checkpoints are. Opened on the event loop that uses it; every call raises `StoreUnavailable`, `StoreRefuses`."""

    @abstractmethod
    async def attempt(self, run: Run, fingerprint: str) -> "AttemptSaver":
        """Return what a claimed run's graph is compiled with: it reads what attempts before it left, and no other.

        It has no heads when these are of another graph than `fingerprint` names. From its return on nothing can be
        found that an attempt before this one writes.
        """

    @abstractmethod
    def forget(self, run_id: UUID) -> None:
        """Delete the checkpoints of an ended run soon. What stays is left to retention."""


class AttemptSaver(BaseCheckpointSaver[Any]):
    """One of LangGraph's savers, as one attempt of one run sees it. Stands before that saver among a class's bases.

    A thread that is not the run's is none of its business: LangGraph's saver does with it as it always does.
    """

    claim: Claim
    #: Namespace -> id of its newest checkpoint. Only ever changed in place: LangGraph may make shallow copies of a saver.
    heads: dict[str, str]
    #: Channels that begin a node of the run's own graph.
    triggers: Collection[str]
    #: Tells that the lease has run out: a process that was stopped is the last to notice.
    has_run_out: Callable[[], bool]
    #: Checkpoints that wait for what comes next. Of before the first node: an attempt that dies leaves nothing that the
    #: next one has not got from the row; copies, since a node may change in place what it is given. Of behind the last
    #: one: what comes next is the run's end, which has the result.
    unwritten: list[Put]
    #: Parallel subgraphs move heads one after the other: each move writes all of them.
    turn: asyncio.Lock
    #: Steps under way, by namespace and checkpoint: whether the checkpoint that follows was written.
    steps: dict[tuple[str, str], asyncio.Future[bool]]
    #: Those of them whose checkpoint is being written, and those whose checkpoint was.
    moving: set[tuple[str, str]]
    over: set[tuple[str, str]]

    def begin(self, claim: Claim, heads: dict[str, str]) -> None:
        """Take the place of an initialiser, which LangGraph's savers have each their own."""
        self.claim, self.heads, self.turn = claim, heads, asyncio.Lock()
        self.steps, self.moving, self.over, self.unwritten = {}, set(), set(), []
        self.triggers, self.has_run_out = (), lambda: False

    @property
    def resumes(self) -> bool:
        """True when there is something to go on from."""
        return ROOT in self.heads

    def begin_anew(self) -> None:
        """Go on from nothing; the next checkpoint replaces what was."""
        self.heads.clear()

    @abstractmethod
    async def put_under_claim(self, heads: Mapping[str, str], puts: Sequence[Put]) -> bool:
        """Write checkpoints and the heads in one transaction; False, and nothing is written, when the claim is gone."""

    @abstractmethod
    async def put_writes_under_claim(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> bool:
        """Write what a node returned; False, and nothing is written, when the claim is gone."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the head of a namespace, or the checkpoint that `config` names."""
        found = self._named(config)
        if found is None:
            return None
        await self._write()
        return await super().aget_tuple(found)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint and make it its namespace's head. Raises `LeaseLost`."""
        if not self._is_mine(config):
            return await super().aput(config, checkpoint, metadata, new_versions)
        where = config["configurable"]
        step = where["checkpoint_ns"], where.get("checkpoint_id") or ""
        put = Put(config, checkpoint, metadata, new_versions)
        self.moving.add(step)
        written = False
        try:
            if put.is_before_nodes and (copied := _copied(put)):
                self.unwritten.append(copied)
            elif self.triggers and where["checkpoint_ns"] == ROOT and put.is_behind_nodes(self.triggers):
                self.unwritten.append(put)
            else:
                await self._write(put)
            written = True
            self.over.add(step)
        finally:
            self.moving.discard(step)
            if waiting := self.steps.pop(step, None):
                waiting.set_result(written)
        if self.has_run_out():  # no node begins for nobody
            raise self._lost()
        names = {"thread_id": where["thread_id"], "checkpoint_ns": where["checkpoint_ns"]}
        return {"configurable": {**names, "checkpoint_id": checkpoint["id"]}}

    async def _write(self, *following: Put) -> None:
        """Write what is unwritten and what follows it, and move the heads. Raises `LeaseLost`."""
        async with self.turn:
            puts = [*self.unwritten, *following]
            if not puts:
                return
            heads: Mapping[str, str] = self.heads
            for put in puts:
                heads = moved(heads, put.config["configurable"]["checkpoint_ns"], put.checkpoint["id"])
            if not await self.put_under_claim(heads, puts):
                raise self._lost()
            del self.unwritten[: len(puts) - len(following)]  # more may have come meanwhile
            self.heads.clear()
            self.heads.update(heads)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Write what one node returned, unless the others of its step end at once, too. Raises `LeaseLost`."""
        if not self._is_mine(config):
            await super().aput_writes(config, writes, task_id, task_path)
        elif not await self._is_over(config) and (kept := _whole(writes)):
            await self._write()
            if not await self.put_writes_under_claim(config, kept, task_id, task_path):
                raise self._lost()

    async def _is_over(self, config: RunnableConfig) -> bool:
        """Wait a moment; True when a node's step is over meanwhile, and the checkpoint that follows is written."""
        where = config["configurable"]
        step = where["checkpoint_ns"], where["checkpoint_id"]
        if step in self.over:
            return True
        following = self.steps.setdefault(step, asyncio.get_running_loop().create_future())
        await asyncio.wait([following], timeout=_WRITES_WAIT_SECONDS)
        if step in self.moving:
            await asyncio.wait([following])
        return following.done() and following.result()

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Return what a channel's value is put together of, up to the head or the checkpoint that `config` names.

        From parent to parent, as LangGraph's base class has it: PostgreSQL's saver looks for ancestors among smaller ids.
        """
        found = self._named(config)
        if found is None:
            return {channel: {"writes": []} for channel in channels}
        return await BaseCheckpointSaver.aget_delta_channel_history(self, config=found, channels=channels)

    def _named(self, config: RunnableConfig) -> RunnableConfig | None:
        """Return `config` with the head's id where it names no checkpoint; None when there is no head."""
        if get_checkpoint_id(config) or not self._is_mine(config):
            return config
        where = config["configurable"]
        head = self.heads.get(where.get("checkpoint_ns", ROOT))
        return {**config, "configurable": {**where, "checkpoint_id": head}} if head else None

    def _is_mine(self, config: RunnableConfig) -> bool:
        return bool(config["configurable"]["thread_id"] == str(self.claim.run_id))

    def _lost(self) -> LeaseLost:
        run_id = str(self.claim.run_id)
        return LeaseLost(f"Run {run_id} is no longer held by attempt {self.claim.attempt}.", run_id=run_id)


def _copied(put: Put) -> Put | None:
    """Return a put that no node can change any more; None when what it holds cannot be copied."""
    try:
        values = deepcopy(put.checkpoint["channel_values"])
    except Exception:  # whatever a class of a graph's own raises
        return None
    return replace(put, checkpoint={**put.checkpoint, "channel_values": values})


def _whole(writes: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, Any]]:
    """Return the writes of a node that ended; of one that failed, or was cancelled on its way, only how it did.

    A node writes its state first and where to go next afterwards. When it is stopped between the two, LangGraph stores
    the half beside the error, and takes it for the node's whole output later: the graph would end there, successfully.
    """
    if all(channel != ERROR for channel, _ in writes):
        return writes
    return [write for write in writes if write[0] in (ERROR, _ERROR_SOURCE)]


def moved(heads: Mapping[str, str], namespace: str, checkpoint_id: str) -> dict[str, str]:
    """Return heads after one of them moved.

    Those of subgraphs that belong to a single task of it are over with that: their step is done. A subgraph that keeps
    its state from step to step keeps its head.
    """
    inside = namespace + _PART if namespace else ""
    kept = {
        name: head
        for name, head in heads.items()
        if not (name.startswith(inside) and _TASK in name[len(inside) :])
    }
    return {**kept, namespace: checkpoint_id}
