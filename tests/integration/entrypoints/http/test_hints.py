"""`context.mode` of a question, and the mode of its course."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lectern.engine.domain.queues import Queues
from lectern.entrypoints.here import finish_here, worker_here
from lectern.entrypoints.http.responses import AnswerBody
from lectern.tutor.domain.answer import Mode
from tests.web_house import COURSE, WebHouse, lend_models

QUESTION = "What does the Zorblax operator return?"
LESSON = (
    "# The Zorblax operator\n\nThe Zorblax operator was named by its inventor in 1600. Many programs need it daily.\n\n"
    "In this course the Zorblax operator always returns the value seven.\n"
)


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebHouse:
    lend_models(tmp_path)
    house = WebHouse(monkeypatch, var_dir=tmp_path)
    folder = tmp_path / "material"
    folder.mkdir()
    (folder / "z.md").write_text(LESSON)
    job = house.lectern.curator.ingest(COURSE, "Operators", [folder])
    with worker_here(Queues.EMBEDDINGS) as worker:
        for batch in house.lectern.tutor.batches(job):
            finish_here(batch, worker)
    return house


def _ask(house: WebHouse, **context: Any) -> AnswerBody:
    asked = {"student_id": "anna", "question": QUESTION, "context": {"course_id": COURSE, **context}}
    run = house.lectern.engine.get(UUID(house.http.post("/api/ai/ask-async/", json=asked).json()["task_id"]))
    with worker_here(Queues.LANGGRAPH) as worker:
        finish_here(run, worker)
    body = house.http.get(f"/api/ai/tasks/{run.id}/status/").json()
    return AnswerBody.model_validate(body["result"])


@pytest.mark.parametrize(
    ("course", "asked", "got"),
    [
        pytest.param("answer", {}, "answer", id="nothing said"),
        pytest.param("answer", {"mode": "hint"}, "hint", id="a student wants a hint"),
        pytest.param("answer", {"mode": "answer"}, "answer", id="a student wants an answer"),
        pytest.param("hint", {}, "hint", id="the course gives hints"),
        pytest.param("hint", {"mode": "answer"}, "hint", id="no student overrides it"),
    ],
)
def test_a_course_gives_hints_or_who_asks_for_one_gets_it(
    house: WebHouse, course: str, asked: dict[str, str], got: str
) -> None:
    house.lectern.curator.set_mode(COURSE, Mode(course))
    assert house.http.get(f"/api/ai/courses/{COURSE}/").json()["mode"] == course
    result = _ask(house, **asked)
    assert result.mode == got
    assert ("seven" in result.answer) is (got == "answer")
    assert result.features["top_score"] > 0


@pytest.mark.parametrize("mode", ["HINT", "both", "", 5, ["hint"]])
def test_an_unknown_mode_is_refused_by_its_name(house: WebHouse, mode: Any) -> None:
    asked = {"student_id": "anna", "question": QUESTION, "context": {"course_id": COURSE, "mode": mode}}
    answer = house.http.post("/api/ai/ask-async/", json=asked)
    assert answer.status_code == 400
    assert answer.json()["fields"] == {"context.mode": "must be 'answer' or 'hint'"}
