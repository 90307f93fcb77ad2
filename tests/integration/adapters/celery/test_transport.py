"""Our transport over a real Valkey: channels close without their server, and lose no message while it is there."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from kombu import Connection, Consumer, Queue

import config.celery  # noqa: F401  # it names the transport to kombu
from lectern.adapters.celery.transport import Transport
from tests.playground import Playground

TASKS, OTHERS = Queue("tasks"), Queue("others")


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


def test_a_connection_that_holds_messages_closes_when_its_server_is_gone(
    place: Playground, connection: Connection
) -> None:
    message = _hold_one(connection)
    place.processes[0].kill()
    place.processes[0].wait(5)
    connection.collect()  # as Celery does: both channels wait for messages, neither has heard that there is no server
    connection.close()
    message.ack()


@pytest.mark.parametrize("late", ["ack", "reject", "requeue"])
def test_messages_of_a_closed_channel_come_back_once(connection: Connection, late: str) -> None:
    message = _hold_one(connection)
    connection.close()
    getattr(message, late)()
    assert connection.default_channel._size(TASKS.name) == 1


def _hold_one(connection: Connection) -> Any:
    """Return a message that was received and not acknowledged; two channels wait for more."""
    connection.Producer().publish("message", routing_key=TASKS.name, declare=[TASKS])
    held: list[Any] = []
    for queue in (TASKS, OTHERS):
        channel = connection.default_channel if queue is TASKS else connection.channel()
        Consumer(channel, [queue], callbacks=[lambda _body, message: held.append(message)]).consume()
    while not held:
        connection.drain_events(timeout=5)
    with suppress(TimeoutError):
        connection.drain_events(timeout=0.1)
    return held[0]
