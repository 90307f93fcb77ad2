"""A Neo4j server: each call takes a bounded time, and a server that does not answer is spared.

The driver has no limit of its own for a server that takes a connection and then says nothing. Its asynchronous half can be
left to go on, or cancelled, which ends the connection too: so it lives on a loop in a thread of its own, and callers wait for it.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from lectern.adapters.on_loop import closed, waited
from lectern.adapters.sparing import Sparing
from lectern.tutor.errors import ConceptsUnavailable

if TYPE_CHECKING:
    from neo4j import AsyncDriver, AsyncSession, AsyncTransaction

T = TypeVar("T")


class Run(Protocol):
    """Runs a statement with parameters, and returns what it finds."""

    def __call__(self, statement: str, /, **parameters: Any) -> Awaitable[list[dict[str, Any]]]:
        """Return its records."""


#: What one call does: some statements.
Work = Callable[[Run], Awaitable[T]]

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
#: For how long a statement goes on for which nobody waits any more, and how many of them at once.
_GOING_ON_SECONDS, _GOING = 60.0, 4
#: How much longer than the loop the caller waits, so that it is the loop that tells what happened.
_MARGIN_SECONDS = 0.4


class Neo4jServer:
    """Connects at the first call, and anew in a forked child. A call that reads ends within `read_seconds`."""

    def __init__(self, uri: str, user: str, password: str, *, read_seconds: float = READ_SECONDS) -> None:
        self._uri, self._auth = uri, (user, password)
        #: Who has the time for a server that has just begun may raise it, before the first call.
        self.read_seconds = read_seconds
        #: Host and port, for messages.
        self.place = urlsplit(uri).netloc.rpartition("@")[2]
        self._sparing: Sparing | None = None
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._driver: AsyncDriver | None = None
        #: Calls that nobody waits for any more.
        self._going: set[asyncio.Future[Any]] = set()

    def read(self, work: "Work[T]", seconds: float | None = None) -> T:
        """Return what `work` reads; tried a second time where a connection was lost. Raises `ConceptsUnavailable`.

        Each statement is a transaction: Neo4j takes no snapshot, so that one around them all would promise nothing.
        """
        reading = _GOING_ON_SECONDS if self._may_go_on else seconds or self.read_seconds
        return self._call(lambda session: work(_reading(session, reading)), seconds or self.read_seconds)

    def write(self, work: "Work[T]", seconds: float = WRITE_SECONDS) -> T:
        """Return what `work` returns, committed as one. It may be run twice, so it must come to the same."""

        async def transact(session: "AsyncSession") -> T:
            async with await session.begin_transaction(timeout=seconds) as transaction:
                found = await work(_writing(transaction))
                await transaction.commit()
                return found

        return self._call(transact, seconds, mode="WRITE")

    def check(self) -> str:
        """Return the server's name and version. Raises `ConceptsUnavailable`, also while it is spared."""

        agents = list[str]()

        async def ask(session: "AsyncSession") -> None:
            result = await session.run("RETURN 1")
            agents.append(str((await result.consume()).server.agent))

        self._call(ask, self.read_seconds)
        return agents[-1]

    def load(self) -> None:
        """Load the driver, which takes a part of a second, and connect to nothing."""
        import_module("lectern.adapters.neo4j.errors")

    def close(self) -> None:
        """Close connections and end the thread; the next call begins anew."""
        with self._lock:
            loop, thread, driver = self._loop, self._thread, self._driver
            self._loop = self._thread = self._driver = self._sparing = None
        if loop is None or thread is None or self._pid != os.getpid():
            return
        for task in list(self._going):
            loop.call_soon_threadsafe(task.cancel)
        if driver:
            closed(_within(driver.close(), 1.0), loop)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(2.0)
        if not thread.is_alive():
            loop.close()

    def _call(self, ask: "Callable[[AsyncSession], Awaitable[T]]", seconds: float, mode: str = "READ") -> T:
        # Imported late, and by who waits: the driver takes a part of a second to load.
        from lectern.adapters.neo4j.errors import mapped

        loop, sparing = self._started()
        with sparing.call(), mapped(self.place):
            asking = self._twice(ask, mode)
            call = self._going_on(asking, seconds) if mode == "READ" else _within(asking, seconds)
            return waited(call, loop, seconds + _MARGIN_SECONDS)
        raise AssertionError("unreachable")

    @property
    def _may_go_on(self) -> bool:
        return len(self._going) < _GOING

    async def _going_on(self, call: Awaitable[T], seconds: float) -> T:
        """Return what `call` returns within `seconds`; later than that it goes on with nobody who waits, for a minute.

        A server that has just begun plans a statement for longer than anybody waits, and one that is broken off leaves no
        plan: it would be late for ever.
        """
        task = asyncio.ensure_future(call)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(task)
        except TimeoutError:
            if not self._may_go_on:
                task.cancel()
            self._going.add(task)
            task.add_done_callback(self._gone)
            asyncio.get_running_loop().call_later(_GOING_ON_SECONDS, task.cancel)
            raise

    def _gone(self, task: "asyncio.Future[Any]") -> None:
        self._going.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, or asyncio complains of it: the caller was told that it was late

    async def _twice(self, ask: "Callable[[AsyncSession], Awaitable[T]]", mode: str) -> T:
        """Ask, and once more where that may help: a connection was lost, or two writers were in each other's way."""
        from neo4j.exceptions import ServiceUnavailable, SessionExpired, TransientError

        driver = self._driver or self._opened()
        try:
            async with driver.session(default_access_mode=mode) as session:
                return await ask(session)
        except (ServiceUnavailable, SessionExpired, TransientError):
            async with driver.session(default_access_mode=mode) as session:
                return await ask(session)

    def _opened(self) -> "AsyncDriver":
        """Return the driver, made on the loop's thread: there is one, so that no lock is needed."""
        from neo4j import AsyncGraphDatabase

        self._driver = AsyncGraphDatabase.driver(
            self._uri,
            auth=self._auth,
            connection_timeout=min(_CONNECT_SECONDS, self.read_seconds),
            connection_acquisition_timeout=self.read_seconds,
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
                self._pid, self._driver, self._going = os.getpid(), None, set()
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


def _reading(session: "AsyncSession", seconds: float) -> Run:
    from neo4j import Query

    async def run(statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        result = await session.run(Query(statement, timeout=seconds), parameters)
        return [dict(record) async for record in result]

    return run


def _writing(transaction: "AsyncTransaction") -> Run:
    async def run(statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        result = await transaction.run(statement, parameters)
        return [dict(record) async for record in result]

    return run
