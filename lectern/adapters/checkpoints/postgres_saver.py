"""LangGraph's saver on a pool, and as an attempt sees it: checkpoint and head in one statement, beside the run's row.

One statement is one message: a worker that is stopped between two would hold the row's lock, and nobody could take its
runs. It is also less work than LangGraph's three. What is written is what LangGraph's own saver would write.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from langchain_core.runnables import RunnableConfig
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
from lectern.engine.resuming import ROOT, AttemptSaver, Claim, Put
from lectern.engine.together import Together

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
T = TypeVar("T")
S = TypeVar("S", "_Puts", "_Writes")

#: A call takes this long in all while the server is silent. Such a one costs up to ten seconds more: psycopg tries to
#: cancel its statement first.
_CALL_SECONDS = 10.0

#: What a connection says that was cut: nothing, or that the server stops, crashed, or starts.
_DISCONNECTED = (None, "57P01", "57P02", "57P03")

HINT = "The run is tried again; if it lasts, check that PostgreSQL is up."

#: Puts of many attempts. `claim` has those whose claim holds; nothing of the others is written. What is text or JSON comes
#: as one document: the driver would write each element of an array by itself, in Python. Rows are locked in one order, here
#: and below: of two statements that share runs none waits for the other.
_PUT = b"""
WITH held AS MATERIALIZED (
    SELECT given.* FROM lectern_run JOIN jsonb_to_recordset(%(claimed)s)
        AS given (run uuid, token uuid, head text, subgraph_heads jsonb, fingerprint text)
        ON lectern_run.id = given.run AND lectern_run.token = given.token AND lectern_run.status = 'running'
    ORDER BY lectern_run.id FOR NO KEY UPDATE OF lectern_run
), claim AS (
    UPDATE lectern_run
    SET checkpoint_id = held.head, subgraph_heads = held.subgraph_heads, fingerprint = held.fingerprint
    FROM held WHERE lectern_run.id = held.run
    RETURNING lectern_run.id
), blobs AS (
    INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT thread, namespace, channel, version, type, blob
    FROM ROWS FROM (
        jsonb_to_recordset(%(blobs)s) AS (thread text, namespace text, channel text, version text, type text),
        unnest(%(values)b::bytea[])
    ) AS given (thread, namespace, channel, version, type, blob)
    WHERE thread IN (SELECT id::text FROM claim)
    ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO NOTHING
), saved AS (
    INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
    SELECT thread, namespace, id, parent, checkpoint, metadata
    FROM jsonb_to_recordset(%(saved)s)
        AS given (thread text, namespace text, id text, parent text, checkpoint jsonb, metadata jsonb)
    WHERE thread IN (SELECT id::text FROM claim)
    ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id)
    DO UPDATE SET checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata
)
SELECT id FROM claim
"""
#: What nodes of many attempts returned. FOR SHARE: who takes a run over waits for this statement's end, or this one finds
#: the claim gone.
_PUT_WRITES = """
WITH claim AS MATERIALIZED (
    SELECT id FROM lectern_run WHERE status = 'running'
    AND (id, token) IN (SELECT run, token FROM jsonb_to_recordset(%(claimed)s) AS given (run uuid, token uuid))
    ORDER BY id FOR SHARE
), saved AS (
    INSERT INTO checkpoint_writes
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT thread, namespace, id, task, path, idx, channel, type, blob
    FROM ROWS FROM (
        jsonb_to_recordset(%(writes)s) AS (
            thread text, namespace text, id text, task text, path text, idx int, channel text, type text
        ),
        unnest(%(values)b::bytea[])
    ) AS given (thread, namespace, id, task, path, idx, channel, type, blob)
    WHERE thread IN (SELECT id::text FROM claim)
    ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) {}
)
SELECT id FROM claim
"""
_ADD_WRITES = _PUT_WRITES.format("DO NOTHING").encode()
_REPLACE_WRITES = _PUT_WRITES.format(
    "DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob"
).encode()
_BLOB_COLUMNS = ("thread", "namespace", "channel", "version", "type")
_SAVED_COLUMNS = ("thread", "namespace", "id", "parent", "checkpoint", "metadata")
_WRITES_COLUMNS = ("thread", "namespace", "id", "task", "path", "idx", "channel", "type")

#: Bytes of values that one statement carries, about: what is larger goes alone, and nobody waits behind it.
_BYTES_AT_ONCE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class _Puts:
    """Checkpoints of an attempt, as rows."""

    claimed: Mapping[str, Any]
    blobs: Sequence[tuple[Any, ...]]
    saved: Sequence[tuple[Any, ...]]

    @property
    def size(self) -> int:
        """Bytes of their values, about: short ones stand in the checkpoint itself."""
        inside = [row[4].obj["channel_values"].values() for row in self.saved]
        texts = [value for values in inside for value in values if isinstance(value, str)]
        return sum(len(row[-1] or b"") for row in self.blobs) + sum(map(len, texts))


@dataclass(frozen=True, kw_only=True)
class _Writes:
    """What a node of an attempt returned, as rows."""

    claimed: Mapping[str, Any]
    rows: Sequence[tuple[Any, ...]]

    @property
    def size(self) -> int:
        """Bytes of their values."""
        return sum(len(row[-1] or b"") for row in self.rows)


class NotPrepared(StoreUnavailable):
    """The tables are missing."""


class PoolSaver(MappedSaver, AsyncPostgresSaver):
    """LangGraph's saver on a pool."""

    conn: Pool

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        # LangGraph's lock is made for a single connection; here every call takes one of its own.
        self.lock = nullcontext()  # type: ignore[assignment]  # used by `async with` alone
        #: Calls that have a connection. The others wait here however long: that is load, and no silence of the server.
        self.room = asyncio.Semaphore(pool.max_size)
        #: Attempts that write at the same time share a statement, and its commit.
        self.puts: Together[_Puts, bool] = Together(partial(self._by_size, self._put_all))
        self.writes: Together[_Writes, bool] = Together(
            partial(self._by_size, partial(self._put_all_writes, _ADD_WRITES))
        )

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

    async def _by_size(
        self, write: Callable[[Sequence[S]], Awaitable[Collection[str]]], given: Sequence[S]
    ) -> list[bool]:
        """Write in as many statements as needed; return for each whether its claim held."""
        held: list[bool] = []
        while rest := given[len(held) :]:
            together = rest[: _at_once(rest)]
            found = await write(together)
            held += [one.claimed["run"] in found for one in together]
        return held

    async def _put_all(self, puts: Sequence[_Puts]) -> Collection[str]:
        blobs = [row for put in puts for row in put.blobs]
        saved = [row for put in puts for row in put.saved]
        return await self._held(
            _PUT,
            claimed=Jsonb([put.claimed for put in puts]),
            blobs=_document(_BLOB_COLUMNS, blobs),
            values=[row[-1] for row in blobs],
            saved=_document(_SAVED_COLUMNS, saved),
        )

    async def _put_all_writes(self, statement: bytes, writes: Sequence[_Writes]) -> Collection[str]:
        rows = [row for one in writes for row in one.rows]
        return await self._held(
            statement,
            claimed=Jsonb([one.claimed for one in writes]),
            writes=_document(_WRITES_COLUMNS, rows),
            values=[row[-1] for row in rows],
        )

    async def _held(self, statement: bytes, **parameters: Any) -> Collection[str]:
        """Execute a statement and return the runs whose claim it found."""
        return await self._call(partial(self._execute, statement, parameters))

    async def _execute(self, statement: bytes, parameters: Mapping[str, Any]) -> Collection[str]:
        async with self._cursor() as cursor:
            await cursor.execute(statement, parameters)
            return {str(row["id"]) for row in await cursor.fetchall()}

    async def _delete(self, run_ids: Sequence[UUID]) -> None:
        threads = [str(run_id) for run_id in run_ids]
        await self._call(partial(self.aprune, threads, strategy="delete"))

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call, and once more when its connection is of before the server's restart.

        All that is called may be done twice. To look at a connection before each use would be half of the work.
        """
        with mapped():
            async with self.room, asyncio.timeout(_CALL_SECONDS):
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
        self.room, self.puts, self.writes = saver.room, saver.puts, saver.writes
        claim = Claim(run_id=run.id, token=run.token, attempt=run.attempt, fingerprint=fingerprint)
        self.begin(claim, heads)
        self._claimed = {"run": str(run.id), "token": str(run.token)}

    async def put_under_claim(self, heads: Mapping[str, str], puts: Sequence[Put]) -> bool:
        """Write checkpoints and the heads in one statement."""
        told = _Told(self)
        for put in puts:
            told.put(put.config, put.checkpoint, put.metadata, put.new_versions)
        below = {name: head for name, head in heads.items() if name != ROOT}
        moved = {
            "head": heads.get(ROOT, ""),
            "subgraph_heads": below or None,
            "fingerprint": self.claim.fingerprint,
        }
        blobs, saved = told.rows(self.UPSERT_CHECKPOINT_BLOBS_SQL), told.rows(self.UPSERT_CHECKPOINTS_SQL)
        given = _Puts(claimed={**self._claimed, **moved}, blobs=blobs, saved=saved)
        if given.size > _BYTES_AT_ONCE:
            return bool(await self._put_all([given]))
        return await self.puts(given)

    async def put_writes_under_claim(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> bool:
        """Write what a node returned, while nobody can take the run over."""
        told = _Told(self)
        told.put_writes(config, writes, task_id, task_path)
        [(order, rows)] = told.orders
        given = _Writes(claimed=self._claimed, rows=rows)
        if order != self.INSERT_CHECKPOINT_WRITES_SQL:
            return bool(await self._put_all_writes(_REPLACE_WRITES, [given]))
        if given.size > _BYTES_AT_ONCE:
            return bool(await self._put_all_writes(_ADD_WRITES, [given]))
        return await self.writes(given)


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


def _at_once(given: Sequence[S]) -> int:
    """Return how many go into one statement: by their size, and of each run one attempt, as it tells only runs apart."""
    size, tokens = 0, dict[str, str]()
    for count, one in enumerate(given):
        size += one.size
        token = one.claimed["token"]
        if tokens.setdefault(one.claimed["run"], token) != token or (count and size > _BYTES_AT_ONCE):
            return count
    return len(given)


def _document(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Jsonb:
    """Return rows, without what they have beyond these columns, as one document."""
    return Jsonb(
        [
            {
                name: value.obj if isinstance(value, Jsonb) else value
                for name, value in zip(names, row, strict=False)
            }
            for row in rows
        ]
    )


@contextmanager
def mapped() -> Iterator[None]:
    """Map what the driver raises."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as exc:
        raise NotPrepared(
            "The database is not prepared for checkpoints.", hint="Run: python manage.py migrate"
        ) from exc
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, UnicodeEncodeError) as exc:
        raise StoreRefuses(f"The checkpoints in PostgreSQL do not take a value: {first_line(exc)}.") from exc
    except TimeoutError as exc:
        raise StoreUnavailable("The checkpoints in PostgreSQL do not answer in time.", hint=HINT) from exc
    except (psycopg.Error, OSError) as exc:
        raise StoreUnavailable(
            f"The checkpoints in PostgreSQL cannot be used: {first_line(exc)}.", hint=HINT
        ) from exc
