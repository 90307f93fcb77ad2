"""LangGraph's saver on a pool, and as an attempt sees it: checkpoint and head in one statement, beside the run's row.

One statement is one message: a worker that is stopped between two would hold the row's lock, and nobody could take its
runs. It is also less work than LangGraph's three. What is written is what LangGraph's own saver would write.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from lectern.adapters.checkpoints.mapped import MappedSaver
from lectern.base.errors import first_line
from lectern.engine.domain.run import Run
from lectern.engine.errors import StoreRefuses, StoreUnavailable
from lectern.engine.resuming import ROOT, AttemptSaver, Claim

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
T = TypeVar("T")

#: A call takes this long in all while the server is silent. Such a one costs up to ten seconds more: psycopg tries to
#: cancel its statement first.
_CALL_SECONDS = 10.0

#: What a connection says that was cut: nothing, or that the server stops, crashed, or starts.
_DISCONNECTED = (None, "57P01", "57P02", "57P03")

HINT = "The run is tried again; if it lasts, check that PostgreSQL is up."

_PUT = """
WITH claim AS (
    UPDATE lectern_run SET checkpoint_id = %(head)s, subgraph_heads = %(subgraph_heads)s, fingerprint = %(fingerprint)s
    WHERE id = %(run_id)s AND token = %(token)s AND status = 'running' RETURNING 1
), blobs AS (
    INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT %(thread)s, %(namespace)s, given.*
    FROM claim, unnest(%(channels)s::text[], %(versions)s::text[], %(types)s::text[], %(blobs)b::bytea[]) AS given
    ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO NOTHING
), saved AS (
    INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
    SELECT %(thread)s, %(namespace)s, %(id)s, %(parent)s, %(checkpoint)s::jsonb, %(metadata)s::jsonb FROM claim
    ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id)
    DO UPDATE SET checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata
)
SELECT count(*) AS held FROM claim
"""
#: FOR SHARE: who takes the run over waits for this statement's end, or this one finds the claim gone.
_PUT_WRITES = """
WITH claim AS MATERIALIZED (
    SELECT 1 FROM lectern_run WHERE id = %(run_id)s AND token = %(token)s AND status = 'running' FOR SHARE
), saved AS (
    INSERT INTO checkpoint_writes
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT %(thread)s, %(namespace)s, %(id)s, %(task)s, %(path)s, given.*
    FROM claim, unnest(%(indexes)s::int[], %(channels)s::text[], %(types)s::text[], %(blobs)b::bytea[]) AS given
    ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) {}
)
SELECT count(*) AS held FROM claim
"""
_ADD_WRITES = _PUT_WRITES.format("DO NOTHING")
_REPLACE_WRITES = _PUT_WRITES.format(
    "DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob"
)


class NotPrepared(StoreUnavailable):
    """The tables are missing."""


class PoolSaver(MappedSaver, AsyncPostgresSaver):
    """LangGraph's saver on a pool."""

    conn: Pool

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        # LangGraph's lock is made for a single connection; here every call takes one of its own.
        self.lock = asyncio.Semaphore(pool.max_size)  # type: ignore[assignment]  # used by `async with` alone

    async def attempt(self, run: Run, fingerprint: str) -> "PostgresAttempt":
        """Return the saver of a claimed run; its heads came with the claim."""
        heads = {}
        if run.checkpoint_id and run.fingerprint == fingerprint:
            heads = {ROOT: run.checkpoint_id, **run.subgraph_heads}
        elif run.attempt > 1 and run.fingerprint == fingerprint:  # begun by a version that kept no head
            newest = await self.aget_tuple(
                {"configurable": {"thread_id": str(run.id), "checkpoint_ns": ROOT}}
            )
            heads = {ROOT: newest.checkpoint["id"]} if newest else {}
        return PostgresAttempt(self, run, fingerprint, heads)

    async def _delete(self, run_ids: Sequence[UUID]) -> None:
        threads = [str(run_id) for run_id in run_ids]
        await self._call(partial(self.aprune, threads, strategy="delete"))

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call, and once more when its connection is of before the server's restart.

        All that is called may be done twice. To look at a connection before each use would be half of the work.
        """
        with mapped():
            async with asyncio.timeout(_CALL_SECONDS):
                try:
                    return await call()
                except psycopg.OperationalError as exc:
                    if isinstance(exc, PoolTimeout) or exc.sqlstate not in _DISCONNECTED:
                        raise
                await self.conn.check()
                return await call()


class PostgresAttempt(AttemptSaver, PoolSaver):
    """The saver of one attempt."""

    def __init__(self, saver: PoolSaver, run: Run, fingerprint: str, heads: dict[str, str]) -> None:
        super().__init__(saver.conn)
        assert run.token, "a claimed run has a token"
        self.lock = saver.lock
        self.claim = Claim(run_id=run.id, token=run.token, attempt=run.attempt, fingerprint=fingerprint)
        self.heads, self.turn = heads, asyncio.Lock()
        self._claimed = {"run_id": run.id, "token": run.token}

    async def put_under_claim(
        self,
        heads: Mapping[str, str],
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> bool:
        """Write a checkpoint and the heads in one statement."""
        told = _Told(self)
        told.put(config, checkpoint, metadata, new_versions)
        [(thread, namespace, checkpoint_id, parent, saved, described)] = told.rows(
            self.UPSERT_CHECKPOINTS_SQL
        )
        blobs = [row[2:] for row in told.rows(self.UPSERT_CHECKPOINT_BLOBS_SQL)]
        channels, versions, types, values = _columns(blobs, 4)
        below = {name: head for name, head in heads.items() if name != ROOT}
        return await self._held(
            _PUT,
            thread=thread, namespace=namespace, id=checkpoint_id, parent=parent, checkpoint=saved, metadata=described,
            channels=channels, versions=versions, types=types, blobs=values,
            head=heads.get(ROOT, ""), subgraph_heads=Jsonb(below) if below else None, fingerprint=self.claim.fingerprint,
        )  # fmt: skip

    async def put_writes_under_claim(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> bool:
        """Write what a node returned, while nobody can take the run over."""
        told = _Told(self)
        told.put_writes(config, writes, task_id, task_path)
        [(order, rows)] = told.orders
        thread, namespace, checkpoint_id, task, path = rows[0][:5]
        indexes, channels, types, values = _columns([row[5:] for row in rows], 4)
        return await self._held(
            _ADD_WRITES if order == self.INSERT_CHECKPOINT_WRITES_SQL else _REPLACE_WRITES,
            thread=thread, namespace=namespace, id=checkpoint_id, task=task, path=path,
            indexes=indexes, channels=channels, types=types, blobs=values,
        )  # fmt: skip

    async def _held(self, statement: str, **values: Any) -> bool:
        return await self._call(partial(self._execute, statement.encode(), {**values, **self._claimed}))

    async def _execute(self, statement: bytes, values: Mapping[str, Any]) -> bool:
        async with self._cursor() as cursor:
            await cursor.execute(statement, values)
            row = await cursor.fetchone()
        return row is not None and row["held"] == 1


class _Told(PostgresSaver):
    """LangGraph's blocking saver, which tells what it would write and writes nothing."""

    def __init__(self, saver: PoolSaver) -> None:
        self.serde = saver.serde
        #: Statements with their rows.
        self.orders: list[tuple[str, list[tuple[Any, ...]]]] = []

    def rows(self, order: str) -> list[tuple[Any, ...]]:
        """Return the rows of one statement."""
        return [row for statement, rows in self.orders if statement == order for row in rows]

    def execute(self, order: str, row: tuple[Any, ...]) -> None:
        """Take a statement."""
        self.orders.append((order, [row]))

    def executemany(self, order: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Take a statement of several rows."""
        self.orders.append((order, list(rows)))

    @contextmanager
    def _cursor(self, *, pipeline: bool = False) -> Iterator[Any]:
        yield self


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(count)]


@contextmanager
def mapped() -> Iterator[None]:
    """Map what the driver raises."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as exc:
        raise NotPrepared(
            "The database is not prepared for checkpoints.", hint="Run: python manage.py migrate"
        ) from exc
    except (psycopg.DataError, UnicodeEncodeError) as exc:
        raise StoreRefuses(f"The checkpoints in PostgreSQL do not take a value: {first_line(exc)}.") from exc
    except TimeoutError as exc:
        raise StoreUnavailable("The checkpoints in PostgreSQL do not answer in time.", hint=HINT) from exc
    except (psycopg.Error, OSError) as exc:
        raise StoreUnavailable(
            f"The checkpoints in PostgreSQL cannot be used: {first_line(exc)}.", hint=HINT
        ) from exc
