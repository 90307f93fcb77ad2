"""What checkpoints cost: many runs of an empty graph of three nodes at once, with LangGraph's plain savers and with ours.

    python -m benchmarks.checkpoints [RUNS]

One process, `durability="sync"`, no engine around it. The plain savers and ours take turns, three times each; the least
CPU time of the process for a run counts, as other work shares the machine. PostgreSQL is one of its own, from the wheel;
its server's time is not in the numbers.
"""

import asyncio
import copy
import operator
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, TypedDict
from uuid import uuid4

import aiosqlite
import psycopg
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from lectern.adapters.checkpoints.postgres import CONNECTIONS, open_postgres_checkpointer
from lectern.adapters.checkpoints.sqlite import open_sqlite_checkpointer
from tests import postgres
from tests.playground import ROOT

RUNS, ROUNDS, WARM = 500, 3, 20

#: Returns the graph with which a run is executed.
Prepare = Callable[[Any], Awaitable[Any]]

_INSERT = """INSERT INTO lectern_run (id, token, workload, queue, input, owner, tenant, metadata, status, step, attempt,
    max_attempts, deadline_seconds, created_at, error, error_code, fingerprint) VALUES
    (%s, %s, 'w', 'q', '{}', '', '', '{}', 'running', '', 1, 5, 100, now(), '', '', '')"""


class State(TypedDict, total=False):
    """What the nodes add to."""

    log: Annotated[list[str], operator.add]


def main() -> None:
    """Measure and print a Markdown table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    print(f"{count} runs at once\n\n| saver | plain, ms | ours, ms | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="lectern-") as folder:
        _compare("SQLite", plain_sqlite, our_sqlite, str(Path(folder) / "checkpoints.sqlite3"), count)
    server = postgres.start()
    try:
        with postgres.database_of_its_own(server.url) as url:
            migrate = [sys.executable, "manage.py", "migrate", "-v0"]
            subprocess.run(["env", f"DATABASE_URL={url}", *migrate], cwd=ROOT, check=True)
            _compare("PostgreSQL", plain_postgres, our_postgres, url, count)
    finally:
        server.end()


def _compare(name: str, plain: Any, ours: Any, place: str, count: int) -> None:
    times: dict[Any, list[float]] = {plain: [], ours: []}
    for _ in range(ROUNDS):
        for saver in (plain, ours):
            times[saver].append(asyncio.run(_measure(saver, place, count)))
    theirs, mine = min(times[plain]), min(times[ours])
    print(f"| {name} | {theirs * 1000:.1f} | {mine * 1000:.1f} | {mine / theirs:.2f} |", flush=True)


async def _measure(saver: Any, place: str, count: int) -> float:
    async with saver(place) as prepare:
        await _gather(place, prepare, WARM)
        return await _gather(place, prepare, count)


async def _gather(place: str, prepare: Prepare, count: int) -> float:
    """Return the seconds of CPU that each of `count` runs took."""
    runs = [
        SimpleNamespace(
            id=uuid4(), token=uuid4(), attempt=1, checkpoint_id="", subgraph_heads={}, fingerprint=""
        )
        for _ in range(count)
    ]
    if place.startswith("postgres"):
        with psycopg.connect(place) as connection:
            connection.cursor().executemany(_INSERT, [(run.id, run.token) for run in runs])

    async def execute(run: Any) -> None:
        config: Any = {"configurable": {"thread_id": str(run.id)}}
        await (await prepare(run)).ainvoke({"log": ["begun"]}, config, durability="sync")

    began = time.process_time()
    await asyncio.gather(*map(execute, runs))
    return (time.process_time() - began) / count


def _graph() -> Any:
    async def node(_state: State) -> State:
        return {"log": ["done"]}

    graph: Any = StateGraph(State)
    for before, name in zip([START, "a", "b"], "abc", strict=True):
        graph.add_node(name, node)
        graph.add_edge(before, name)
    graph.add_edge("c", END)
    return graph


def _same(saver: Any) -> Prepare:
    graph = _graph().compile(checkpointer=saver)

    async def prepare(_run: Any) -> Any:
        return graph

    return prepare


def _of_attempts(checkpointer: Any) -> Prepare:
    graph = _graph().compile()

    async def prepare(run: Any) -> Any:
        mine = copy.copy(graph)
        mine.checkpointer = await checkpointer.attempt(run, "shape")
        mine.checkpointer.triggers = mine.trigger_to_nodes
        return mine

    return prepare


@asynccontextmanager
async def plain_sqlite(place: str) -> AsyncIterator[Prepare]:
    """LangGraph's saver on a file in the same mode as ours."""
    async with aiosqlite.connect(place) as connection:
        await connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        yield _same(saver)


@asynccontextmanager
async def our_sqlite(place: str) -> AsyncIterator[Prepare]:
    """Ours on that file."""
    async with open_sqlite_checkpointer(Path(place)) as checkpointer:
        yield _of_attempts(checkpointer)


@asynccontextmanager
async def plain_postgres(place: str) -> AsyncIterator[Prepare]:
    """LangGraph's saver on as many connections as ours has, none of which is looked at before its use."""
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool: Any = AsyncConnectionPool(
        place, kwargs=kwargs, min_size=CONNECTIONS, max_size=CONNECTIONS, open=False
    )
    async with pool:
        yield _same(AsyncPostgresSaver(pool))


@asynccontextmanager
async def our_postgres(place: str) -> AsyncIterator[Prepare]:
    """Ours in that database."""
    async with open_postgres_checkpointer(place) as checkpointer:
        yield _of_attempts(checkpointer)


if __name__ == "__main__":
    main()
