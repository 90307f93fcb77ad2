"""Questions whose course is deleted or ingested anew while they wait or are answered, and the date of what they cite."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.sql.models import DocumentRow
from lectern.engine.domain.queues import Queues
from lectern.entrypoints.here import finish_here, worker_here
from lectern.entrypoints.http.responses import AnswerBody
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from tests.web_house import WebHouse

OLD = "The Zorblax operator always returns the value seven."
NEW = "The Zorblax operator always returns the value nine."
TEA = "Tea is a drink that people brew from dried leaves at four."


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebHouse:
    house = WebHouse(monkeypatch, var_dir=tmp_path / "var")
    folder = tmp_path / "material"
    folder.mkdir()
    (folder / "z.md").write_text(f"# The Zorblax operator\n\n{OLD}\n")
    (folder / "tea.md").write_text(f"# Tea\n\n{TEA}\n")
    job = house.lectern.curator.ingest("ops", "Operators", [folder])
    with worker_here(Queues.EMBEDDINGS) as worker:
        for batch in house.lectern.tutor.batches(job):
            finish_here(batch, worker)
    return house


def _ask(house: WebHouse, question: str = "What does the Zorblax operator return?") -> Any:
    asked = {"student_id": "anna", "question": question, "context": {"course_id": "ops"}}
    return house.lectern.engine.get(house.http.post("/api/ai/ask-async/", json=asked).json()["task_id"])


def _answered(house: WebHouse, run: Any) -> dict[str, Any]:
    with worker_here(Queues.LANGGRAPH) as worker:
        finish_here(run, worker)
    body: dict[str, Any] = house.http.get(f"/api/ai/tasks/{run.id}/status/").json()
    return body


def _between_search_and_answer(
    monkeypatch: pytest.MonkeyPatch, do: Callable[[int], None], times: int = 1
) -> None:
    """Have `do` called with the course's key when a search has its hits, before anything is made of them."""
    real, left = FtsPassageIndex.search_keywords, [times]

    def search(self: FtsPassageIndex, course_key: int, *arguments: Any) -> Any:
        hits = real(self, course_key, *arguments)
        if left[0]:
            left[0] -= 1
            do(course_key)
        return hits

    monkeypatch.setattr(FtsPassageIndex, "search_keywords", search)


def _put(house: WebHouse, course_key: int, text: str) -> None:
    using = house.lectern.tutor.indexing
    passage = Passage(
        id=passage_id("z.md", text, 0), document="z.md", title="The Zorblax operator", ordinal=0, text=text,
        kind=PassageKind.BODY, heading_path=(), anchor="", start=0, end=len(text),
    )  # fmt: skip
    vector = np.asarray(using.embeddings.embed_query(text), np.float32)
    using.index.store_vectors(using.model, {passage.text_sha: vector})
    using.index.replace_documents(course_key, using.model, {"z.md": [passage]})


def test_a_question_that_waits_when_its_course_is_deleted_is_told_so(house: WebHouse) -> None:
    run = _ask(house)
    house.lectern.curator.remove("ops")
    body = _answered(house, run)
    assert body["status"] == "FAILURE"
    assert body["error"] == "The course 'ops' was deleted before this question was answered."


@pytest.mark.parametrize(
    "question", ["What does the Zorblax operator return?", "Who painted the Sistine chapel?"]
)
@pytest.mark.parametrize("made_anew", [False, True])
def test_a_question_whose_course_is_deleted_in_the_middle_is_told_so(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch, question: str, made_anew: bool
) -> None:
    def delete(_key: int) -> None:
        house.lectern.curator.remove("ops")
        if made_anew:
            house.course("ops")

    run = _ask(house, question)
    _between_search_and_answer(monkeypatch, delete)
    body = _answered(house, run)
    assert (body["status"], "result" in body) == ("FAILURE", False)
    assert body["error"] == "The course 'ops' was deleted while this question was answered."


def test_a_course_that_changes_in_the_middle_is_answered_from_what_it_says_now(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _ask(house)
    _between_search_and_answer(monkeypatch, lambda key: _put(house, key, NEW))
    body = _answered(house, run)
    assert body["status"] == "SUCCESS"
    assert [source["quote"] for source in body["result"]["sources"]] == [NEW]
    assert "seven" not in body["result"]["answer"]


def test_a_course_that_keeps_changing_is_not_cited_with_what_is_gone(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = iter([NEW, OLD])
    run = _ask(house)
    _between_search_and_answer(monkeypatch, lambda key: _put(house, key, next(texts)), times=2)
    body = _answered(house, run)
    assert (body["status"], body["result"]["declined"]) == ("SUCCESS", True)
    assert body["result"]["sources"] == []


def test_another_document_that_changes_in_the_middle_costs_no_second_search(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []
    run = _ask(house)
    _between_search_and_answer(monkeypatch, searched.append, times=9)
    house.lectern.tutor.indexing.index.remove_document(house.lectern.tutor.course_for("ops").key, "tea.md")
    assert _answered(house, run)["result"]["sources"][0]["quote"] == OLD
    assert len(searched) == 1


def test_an_answer_tells_the_day_of_its_oldest_document_and_a_refusal_that_of_the_latest_change(
    house: WebHouse,
) -> None:
    DocumentRow.objects.filter(name="z.md").update(indexed_at=datetime(2026, 11, 20, 23, 59, tzinfo=UTC))
    DocumentRow.objects.filter(name="tea.md").update(indexed_at=datetime(2026, 11, 22, tzinfo=UTC))
    result = _answered(house, _ask(house))["result"]
    AnswerBody.model_validate(result)
    assert result["material_date"] == "2026-11-20"
    assert [source["updated_at"] for source in result["sources"]] == ["2026-11-20T23:59:00+00:00"]
    declined = _answered(house, _ask(house, "Who painted the Sistine chapel?"))["result"]
    assert (declined["declined"], declined["material_date"]) == (True, "2026-11-22")
    assert _answered(house, _ask(house, "Hello!"))["result"]["material_date"] is None


def test_the_date_moves_only_with_the_document(house: WebHouse, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(days=9)
    DocumentRow.objects.update(indexed_at=before)
    folder = tmp_path / "material"
    (folder / "tea.md").write_text("# Tea\n\nTea is cold now.\n")
    tutor = house.lectern.tutor
    job = house.lectern.curator.ingest("ops", "Operators", [folder])
    with worker_here(Queues.EMBEDDINGS) as worker:
        for batch in tutor.batches(job):
            finish_here(batch, worker)
    dates = {document.name: document.indexed_at for document in tutor.documents(tutor.course_for("ops"))}
    assert dates["z.md"] == before
    assert dates["tea.md"] > before


def test_a_document_of_unknown_date_has_none(house: WebHouse) -> None:
    DocumentRow.objects.all().delete()
    result = _answered(house, _ask(house))["result"]
    AnswerBody.model_validate(result)
    assert (result["material_date"], result["sources"][0]["updated_at"]) == (None, None)
