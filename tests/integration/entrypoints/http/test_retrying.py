"""POST /api/ai/tasks/<task_id>/retry/: ask again."""

from uuid import uuid4

import pytest

from lectern.adapters.sql.models import TurnRow
from lectern.engine.domain.run import Run
from lectern.engine.forgetting import forget
from lectern.entrypoints.http.responses import ProblemBody, RecentTasks, TaskStatus
from tests.web_house import WebHouse


def _url(run: Run) -> str:
    return f"/api/ai/tasks/{run.id}/retry/"


@pytest.mark.parametrize("state", ["finished", "failed", "cancelled"])
def test_an_ended_task_is_asked_again_as_a_new_one_of_its_conversation(house: WebHouse, state: str) -> None:
    old = getattr(house, f"{state}_run")()
    answer = house.http.post(_url(old))
    assert answer.status_code == 202
    body = TaskStatus.model_validate(answer.json())
    assert (body.status, body.thread_id, body.retry_of) == ("PENDING", old.thread_key, str(old.id))
    assert body.task_id != str(old.id)
    assert house.pokes.count == 1
    new = house.http.get(f"/api/ai/tasks/{body.task_id}/status/").json()
    assert new["retry_of"] == str(old.id)
    listed = house.http.get("/api/ai/tasks/", params={"student_id": "anna"}).json()
    first, second = RecentTasks.model_validate(listed).tasks
    assert (first.task_id, first.retry_of, first.question) == (body.task_id, str(old.id), "What is Python?")
    assert "retry_of" not in second.model_dump(exclude_unset=True)


def test_a_second_click_makes_no_second_task_and_the_new_one_can_be_asked_again(house: WebHouse) -> None:
    old = house.failed_run()
    first, second = (house.http.post(_url(old)).json()["task_id"] for _ in range(2))
    assert first == second
    house.http.post(f"/api/ai/tasks/{first}/cancel/")
    again = house.http.post(_url(old))
    assert (again.status_code, again.json()["status"]) == (200, "REVOKED")
    third = house.http.post(f"/api/ai/tasks/{first}/retry/").json()
    assert third["retry_of"] == first


@pytest.mark.parametrize("state", ["queued", "claimed", "retrying"])
def test_a_task_that_has_not_ended_is_refused_with_a_sentence(house: WebHouse, state: str) -> None:
    answer = house.http.post(_url(getattr(house, f"{state}_run")()))
    assert answer.status_code == 409
    assert ProblemBody.model_validate(answer.json()).code == "not_ended"
    assert "has not ended yet" in answer.json()["error"]


def test_what_is_no_task_is_404(house: WebHouse) -> None:
    for task_id in (str(uuid4()), "nobody"):
        assert house.http.post(f"/api/ai/tasks/{task_id}/retry/").status_code == 404


def test_a_part_of_an_order_is_refused_with_what_to_do(house: WebHouse) -> None:
    answer = house.http.post(_url(house.failed_run(group_id=uuid4())))
    assert answer.status_code == 409
    assert "Give the material again." in answer.json()["error"]


def test_an_expired_task_is_asked_again_from_its_conversation_and_gone_without_one(house: WebHouse) -> None:
    engine = house.lectern.engine
    kept, gone = house.expired_run(), house.expired_run(thread_key="t2")
    forget(engine.retention, lambda ids: None, engine.options)
    assert engine.get(kept.id).input == {}
    TurnRow.objects.filter(run_id=gone.id).delete()
    answer = house.http.post(_url(kept))
    assert answer.status_code == 202
    assert engine.recent("anna", None, 1)[0].input["question"] == "What is Python?"
    refused = house.http.post(_url(gone))
    assert refused.status_code == 410
    assert "is no longer known" in ProblemBody.model_validate(refused.json()).error
