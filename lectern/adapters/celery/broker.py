"""Publishing to Celery's broker without ever waiting long for it, and copying results to its backend."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any
from uuid import UUID

from amqp.exceptions import AMQPError
from celery import Celery, states
from celery.backends.redis import RedisBackend
from celery.exceptions import TaskRevokedError
from celery.utils.nodenames import anon_nodename
from kombu.connection import Connection
from kombu.exceptions import BatchPublishError, KombuError, OperationalError
from kombu.messaging import Producer
from redis.exceptions import RedisError

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import BrokerUnavailable, RunFailed

#: The publisher's own connection gives up early: nobody waits for it, but a stuck round delays the next one.
TRANSPORT = {
    "socket_timeout": 1.0,
    "socket_connect_timeout": 1.0,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
#: The control command by which workers are told of a cancelled run.
CANCEL_COMMAND = "lectern_cancel"

_STATES = {
    RunStatus.SUCCEEDED: states.SUCCESS,
    RunStatus.FAILED: states.FAILURE,
    RunStatus.CANCELLED: states.REVOKED,
}


class CeleryBroker:
    """Implements `Broker` over a Celery app. `tasks` names the task that takes a queue's messages."""

    def __init__(self, app: Celery, tasks: Mapping[str, str]) -> None:
        self._app, self._tasks = app, tasks
        self._lock = Lock()
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._pid = 0

    def publish(self, queue: str, run_ids: Sequence[UUID]) -> None:
        """Send a message for each id: all in one round trip where the broker can, which Redis and Valkey do."""
        # What Celery's `send_task` does, without what it finds out anew for each message.
        app, task = self._app, self._tasks[queue]
        common = {
            "kwargs": {},
            "kwargsrepr": "{}",
            "origin": anon_nodename(),
            "reply_to": app.thread_oid,
            "create_sent_event": app.conf.task_send_sent_event,
            "ignore_result": True,
        }
        with self._lock, broker_call(self._forget_connection):
            producer = self._own_producer()
            declare = [app.amqp.queues[queue].bind(producer.channel)]
            with producer.batch():  # type: ignore[no-untyped-call]  # kombu is half typed
                for run_id in map(str, run_ids):
                    message = app.amqp.create_task_message(
                        run_id, task, args=[run_id], argsrepr=repr([run_id]), **common
                    )
                    app.amqp.send_task_message(
                        producer, task, message, queue=queue, declare=declare, retry=False
                    )

    def waiting(self, queue: str) -> int:
        """Count the messages that no worker has taken."""
        with self._lock, broker_call(self._forget_connection):
            return waiting_messages(self._own_connection(), queue)

    def announce_cancel(self, run_id: UUID) -> None:
        """Send the control command `lectern_cancel` to all workers, and wait for no reply."""
        # Celery's own `broadcast` tries again for as long as the broker is away.
        mailbox = self._app.control.mailbox
        command = {"method": CANCEL_COMMAND, "arguments": {"run_id": str(run_id)}, "destination": None}
        with self._lock, broker_call(self._forget_connection):
            self._own_producer().publish(  # type: ignore[no-untyped-call]  # kombu is half typed
                command,
                exchange=mailbox.exchange.name,
                declare=[mailbox.exchange],
                serializer=mailbox.serializer,
                headers={"clock": mailbox.clock.forward(), "expires": 0},
                retry=False,
            )

    def copy_results(self, runs: Sequence[Run]) -> None:
        """Store outcomes of ended runs in the result backend, for clients that ask Celery instead of the API."""
        backend = self._app.backend
        with broker_call():
            if isinstance(backend, RedisBackend):
                _store_at_once(backend, runs)
                return
            for run in runs:
                backend.store_result(str(run.id), _outcome(run), _STATES[run.status])

    def _own_connection(self) -> Connection:
        if self._connection is None or self._pid != os.getpid():
            self._connection = self._app.connection_for_write(transport_options=TRANSPORT, connect_timeout=1)
            self._pid = os.getpid()
        return self._connection

    def _own_producer(self) -> Producer:
        connection = self._own_connection()
        if self._producer is None or self._producer.connection is not connection:
            self._producer = self._app.amqp.Producer(connection)
        return self._producer

    def _forget_connection(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection:
            connection.release()  # type: ignore[no-untyped-call]  # kombu is half typed


@contextmanager
def broker_call(on_error: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Map what Celery, kombu and the driver raise when the broker is away; `on_error` is called before."""
    try:
        yield
    except (OperationalError, KombuError, RedisError, AMQPError, OSError) as exc:
        on_error()
        hint = "Runs wait in SQL meanwhile; check CELERY_BROKER_URL and that the broker is up."
        why = exc.__cause__ if isinstance(exc, BatchPublishError) else exc
        raise BrokerUnavailable(f"The broker does not answer: {str(why).rstrip('.')}.", hint=hint) from exc


#: Bytes of results that are sent at once: with a time limit of a second on each round trip, very large ones go alone.
_BYTES_AT_ONCE = 1_000_000


def _store_at_once(backend: RedisBackend, runs: Sequence[Run]) -> None:
    """Do what `store_result` does, for many results in one round trip: one by one each takes two, and a millisecond."""
    with backend.client.pipeline(transaction=False) as pipe:
        waiting = 0
        for run in runs:
            key, value = backend.get_key_for_task(str(run.id)), _encoded(backend, run)
            if waiting and waiting + len(value) > _BYTES_AT_ONCE:
                pipe.execute()
                waiting = 0
            pipe.set(key, value, ex=backend.expires or None)
            pipe.publish(key, value)
            waiting += 2 * len(value)
        pipe.execute()


def _encoded(backend: RedisBackend, run: Run) -> str:
    state = _STATES[run.status]
    outcome = backend.encode_result(_outcome(run), state)
    meta = backend._get_result_meta(outcome, state, traceback=None, request=None)
    return str(backend.encode({**meta, "task_id": str(run.id)}))


def waiting_messages(connection: Connection, queue: str) -> int:
    """Count the messages of a queue that no worker has taken."""
    try:
        count: int = connection.default_channel.queue_declare(queue, passive=True).message_count  # type: ignore[no-untyped-call]  # kombu is half typed
    except connection.channel_errors:  # never declared: nobody has used it yet
        return 0
    return count


def _outcome(run: Run) -> Any:
    if run.status is RunStatus.SUCCEEDED:
        return run.result
    return TaskRevokedError(run.error) if run.status is RunStatus.CANCELLED else RunFailed(run.error)
