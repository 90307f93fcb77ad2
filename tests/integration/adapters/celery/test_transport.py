"""Our transport over a real Valkey: channels close without their server, and lose no message while it is there."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from kombu import Connection, Consumer, Queue

import config.celery  # noqa: F401  # it names the transport to kombu
from lectern.adapters.celery.transport import Transport
from tests.playground import Playground

FIRST, SECOND, IDLE = Queue("first"), Queue("second"), Queue("idle")


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    place = Playground(tmp_path_factory.mktemp("p"))
    yield place
    place.end()


@pytest.fixture
def connection(place: Playground) -> Iterator[Connection]:
    place.valkey()
    with Connection(place.environment["CELERY_BROKER_URL"]) as connection:
        yield connection


@pytest.mark.parametrize("url", ["redis://h/0", "rediss://h/0", "redis+socket:///s?virtual_host=0"])
def test_every_address_of_a_redis_leads_to_this_transport(url: str) -> None:
    assert Connection(url).get_transport_cls() is Transport


def test_a_connection_that_holds_messages_closes_all_channels_when_its_server_is_gone(
    place: Playground, connection: Connection
) -> None:
    first, second = _hold_two(connection)
    channels = list(connection.transport.channels)
    place.processes[0].kill()
    place.processes[0].wait(5)
    connection.collect()  # as Celery does: no channel has heard yet that there is no server
    connection.close()
    assert [channel.closed for channel in channels] == [True] * 3
    for message in (first, second):  # a task that ends later
        message.ack_log_error(logging.getLogger(__name__), connection.connection_errors)


@pytest.mark.parametrize("late", ["ack", "requeue"])
def test_messages_of_a_closed_channel_come_back_once(connection: Connection, late: str) -> None:
    for message in _hold_two(connection):
        message.channel.close()
        getattr(message, late)()
    assert [connection.default_channel._size(queue.name) for queue in (FIRST, SECOND)] == [1, 1]


def test_a_channel_has_one_client_and_another_after_a_fork(connection: Connection) -> None:
    def client() -> Any:
        with connection.default_channel.conn_or_acquire() as client:
            return client

    first = client()
    assert client() is first
    connection.default_channel._after_fork()
    assert client() is not first
    assert client().ping()


def _hold_two(connection: Connection) -> list[Any]:
    """Return messages that two channels received and did not acknowledge; these and a third wait for more."""
    held: list[Any] = []
    for queue in (FIRST, IDLE, SECOND):
        channel = connection.default_channel if queue is FIRST else connection.channel()
        Consumer(channel, [queue], callbacks=[lambda _body, message: held.append(message)]).consume()
    for queue in (FIRST, SECOND):
        connection.Producer().publish("message", routing_key=queue.name)
    while len(held) < 2:
        connection.drain_events(timeout=5)
    with suppress(TimeoutError):
        connection.drain_events(timeout=0.1)
    return held
