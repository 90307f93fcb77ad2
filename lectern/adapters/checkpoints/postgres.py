"""LangGraph's own checkpointer in the rows' PostgreSQL, so that every worker can go on with every other's runs.

`manage.py migrate` makes its tables; a worker makes none, so that those which start at once are in nobody's way.
"""

import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow, dict_row

from lectern.adapters.checkpoints.postgres_saver import HINT, NotPrepared, Pool, PoolSaver, mapped
from lectern.engine.errors import StoreUnavailable

#: Most connections of one worker. One loop seldom has more than two calls under way.
CONNECTIONS = 4
#: A call waits this long for a connection while the server is away.
_CONNECTION_SECONDS = 5.0
#: Names `migrate` among PostgreSQL's advisory locks, and how long another one is waited for.
_MIGRATE_LOCK, _MIGRATE_SECONDS, _MIGRATE_LOOK_SECONDS = 0x6C656374, 60.0, 0.2


@asynccontextmanager
async def open_postgres_checkpointer(conninfo: str) -> AsyncIterator[PoolSaver]:
    """Open the checkpointer on the running loop. Connects when a run needs it: PostgreSQL may be away at first."""
    pool = Pool(
        conninfo,
        connection_class=AsyncConnection[DictRow],
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        min_size=0,
        max_size=CONNECTIONS,
        open=False,
        timeout=_CONNECTION_SECONDS,
        # Its pauses double up to this. What gave up is tried anew by the next call.
        reconnect_timeout=_CONNECTION_SECONDS,
        name="checkpoints",
    )
    async with pool:
        saver = PoolSaver(pool)
        try:
            yield saver
        finally:
            await saver.forget_now()


def drop_postgres_checkpoints(conninfo: str, run_ids: Iterable[UUID]) -> None:
    """Delete the checkpoints of runs; blocks. Raises `StoreUnavailable`."""
    with _connected(conninfo) as connection:
        PostgresSaver(connection).prune([str(run_id) for run_id in run_ids], strategy="delete")


def prepare_postgres(conninfo: str) -> None:
    """Make LangGraph's tables, or bring them up to its version; blocks. Raises `StoreUnavailable`."""
    with _connected(conninfo) as connection:
        _wait_for_turn(connection)
        PostgresSaver(connection).setup()


def is_prepared(conninfo: str) -> bool:
    """Return True when the tables are of LangGraph's version, or of a later one; blocks. Raises `StoreUnavailable`."""
    wanted = len(PostgresSaver.MIGRATIONS) - 1
    try:
        with _connected(conninfo) as connection:
            row = connection.execute(
                "SELECT max(v) >= %s AS there FROM checkpoint_migrations", [wanted]
            ).fetchone()
    except NotPrepared:
        return False
    return row is not None and bool(row["there"])


@contextmanager
def _connected(conninfo: str) -> Iterator[Connection[DictRow]]:
    with (
        mapped(),
        Connection[DictRow].connect(conninfo, autocommit=True, row_factory=dict_row) as connection,
    ):
        yield connection


def _wait_for_turn(connection: Connection[DictRow]) -> None:
    """Let one `migrate` at a time make tables; its turn ends with its connection.

    Who waits looks now and then. A statement that waited for the lock would hold a snapshot, for whose end the other
    one's CREATE INDEX CONCURRENTLY would wait.
    """
    until = time.monotonic() + _MIGRATE_SECONDS
    while not _has_turn(connection):
        if time.monotonic() > until:
            raise StoreUnavailable(
                "Another process has been preparing the checkpoints for a minute.", hint=HINT
            )
        time.sleep(_MIGRATE_LOOK_SECONDS)


def _has_turn(connection: Connection[DictRow]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS mine", [_MIGRATE_LOCK]).fetchone()
    return row is not None and bool(row["mine"])
