"""The reference for throughput: the same graph with the same checkpointer under a plain `asyncio.gather`, no service around.

    python -m benchmarks.bench.gather RUNS AT_ONCE

Run by the measurement in the house's environment, pinned to one core. Prints seconds and CPU seconds.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

_CONNECTIONS = 4


async def main(runs: int, at_once: int) -> None:
    """Measure."""
    from benchmarks.bench.graph import Attempt, build

    slots = asyncio.Semaphore(at_once)
    async with _saver() as saver:
        graph = build().compile(checkpointer=saver)

        async def one() -> None:
            async with slots:
                run = str(uuid4())
                asked = {"run": run, "wait": 0, "ledger": False}
                await graph.ainvoke(
                    asked, {"configurable": {"thread_id": run}}, context=Attempt("gather"), durability="sync"
                )

        await asyncio.gather(*(one() for _ in range(50)))  # connections and caches
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one() for _ in range(runs)))
        print(f"{time.perf_counter() - began:.3f} {time.process_time() - cpu:.3f}")


@asynccontextmanager
async def _saver() -> AsyncIterator[Any]:
    """Open LangGraph's own saver where the rows are."""
    from lectern.adapters.sql.conninfo import postgres_conninfo

    if conninfo := postgres_conninfo():
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        from psycopg.rows import dict_row
        from psycopg_pool import AsyncConnectionPool

        options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
        pool = AsyncConnectionPool(
            conninfo, kwargs=options, min_size=_CONNECTIONS, max_size=_CONNECTIONS, open=False
        )
        async with pool:
            saver = AsyncPostgresSaver(pool)  # type: ignore[arg-type]  # rows are dictionaries by `options`
            saver.lock = asyncio.Semaphore(_CONNECTIONS)  # type: ignore[assignment]  # its own lets one call at a time through
            yield saver
        return
    from django.conf import settings
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async with AsyncSqliteSaver.from_conn_string(str(settings.LECTERN.var_dir / "gather.sqlite3")) as sqlite:
        await sqlite.setup()
        yield sqlite


if __name__ == "__main__":
    import django

    django.setup()
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
