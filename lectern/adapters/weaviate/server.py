"""A Weaviate server: each call takes a bounded time, those of a question together too, and a server that is away is spared.

The client tries again by itself, for half a minute. Its asynchronous half can be cancelled: so it lives on a loop in a
thread of its own, and callers wait for it.
"""

import asyncio
import atexit
import logging
import os
import ssl
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import SplitResult, urlsplit

from lectern.adapters.on_loop import closed, waited
from lectern.adapters.sparing import Sparing
from lectern.tutor.errors import IndexAway, IndexUnavailable
from lectern.tutor.retrieval.patience import patiently

if TYPE_CHECKING:
    from grpc import ChannelCredentials
    from weaviate import WeaviateAsyncClient

T = TypeVar("T")

#: What one call does with the client.
Work = Callable[["WeaviateAsyncClient"], Awaitable[T]]

#: Longest wait of a caller who reads.
READ_SECONDS = 1.5
#: Longest wait for one batch of writing.
WRITE_SECONDS = 30.0
_GRPC_PORT = 50051
#: A collection that nobody has: it tells of it who answers.
_NONE = "LecternNone"
#: How much longer than the loop the caller waits, so that it is the loop that tells what happened.
_MARGIN_SECONDS = 0.3
#: Who has less time left makes no call: that it was late would be told of the server, to all others.
_FAIR_SECONDS = 0.3
#: One failure is enough: a question makes several calls, and others than the server can answer them. What fails of one
#: course or request alone does not count.
_FAILURES = 1
#: A connection is tried anew this soon, and not after two minutes: it is `Sparing` that spares the server.
_RECONNECT_MS = 1000


