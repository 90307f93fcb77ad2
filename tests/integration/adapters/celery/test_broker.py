"""The broker port over a real Valkey that is there, away, frozen, or has lost everything."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import MISSING, fields
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from celery import Celery
from celery.exceptions import TaskRevokedError

from lectern.adapters.celery.broker import CeleryBroker
from lectern.adapters.celery.inspecting import inspect_cluster
from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.errors import BrokerUnavailable
from tests.playground import Playground

#: More than a call takes when the broker does not answer, which is its time-out of one second: without that it hangs.
PATIENCE = 20.0


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    place = Playground(tmp_path_factory.mktemp("p"))
    yield place
    place.end()


@pytest.fixture
def broker(place: Playground) -> CeleryBroker:
    app = Celery("test", broker=place.environment["CELERY_BROKER_URL"], set_as_current=False)
    app.conf.task_queues = {"langgraph": {}}
    return CeleryBroker(app, {"langgraph": "a.task"})


def _messages(broker: CeleryBroker) -> int:
    (row,) = inspect_cluster(broker._app, ["langgraph"], timeout=0.1)["queues"]
    return int(row["messages"])


def _raw_messages(place: Playground) -> list[Any]:
    """What lies in the queue, the first to be taken first."""
    lines: Any = redis.Redis.from_url(place.broker.url).lrange("langgraph", 0, -1)
    return [json.loads(line) for line in reversed(lines)]


def ended_run(status: RunStatus, **values: Any) -> Run:
    """A run of which only its end is told."""
    empty = {field.name: None for field in fields(Run) if field.default is MISSING}
    return Run(**{**empty, "id": uuid4(), "status": status, **values})


def test_a_message_is_published_for_each_run(place: Playground, broker: CeleryBroker) -> None:
    place.valkey()
    broker.publish("langgraph", [uuid4(), uuid4()])
    assert _messages(broker) == 2


def test_a_message_is_the_one_that_celerys_send_task_makes(place: Playground, broker: CeleryBroker) -> None:
    place.valkey()
    run_id, app = str(uuid4()), broker._app
    app.send_task("a.task", args=[run_id], task_id=run_id, queue="langgraph", ignore_result=True)
    broker.publish("langgraph", [UUID(run_id)])
    theirs, ours = _raw_messages(place)
    assert theirs["properties"].pop("delivery_tag") != ours["properties"].pop("delivery_tag")
    assert ours == theirs


def test_a_round_of_messages_keeps_its_order_and_takes_few_round_trips(
    place: Playground, broker: CeleryBroker
) -> None:
    place.valkey()
    client, run_ids = redis.Redis.from_url(place.broker.url), [uuid4() for _ in range(200)]
    broker.publish("langgraph", [])
    reads = client.info("stats")["total_reads_processed"]
    broker.publish("langgraph", run_ids)
    assert client.info("stats")["total_reads_processed"] - reads < len(run_ids) / 2
    assert [message["headers"]["id"] for message in _raw_messages(place)] == [
        str(run_id) for run_id in run_ids
    ]


def test_a_broker_without_batches_gets_the_messages_one_by_one_in_order() -> None:
    app = Celery("test", broker="memory://", set_as_current=False)
    app.conf.update(task_queues={"langgraph": {}}, task_send_sent_event=True)
    run_ids = [uuid4() for _ in range(3)]
    broker = CeleryBroker(app, {"langgraph": "a.task"})
    broker.publish("langgraph", run_ids)
    channel = broker._own_connection().default_channel
    messages = [channel.basic_get("langgraph") for _ in run_ids]
    assert [message.headers["id"] for message in messages] == [str(run_id) for run_id in run_ids]


def test_promise_6_a_result_backend_that_is_away_keeps_no_message_back(
    place: Playground, broker: CeleryBroker
) -> None:
    place.valkey()
    broker._app.conf.result_backend = f"redis+socket://{place.var}/nobody"
    broker.publish("langgraph", [uuid4()])
    assert _messages(broker) == 1


def test_all_workers_hear_of_a_cancelled_run(place: Playground, broker: CeleryBroker) -> None:
    place.valkey()
    heard: list[Any] = []
    with broker._app.connection_for_read() as connection, ExitStack() as stack:
        for name in ("one@here", "two@here"):
            node = broker._app.control.mailbox.Node(name, channel=connection.channel())
            node.handlers["lectern_cancel"] = lambda state, run_id, name=name: heard.append((name, run_id))
            stack.enter_context(node.listen())
        with suppress(TimeoutError):
            connection.drain_events(timeout=0.1)  # it subscribes here
        run_id = uuid4()
        broker.announce_cancel(run_id)
        while len(heard) < 2:
            connection.drain_events(timeout=PATIENCE)
    assert sorted(heard) == [("one@here", str(run_id)), ("two@here", str(run_id))]


def test_a_cancel_is_announced_in_bounded_time_also_to_nobody(
    place: Playground, broker: CeleryBroker
) -> None:
    with pytest.raises(BrokerUnavailable):
        broker.announce_cancel(uuid4())
    valkey = place.valkey()
    broker.announce_cancel(uuid4())
    os.kill(valkey.pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        broker.announce_cancel(uuid4())
    assert time.monotonic() - began < PATIENCE
    os.kill(valkey.pid, signal.SIGCONT)


def test_a_broker_that_is_away_is_an_error_that_says_where_runs_wait(broker: CeleryBroker) -> None:
    with pytest.raises(BrokerUnavailable, match="Runs wait in SQL"):
        broker.publish("langgraph", [uuid4()])


def test_promise_6_a_broker_that_is_away_is_tried_twice_a_round(
    broker: CeleryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    def refuse(_transport: object) -> None:
        nonlocal tries
        tries += 1
        raise ConnectionRefusedError("nobody listens")

    transport: Any = broker._own_connection().transport
    monkeypatch.setattr(type(transport), "establish_connection", refuse)
    with pytest.raises(BrokerUnavailable, match="nobody listens"):
        broker.publish("langgraph", [uuid4()])
    assert tries == 2


def test_promise_6_a_channel_that_broke_is_not_used_again() -> None:
    """Those of Redis connect anew by themselves, those of AMQP stay broken."""
    app = Celery("test", broker="memory://", set_as_current=False)
    app.conf.task_queues = {"langgraph": {}}
    broker = CeleryBroker(app, {"langgraph": "a.task"})

    def put(*_: object, **__: object) -> None:
        raise ConnectionResetError("broken")

    broker._own_producer().channel._put = put
    with pytest.raises(BrokerUnavailable, match="broken"):
        broker.publish("langgraph", [uuid4()])
    run_id = uuid4()
    broker.publish("langgraph", [run_id])
    assert broker._own_connection().default_channel.basic_get("langgraph").headers["id"] == str(run_id)


def test_a_frozen_broker_holds_nobody(place: Playground, broker: CeleryBroker) -> None:
    valkey = place.valkey()
    broker.publish("langgraph", [uuid4()])
    os.kill(valkey.pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        broker.publish("langgraph", [uuid4()])
    assert time.monotonic() - began < PATIENCE
    os.kill(valkey.pid, signal.SIGCONT)
    broker.publish("langgraph", [uuid4()])


def test_publishing_goes_on_after_a_restart_and_after_a_loss(place: Playground, broker: CeleryBroker) -> None:
    place.valkey()
    broker.publish("langgraph", [uuid4()])
    place.end()
    with pytest.raises(BrokerUnavailable):
        broker.publish("langgraph", [uuid4()])
    place.valkey()
    broker.publish("langgraph", [uuid4()])
    assert _messages(broker) == 1


def test_a_flushed_broker_takes_messages_again(place: Playground, broker: CeleryBroker) -> None:
    place.valkey()
    broker.publish("langgraph", [uuid4()])
    place.flush_broker()
    for _ in range(2):  # the first may find the queue's binding gone, and says so
        try:
            broker.publish("langgraph", [uuid4()])
        except BrokerUnavailable:
            continue
        break
    assert _messages(broker) == 1


def test_a_copied_outcome_is_what_celerys_own_clients_read(place: Playground) -> None:
    place.valkey()
    url = place.environment["CELERY_BROKER_URL"]
    app = Celery("test", broker=url, backend=url, set_as_current=False)
    app.conf.result_expires = 100
    succeeded, failed, cancelled = (
        ended_run(RunStatus.SUCCEEDED, result={"answer": "A language."}),
        ended_run(RunStatus.FAILED, error="The model is away."),
        ended_run(RunStatus.CANCELLED, error="Task was cancelled"),
    )
    broker = CeleryBroker(app, {"langgraph": "a.task"})
    broker.copy_results([succeeded, failed, cancelled])
    results = [app.AsyncResult(str(run.id)) for run in (succeeded, failed, cancelled)]
    assert [result.state for result in results] == ["SUCCESS", "FAILURE", "REVOKED"]
    assert results[0].get(timeout=30) == {"answer": "A language."}
    with pytest.raises(Exception, match="The model is away"):
        results[1].get(timeout=30)
    with pytest.raises(TaskRevokedError):
        results[2].get(timeout=30)
    assert 0 < app.backend.client.ttl(app.backend.get_key_for_task(str(succeeded.id))) <= 100
