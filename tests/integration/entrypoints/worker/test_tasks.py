"""Celery's doors: what `delay` takes, what its result does, and what a worker does with a delivery."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery.exceptions import Ignore, TaskRevokedError
from django.db import transaction

from lectern.engine.domain.run import RunStatus
from lectern.engine.errors import RunFailed
from lectern.entrypoints.http.errors import InvalidRequest
from lectern.entrypoints.worker import control, lifecycle, tasks
from lectern.entrypoints.worker.tasks import process_langgraph_question
from tests.waiting import until
from tests.web_house import ASKED, WebHouse


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> WebHouse:
    house = WebHouse(monkeypatch)
    house.course()
    return house


def test_delay_submits_a_run_and_wakes_the_dispatch(house: WebHouse) -> None:
    result = process_langgraph_question.delay(**ASKED)
    assert house.lectern.engine.get(result._run_id).status is RunStatus.QUEUED
    assert house.pokes.count == 1


def test_within_a_transaction_nothing_is_dispatched_before_it_commits(house: WebHouse) -> None:
    with transaction.atomic():
        process_langgraph_question.delay(**ASKED)
        assert house.pokes.count == 0
    assert house.pokes.count == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"question": None}, "question", id="no question"),
        pytest.param({"question": " "}, "question", id="a blank question"),
        pytest.param({"student_id": 5}, "student_id", id="a number for a student"),
        pytest.param({"student_id": "s" * 500}, "student_id", id="a long student"),
        pytest.param({"context": ["python_101"]}, "context", id="a list for a context"),
        pytest.param({"thread_id": "a\0b"}, "thread_id", id="a NUL in a thread"),
    ],
)
def test_what_http_refuses_python_refuses_too(house: WebHouse, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest, match=field):
        process_langgraph_question.delay(**{**ASKED, **changes})
    assert house.lectern.engine.recent("anna", None, 5) == []


def test_revoking_a_result_cancels_its_run(house: WebHouse) -> None:
    result = process_langgraph_question.delay(**ASKED)
    result.revoke()
    with pytest.raises(TaskRevokedError):
        result.get(timeout=30)


def test_a_result_that_is_no_longer_kept_is_not_taken_for_an_empty_one(house: WebHouse) -> None:
    run = house.expired_run()
    result = house.lectern.result(run.id)
    assert result.get(timeout=30)["answer"]
    house.lectern.engine.retention.drop_results(house.settings.result_expires, 10)
    with pytest.raises(RunFailed, match="is gone"):
        result.get(timeout=30)


def test_a_delivery_that_comes_to_nothing_has_no_result(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def execute(run_id: UUID, queue: str) -> None:
        await asyncio.sleep(0)

    worker = SimpleNamespace(run=lambda run_id, queue: None, execute=execute)
    monkeypatch.setattr(tasks, "this_worker", lambda: worker)
    with pytest.raises(Ignore):
        process_langgraph_question.run(str(uuid4()))
    with pytest.raises(Ignore):
        asyncio.run(process_langgraph_question.coroutine(str(uuid4())))


def test_a_message_that_was_revoked_cancels_its_run_and_one_that_expired_does_not(house: WebHouse) -> None:
    revoked, kept = house.queued_run(thread_key="a"), house.queued_run(thread_key="b")
    lifecycle.cancel(request=SimpleNamespace(id=str(revoked.id)), expired=False)
    lifecycle.cancel(request=SimpleNamespace(id=str(kept.id)), expired=True)
    lifecycle.cancel(request=SimpleNamespace(id=str(uuid4())), expired=False)
    lifecycle.cancel(request=SimpleNamespace(id="forget-1"), expired=False)
    assert house.lectern.engine.get(revoked.id).status is RunStatus.CANCELLED
    assert house.lectern.engine.get(kept.id).status is RunStatus.QUEUED


@pytest.mark.parametrize(
    "command", [control.lectern_cancel, control.revoke], ids=["lectern_cancel", "revoke"]
)
def test_a_command_that_cancels_a_run_stops_it_where_it_is_executed_without_a_heartbeat(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch, command: Callable[[object, str], object]
) -> None:
    run, stopped = house.queued_run(), list[UUID]()
    monkeypatch.setattr(control, "worker_here", lambda: SimpleNamespace(cancel=stopped.append))
    monkeypatch.setattr(control, "_revoke", lambda *_args, **_named: None)
    command(None, str(run.id))
    until("it is stopped", lambda: stopped == [run.id])
