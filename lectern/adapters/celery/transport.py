"""kombu's transport for Redis and Valkey: channels close also when the server is gone, and runs are taken cheaply.

`config/celery.py` names it in kombu's table of transports. A worker that loses its broker closes its channels, and kombu
puts back what they hold and nobody acknowledged. Without a server that fails halfway: channels stay open that have no
connection, and what they raise when they are closed again ends the worker. What is not put back comes back by itself: a
run from its row, any other message after the broker's visibility timeout.

For the visibility timeout kombu keeps a copy of what a worker holds in the server: two round trips a message. The messages
of the tasks that the transport option `run_tasks` names are hints at rows and have no copy. All others have it.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis, virtual
from redis.exceptions import RedisError

from lectern.base.log import logger

log = logger(__name__)


class QoS(redis.QoS):
    """What a channel has delivered and nobody acknowledged yet: runs in memory alone, all else in the server too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # kombu is half typed
        #: Delivery tag -> message of a run.
        self._runs: dict[str, Any] = {}

    def append(self, message: Any, delivery_tag: str) -> None:
        """Hold a message that is being delivered."""
        if (message.headers or {}).get("task") in self.channel.run_tasks:
            virtual.QoS.append(self, message, delivery_tag)  # type: ignore[no-untyped-call]  # kombu is half typed
            self._runs[delivery_tag] = message
        else:
            super().append(message, delivery_tag)  # type: ignore[no-untyped-call]  # kombu is half typed

    def ack(self, delivery_tag: str) -> None:
        """Hold a message no longer; it may be called by any thread."""
        if self._runs.pop(delivery_tag, None):
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # kombu is half typed
        else:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu is half typed

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Hold a message no longer, and with `requeue` put it back behind those that wait."""
        if delivery_tag in self._runs and not requeue:
            self.ack(delivery_tag)
        else:
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]  # kombu is half typed

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:
        """Put a message back: before those that wait, or with `leftmost` behind them."""
        run = self._runs.get(tag)
        if run is None:
            super().restore_by_tag(tag, client, leftmost)  # type: ignore[no-untyped-call]  # kombu is half typed
            return
        origin = run.delivery_info
        with self.channel.conn_or_acquire(client) as client:
            self.channel._do_restore_message(
                run._raw, origin["exchange"], origin["routing_key"], client, leftmost
            )
        self._runs.pop(tag, None)

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """Put all of it back when the channel closes; without a server it is only forgotten."""
        try:
            super().restore_unacked_once(stderr)  # type: ignore[no-untyped-call]  # kombu is half typed
        except (*self.channel.connection_errors, RedisError) as exc:
            log.warning("restore", messages=len(self._delivered), error=str(exc))
            self._delivered.clear()
            self._runs.clear()


class Channel(redis.Channel):
    """Closes at the first call, so that the channels after it are closed too, as long as there is a connection."""

    QoS = QoS

    #: Names of the tasks whose messages are hints at rows.
    run_tasks: Collection[str] = ()
    from_transport_options = (*redis.Channel.from_transport_options, "run_tasks")  # type: ignore[assignment]  # one more

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
