"""Our transport over a real Valkey: channels close without their server, and lose no message while it is there."""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings
from kombu import Connection, Consumer, Queue

import config.celery  # noqa: F401  # it names the transport to kombu
from lectern.adapters.celery.transport import Transport
from tests.playground import Playground

FIRST, SECOND, IDLE = Queue("first"), Queue("second"), Queue("idle")
RUN, OTHER = "a.run", "another.task"
both_kinds = pytest.mark.parametrize("task", [RUN, OTHER])


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    place = Playground(tmp_path_factory.mktemp("p"))
    yield place
    place.end()


@pytest.fixture
def connection(place: Playground) -> Iterator[Connection]:
    place.valkey()
    options = {"run_tasks": [RUN]}
    with Connection(place.environment["CELERY_BROKER_URL"], transport_options=options) as connection:
        yield connection


@pytest.mark.parametrize("url", ["redis://h/0", "rediss://h/0", "redis+socket:///s?virtual_host=0"])
def test_every_address_of_a_redis_leads_to_this_transport(url: str) -> None:
    assert Connection(url).get_transport_cls() is Transport


@both_kinds
def test_a_connection_that_holds_messages_closes_all_channels_when_its_server_is_gone(
    place: Playground, connection: Connection, task: str
) -> None:
    first, second = _hold_two(connection, task)
    channels = list(connection.transport.channels)
    place.processes[0].kill()
    place.processes[0].wait(30)
    connection.collect()  # as Celery does: no channel has heard yet that there is no server
    connection.close()
    assert [channel.closed for channel in channels] == [True] * 3
    for message in (first, second):  # a task that ends later
        message.ack_log_error(logging.getLogger(__name__), connection.connection_errors)


@both_kinds
@pytest.mark.parametrize("late", ["ack", "requeue"])
def test_messages_of_a_closed_channel_come_back_once(connection: Connection, late: str, task: str) -> None:
    for message in _hold_two(connection, task):
        message.channel.close()
        getattr(message, late)()
    assert _waiting(connection) == [1, 1]


@both_kinds
@pytest.mark.parametrize("how", ["ack", "reject", "requeue"])
def test_a_message_that_is_done_with_does_not_come_back_and_one_that_is_put_back_comes_once(
    connection: Connection, how: str, task: str
) -> None:
    for message in _hold_two(connection, task):
        message.channel.basic_cancel(next(iter(message.channel._consumers)))
        getattr(message, how)()
        message.channel.basic_recover(requeue=True)
        message.channel.close()
    assert _waiting(connection) == ([1, 1] if how == "requeue" else [0, 0])


def test_a_run_that_came_back_is_marked_as_delivered_again(connection: Connection) -> None:
    for message in _hold_two(connection, RUN):
        message.channel.close()
    channel = connection.channel()
    again = [channel.basic_get(queue.name) for queue in (FIRST, SECOND)]
    assert [message.payload for message in again] == ["message"] * 2
    assert [message.delivery_info["redelivered"] for message in again] == [True] * 2


@pytest.mark.parametrize(("task", "copies"), [(RUN, 0), (OTHER, 2)])
def test_only_other_messages_than_runs_have_a_copy_in_the_server_while_they_are_held(
    connection: Connection, task: str, copies: int
) -> None:
    first, second = _hold_two(connection, task)
    with connection.default_channel.conn_or_acquire() as client:
        assert [client.hlen("unacked"), client.zcard("unacked_index")] == [copies] * 2
        first.ack()
        second.reject()
        assert client.exists("unacked", "unacked_index") == 0


@both_kinds
def test_a_message_takes_a_place_in_the_window_until_it_is_acknowledged(
    connection: Connection, task: str
) -> None:
    held: list[Any] = []
    connection.default_channel.basic_qos(prefetch_count=1)
    Consumer(connection, [FIRST], callbacks=[lambda _body, message: held.append(message)]).consume()
    for _ in range(2):
        connection.Producer().publish("message", routing_key=FIRST.name, headers={"task": task})
    connection.drain_events(timeout=30)
    assert not connection.default_channel.qos.can_consume()
    held[0].ack()
    connection.drain_events(timeout=30)
    assert len(held) == 2


def test_a_frozen_broker_holds_a_channel_for_seconds_and_messages_come_when_it_goes_on(
    place: Playground,
) -> None:
    valkey, options = place.valkey(), settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["socket_timeout"] > Transport.brpop_timeout  # for that long an idle server says nothing
    with Connection(place.environment["CELERY_BROKER_URL"], transport_options=options) as connection:
        held: list[Any] = []
        Consumer(connection, [FIRST], callbacks=[lambda _body, message: held.append(message)]).consume()
        with suppress(TimeoutError):
            connection.drain_events(timeout=0.1)  # it waits for messages
        os.kill(valkey.pid, signal.SIGSTOP)
        with pytest.raises(connection.connection_errors, match="Timeout"):
            connection.default_channel._size(FIRST.name)
        os.kill(valkey.pid, signal.SIGCONT)
        connection.Producer().publish("message", routing_key=FIRST.name)
        while not held:
            connection.drain_events(timeout=30)


def test_a_channel_has_one_client_and_another_after_a_fork(connection: Connection) -> None:
    def client() -> Any:
        with connection.default_channel.conn_or_acquire() as client:
            return client

    first = client()
    assert client() is first
    connection.default_channel._after_fork()
    assert client() is not first
    assert client().ping()


def _waiting(connection: Connection) -> list[int]:
    with connection.channel() as channel:
        return [channel._size(queue.name) for queue in (FIRST, SECOND)]


def _hold_two(connection: Connection, task: str) -> list[Any]:
    """Return messages that two channels received and did not acknowledge; these and a third wait for more."""
    held: list[Any] = []
    for queue in (FIRST, IDLE, SECOND):
        channel = connection.default_channel if queue is FIRST else connection.channel()
        Consumer(channel, [queue], callbacks=[lambda _body, message: held.append(message)]).consume()
    for queue in (FIRST, SECOND):
        connection.Producer().publish("message", routing_key=queue.name, headers={"task": task})
    while len(held) < 2:
        connection.drain_events(timeout=30)
    with suppress(TimeoutError):
        connection.drain_events(timeout=0.1)
    return held
