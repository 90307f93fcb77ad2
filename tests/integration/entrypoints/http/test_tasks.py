"""GET and POST below /api/ai/tasks/."""

import pytest

from lectern.entrypoints.http.responses import Gone, ProblemBody, RecentTasks, TaskStatus
from tests.web_house import RESULT, WebHouse

STATES = {
    "queued": (200, "PENDING"),
    "claimed": (200, "PROCESSING"),
    "retrying": (200, "PROCESSING"),
    "finished": (200, "SUCCESS"),
    "failed": (200, "FAILURE"),
    "cancelled": (200, "REVOKED"),
}


@pytest.mark.parametrize(("state", "told"), STATES.items(), ids=STATES)
def test_the_status_of_a_run_is_told_from_its_row(house: WebHouse, state: str, told: tuple[int, str]) -> None:
    run = getattr(house, f"{state}_run")()
    answer = house.http.get(f"/api/ai/tasks/{run.id}/status/")
    assert (answer.status_code, answer.json()["status"]) == told
    assert answer.headers["cache-control"] == "no-store"
    body = TaskStatus.model_validate(answer.json())
    assert body.ready is run.ended
    assert answer.json().get("result") == (RESULT if state == "finished" else None)


def test_a_position_is_counted_from_those_in_front(house: WebHouse) -> None:
    runs = [house.queued_run(thread_key=f"t{number}") for number in range(3)]
    told = [house.http.get(f"/api/ai/tasks/{run.id}/status/").json()["info"]["position"] for run in runs]
    assert told == [1, 2, 3]


def test_an_expired_result_is_gone(house: WebHouse) -> None:
    answer = house.http.get(f"/api/ai/tasks/{house.expired_run().id}/status/")
    assert answer.status_code == 410
    Gone.model_validate(answer.json())


UNKNOWN = {
    "an id of nobody": "00000000-0000-4000-8000-000000000000",
    "a short id": "abc123-def456",
    "without dashes": "00000000000040008000000000000000",
    "in braces": "{00000000-0000-4000-8000-000000000000}",
    "a number": "1",
    "dots": "..%2f..",
    "a slash": "a%2Fb",
    "a NUL": "%00",
    "half a character": "%ED%A0%80",
    "a new line": "a%0Ab",
    "quotes": "'%22;--",
    "a question mark": "%3F",
    "very long": "a" * 5000,
    "Chinese": "什么",
}


@pytest.mark.parametrize("task_id", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_no_task_is_404_and_stops_a_client_that_polls(house: WebHouse, task_id: str) -> None:
    answer = house.http.get(f"/api/ai/tasks/{task_id}/status/")
    assert answer.status_code == 404
    assert answer.json()["ready"] is True
    assert answer.json()["code"] == "unknown_task"
    assert len(answer.content) < 1000
    ProblemBody.model_validate(answer.json())


def test_a_waiting_run_can_be_cancelled(house: WebHouse) -> None:
    run = house.queued_run()
    answer = house.http.post(f"/api/ai/tasks/{run.id}/cancel/")
    assert answer.status_code == 200
    assert answer.json()["status"] == "REVOKED"
    assert answer.json()["error"] == "Task was cancelled"
    assert house.lectern.engine.get(run.id).ended


def test_the_worker_of_a_cancelled_task_is_told_at_once_and_nobody_of_one_that_waited(
    house: WebHouse,
) -> None:
    running, waiting = house.claimed_run(), house.queued_run(thread_key="t2")
    for run in (running, waiting):
        house.http.post(f"/api/ai/tasks/{run.id}/cancel/")
    assert house.pokes.cancels == [running.id]
    assert house.pokes.queues == ["langgraph"] * 2, "a run of the same conversation may begin now"


def test_python_callers_cancel_by_the_same_way(house: WebHouse) -> None:
    from lectern.guide import cancel_task

    one, other = house.claimed_run(), house.claimed_run(thread_key="t2")
    assert cancel_task(str(one.id))["status"] == "REVOKED"
    house.lectern.result(other.id).revoke()
    assert house.lectern.engine.get(other.id).ended
    assert house.pokes.cancels == [one.id, other.id]


def test_cancelling_what_has_ended_changes_nothing(house: WebHouse) -> None:
    run = house.finished_run()
    answer = house.http.post(f"/api/ai/tasks/{run.id}/cancel/")
    assert answer.status_code == 200
    assert answer.json()["status"] == "SUCCESS"


def test_cancelling_what_is_not_there_is_404(house: WebHouse) -> None:
    assert house.http.post("/api/ai/tasks/nobody/cancel/").status_code == 404


def test_who_lost_the_id_finds_it_among_the_latest(house: WebHouse) -> None:
    old = house.expired_run(thread_key="a")
    new = house.queued_run(thread_key="b")
    house.queued_run(owner="ben")
    elsewhere = house.queued_run(tenant="algebra")
    answer = house.http.get("/api/ai/tasks/", params={"student_id": "anna", "course_id": "python_101"})
    tasks = RecentTasks.model_validate(answer.json()).tasks
    assert [(task.task_id, task.status, task.expired) for task in tasks] == [
        (str(new.id), "PENDING", False),
        (str(old.id), "SUCCESS", True),
    ]
    everywhere = house.http.get("/api/ai/tasks/", params={"student_id": "anna"}).json()["tasks"]
    assert everywhere[0]["task_id"] == str(elsewhere.id)
    one = house.http.get("/api/ai/tasks/", params={"student_id": "anna", "limit": 1}).json()["tasks"]
    assert len(one) == 1


WRONG = {
    "nobody": ("", "student_id"),
    "limit 0": ("student_id=a&limit=0", "limit"),
    "limit 101": ("student_id=a&limit=101", "limit"),
    "limit is a word": ("student_id=a&limit=x", "limit"),
    "huge limit": ("student_id=a&limit=" + "9" * 5000, "limit"),
    "NUL": ("student_id=%00", "student_id"),
    "long course": ("student_id=a&course_id=" + "a" * 101, "course_id"),
}


@pytest.mark.parametrize(("query", "field"), WRONG.values(), ids=WRONG)
def test_a_wrong_query_is_answered_with_its_field(house: WebHouse, query: str, field: str) -> None:
    answer = house.http.get(f"/api/ai/tasks/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_a_query_of_thousands_of_fields_is_refused(house: WebHouse) -> None:
    answer = house.http.get("/api/ai/tasks/?" + "&".join(["a=1"] * 2000))
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable"
