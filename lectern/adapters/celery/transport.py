"""kombu's transport for Redis and Valkey, with channels that close also when the server is gone.

`config/celery.py` names it in kombu's table of transports. A worker that loses its broker closes its channels, and kombu
puts back what they hold and nobody acknowledged. Without a server that fails halfway: channels stay open that have no
connection, and what they raise when they are closed again ends the worker. What is not put back comes back by itself: a
run from its row, any other message after the broker's visibility timeout.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis
from redis.exceptions import RedisError

from lectern.base.log import logger

log = logger(__name__)


class QoS(redis.QoS):
    """What a channel has delivered and nobody acknowledged yet."""

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """Put all of it back when the channel closes; without a server it is only forgotten."""
        try:
            super().restore_unacked_once(stderr)  # type: ignore[no-untyped-call]  # kombu is half typed
        except (*self.channel.connection_errors, RedisError) as exc:
            log.warning("restore", messages=len(self._delivered), error=str(exc))
            self._delivered.clear()


class Channel(redis.Channel):
    """Closes at the first call, so that the channels after it are closed too, as long as there is a connection."""

    QoS = QoS

    _caller: Any = None

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Yield the client that is given, or the channel's own: kombu makes one for each call, and it costs more."""
        if not client:
            pool = self.pool  # another one after a fork
            if self._caller is None or self._caller.connection_pool is not pool:
                self._caller = self._create_client()  # type: ignore[no-untyped-call]  # kombu is half typed
            client = self._caller
        yield client

    def close(self) -> None:
        """Close, with or without a server."""
        try:
            super().close()  # type: ignore[no-untyped-call]  # kombu is half typed
        except self.connection_errors:  # a reply that never comes, or a queue that nobody can delete any more
            self.auto_delete_queues.clear()
            super().close()  # type: ignore[no-untyped-call]  # kombu is half typed


class Transport(redis.Transport):
    """For `redis://`, `rediss://` and `redis+socket://`."""

    Channel = Channel
