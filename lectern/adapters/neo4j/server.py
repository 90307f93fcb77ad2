"""A Neo4j server: each call is one transaction of bounded time, and a server that does not answer is spared.

The driver has no limit of its own for a server that takes a connection and then says nothing. Its asynchronous half can be
cancelled, which ends the connection too: so it lives on a loop in a thread of its own, and callers wait for it.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as CallerTimeout
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from lectern.adapters.sparing import Sparing
from lectern.tutor.errors import ConceptsUnavailable

if TYPE_CHECKING:
    from neo4j import AsyncDriver, AsyncTransaction

T = TypeVar("T")
#: Runs statements in one transaction.
Work = Callable[["AsyncTransaction"], Awaitable[T]]

#: Longest wait of a caller who reads: connecting, asking, and a second try of what a dead connection lost.
READ_SECONDS = 1.5
#: Longest wait for one batch of writing.
WRITE_SECONDS = 30.0
_CONNECT_SECONDS = 1.0
#: A connection that was used this recently is not asked whether it lives.
_TRUSTED_SECONDS = 1.0
#: Idle connections are closed by the server or a firewall between; younger ones are taken again.
_CONNECTION_LIFE_SECONDS = 600.0
_CONNECTIONS = 32
#: How much longer than the loop the caller waits, so that it is the loop that tells what happened.
_MARGIN_SECONDS = 0.4


class Neo4jServer:
    """Connects at the first call, and anew in a forked child. A call that reads ends within `read_seconds`."""

    def __init__(self, uri: str, user: str, password: str, *, read_seconds: float = READ_SECONDS) -> None:
        self._uri, self._auth, self._read_seconds = uri, (user, password), read_seconds
        #: Host and port, for messages.
        self.place = urlsplit(uri).netloc.rpartition("@")[2]
        self._sparing: Sparing | None = None
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._driver: AsyncDriver | None = None

    def read(self, work: "Work[T]", seconds: float | None = None) -> T:
        """Return what `work` reads; tried a second time where a connection was lost. Raises `ConceptsUnavailable`."""
        return self._call(work, seconds or self._read_seconds, writes=False)

    def write(self, work: "Work[T]", seconds: float = WRITE_SECONDS) -> T:
        """Return what `work` returns, committed. It may be run twice, so it must come to the same."""
        return self._call(work, seconds, writes=True)

    def check(self) -> str:
        """Return the server's name and version. Raises `ConceptsUnavailable`, also while it is spared."""

        async def ask(tx: "AsyncTransaction") -> str:
            result = await tx.run("RETURN 1")
            return str((await result.consume()).server.agent)

        return self.read(ask)

    def close(self) -> None:
        """Close connections and end the thread; the next call begins anew."""
        with self._lock:
            loop, thread, driver = self._loop, self._thread, self._driver
            self._loop = self._thread = self._driver = self._sparing = None
        if loop is None or thread is None or self._pid != os.getpid():
            return
        if driver:
            closing = asyncio.run_coroutine_threadsafe(_within(driver.close(), 1.0), loop)
            try:
                closing.result(2.0)
            except Exception:  # it is to be gone, whatever becomes of its connections
                closing.cancel()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(2.0)
        if not thread.is_alive():
            loop.close()

    def _call(self, work: "Work[T]", seconds: float, *, writes: bool) -> T:
        # Imported late, and by who waits: the driver takes a part of a second to load.
        from lectern.adapters.neo4j.errors import mapped

        loop, sparing = self._started()
        with sparing.call(), mapped(self.place):
            future = asyncio.run_coroutine_threadsafe(
                _within(self._transact(work, seconds, writes), seconds), loop
            )
            try:
                return future.result(seconds + _MARGIN_SECONDS)
            except CallerTimeout:
                future.cancel()
                raise
        raise AssertionError("unreachable")

    async def _transact(self, work: "Work[T]", seconds: float, writes: bool) -> T:
        from neo4j.exceptions import ServiceUnavailable, SessionExpired, TransientError

        try:
            return await self._once(work, seconds, writes)
        except (ServiceUnavailable, SessionExpired, TransientError):
            return await self._once(work, seconds, writes)

    async def _once(self, work: "Work[T]", seconds: float, writes: bool) -> T:
        driver = self._driver or self._opened()
        async with (
            driver.session(default_access_mode="WRITE" if writes else "READ") as session,
            await session.begin_transaction(timeout=seconds) as transaction,
        ):
            found = await work(transaction)
            await transaction.commit()
            return found

    def _opened(self) -> "AsyncDriver":
        """Return the driver, made on the loop's thread: there is one, so that no lock is needed."""
        from neo4j import AsyncGraphDatabase

        self._driver = AsyncGraphDatabase.driver(
            self._uri,
            auth=self._auth,
            connection_timeout=min(_CONNECT_SECONDS, self._read_seconds),
            connection_acquisition_timeout=self._read_seconds,
            connection_write_timeout=WRITE_SECONDS,
            max_connection_lifetime=_CONNECTION_LIFE_SECONDS,
            max_connection_pool_size=_CONNECTIONS,
            liveness_check_timeout=_TRUSTED_SECONDS,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
            user_agent="lectern",
        )
        return self._driver

    def _started(self) -> tuple[asyncio.AbstractEventLoop, Sparing]:
        with self._lock:
            if self._loop is None or self._sparing is None or self._pid != os.getpid():
                self._pid, self._driver = os.getpid(), None
                self._loop = asyncio.new_event_loop()
                self._sparing = Sparing(ConceptsUnavailable, what=f"Neo4j at {self.place}")
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="lectern-neo4j", daemon=True
                )
                self._thread.start()
                atexit.register(self.close)
            return self._loop, self._sparing


async def _within(call: Awaitable[T], seconds: float) -> T:
    async with asyncio.timeout(seconds):
        return await call


async def rows(transaction: "AsyncTransaction", statement: str, **parameters: Any) -> list[dict[str, Any]]:
    """Return what a statement finds."""
    result = await transaction.run(statement, parameters)
    return [dict(record) async for record in result]