class WeaviateServer:
    """Connects at the first call, and anew in a forked child. A call that reads ends within `read_seconds`."""

    def __init__(
        self, url: str, api_key: str = "", *, grpc_url: str = "", read_seconds: float = READ_SECONDS
    ) -> None:
        self._http, self._key = urlsplit(url), api_key
        self._grpc = urlsplit(grpc_url or f"{self._http.scheme}://{_host(self._http)}:{_GRPC_PORT}")
        #: Who has the time for a server that has just begun may raise it.
        self.read_seconds = read_seconds
        #: Host and port, for messages.
        self.place = self._http.netloc
        self._sparing: Sparing | None = None
        self._lock = threading.Lock()
        self._pid = 0
        self._client: WeaviateAsyncClient | None = None
        #: Held on the loop by who connects: those who come at once wait for one client.
        self._opening = asyncio.Lock()

    def read(self, work: "Work[T]", seconds: float | None = None) -> T:
        """Return what `work` reads. Raises `IndexUnavailable`."""
        return self._call(work, seconds or self.read_seconds)

    def write(self, work: "Work[T]", seconds: float = WRITE_SECONDS) -> T:
        """Return what `work` returns. The client may send what it writes twice, so it must come to the same."""
        return self._call(work, seconds)

    def check(self) -> str:
        """Return the server's name and version. Raises `IndexUnavailable`, also while it is spared.

        Each of its two ports may take `read_seconds`: which of them does not answer is to be told.
        """
        from lectern.adapters.weaviate.errors import grpc_away, mapped

        async def ask(client: "WeaviateAsyncClient") -> str:
            from weaviate.exceptions import WeaviateQueryError

            async with asyncio.timeout(self.read_seconds):
                version = str((await client.get_meta())["version"])
            try:  # the other port, where questions go
                with mapped(self.place, grpc_away(self._grpc.netloc)):
                    async with asyncio.timeout(self.read_seconds):
                        await client.collections.use(_NONE).query.fetch_objects(limit=1)
            except IndexUnavailable as exc:
                if not isinstance(exc.__cause__, WeaviateQueryError) or _NONE not in str(exc.__cause__):
                    raise
            return f"Weaviate {version}"

        return self._call(ask, 2 * self.read_seconds + _MARGIN_SECONDS)

    def load(self) -> None:
        """Load the client, which takes a second, and connect to nothing."""
        import_module("lectern.adapters.weaviate.errors")

    def close(self) -> None:
        """Close connections; the next call begins anew."""
        with self._lock:
            client, self._client, self._sparing = self._client, None, None
        if client is None or self._pid != os.getpid():
            return
        closed(_closed(client), _loop())

    def _call(self, work: "Work[T]", seconds: float) -> T:
        # Imported late, and by who waits: the client takes a second to load.
        from lectern.adapters.weaviate.errors import mapped

        with patiently(seconds) as left:
            sparing = self._spared()
            if left < min(seconds, _FAIR_SECONDS):
                late = IndexAway(
                    f"Weaviate at {self.place} was waited for long enough by one question or document.",
                    hint="Ask again; where that lasts, the server is late.",
                )
                # Told, and no reason to spare it: it may be these calls that were many.
                sparing.absence.missed(late)
                raise late
            with sparing.call(), mapped(self.place):
                return waited(self._within(work, left), _loop(), left + _MARGIN_SECONDS)
        raise AssertionError("unreachable")

    async def _within(self, work: "Work[T]", seconds: float) -> T:
        async with asyncio.timeout(seconds):
            async with self._opening:
                client = self._client or await self._opened()
            return await work(client)

    async def _opened(self) -> "WeaviateAsyncClient":
        """Return a new client; one that does not connect is closed, or it would keep what it has opened."""
        import weaviate  # which sets a level that tells each of its tries, five lines long
        from weaviate.classes.init import AdditionalConfig, Auth, Proxies, Timeout
        from weaviate.config import GrpcConfig

        logging.getLogger("weaviate-client").setLevel(logging.WARNING)
        is_tls = self._http.scheme == "https"
        client = weaviate.use_async_with_custom(
            http_host=_host(self._http),
            http_port=self._http.port or (443 if is_tls else 80),
            http_secure=is_tls,
            grpc_host=_host(self._grpc),
            grpc_port=self._grpc.port or _GRPC_PORT,
            grpc_secure=self._grpc.scheme == "https",
            auth_credentials=Auth.api_key(self._key) if self._key else None,
            additional_config=AdditionalConfig(
                timeout=Timeout(query=WRITE_SECONDS, insert=WRITE_SECONDS, init=self.read_seconds),
                # With TLS the environment names who is trusted. Of proxies it tells the client nothing.
                trust_env=is_tls,
                proxies=Proxies(),
                grpc_config=GrpcConfig(
                    credentials=_trusted() if self._grpc.scheme == "https" else None,
                    channel_options=[
                        ("grpc.initial_reconnect_backoff_ms", _RECONNECT_MS),
                        ("grpc.max_reconnect_backoff_ms", _RECONNECT_MS),
                    ],
                ),
            ),
            skip_init_checks=True,  # they ask PyPI for the newest client
        )
        try:
            await client.connect()
        except BaseException:
            closing = asyncio.ensure_future(_closed(client))
            _closings.add(closing)
            closing.add_done_callback(_closings.discard)
            raise
        self._client = client
        return client

    def _spared(self) -> Sparing:
        with self._lock:
            if self._sparing is None or self._pid != os.getpid():
                self._pid, self._client, self._opening = os.getpid(), None, asyncio.Lock()
                atexit.register(self.close)
                self._sparing = Sparing(IndexAway, what=f"Weaviate at {self.place}", failures=_FAILURES)
            return self._sparing


#: Under way; a loop alone would forget them.
_closings: set["asyncio.Future[None]"] = set()
_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}


def _loop() -> asyncio.AbstractEventLoop:
    """Return this process's loop for all servers: where gRPC has met two, calls on one of them may never end."""
    with _lock:
        if os.getpid() not in _loops:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="lectern-weaviate", daemon=True).start()
        return _loops[os.getpid()]


def _host(parts: SplitResult) -> str:
    return parts.hostname or ""


def _trusted() -> "ChannelCredentials | None":
    """Return whom gRPC trusts: the file of SSL_CERT_FILE, else the system's; None for the client's own where neither is."""
    from grpc import ssl_channel_credentials

    file = ssl.get_default_verify_paths().cafile
    return ssl_channel_credentials(root_certificates=Path(file).read_bytes()) if file else None


async def _closed(client: "WeaviateAsyncClient") -> None:
    async with asyncio.timeout(1.0):
        await client.close()
