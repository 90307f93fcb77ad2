"""Stories of hints through the whole graph, without a language model and with one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.tutor.graph.build import build_graph
from lectern.tutor.graph.context import TutorContext
from tests.model_server import ModelServer, Script, model_server
from tests.tutor_house import MODEL, OPERATORS, ModelTutor, WordEmbeddings, filled

QUESTION = "What does the Zorblax operator return?"
Z, L = OPERATORS[0].id, OPERATORS[2].id
SOLUTION = ("seven", "value")


@pytest.fixture
def index(tmp_path: Path) -> FtsPassageIndex:
    index = FtsPassageIndex(tmp_path / "passages.sqlite3")
    filled(index, 1, OPERATORS)
    return index


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


def _ask(index: FtsPassageIndex, question: str) -> dict[str, Any]:
    context = TutorContext(index=index, embeddings=WordEmbeddings(), model="toy", confidence=MODEL)
    course = {"id": "c1", "key": 1, "title": "Operators", "answer_from_exercises": False}
    asked: Any = {"question": question, "course": course, "history": [], "mode": "hint"}
    result: dict[str, Any] = build_graph().compile().invoke(asked, context=context)["result"]
    return result


def _shown(result: dict[str, Any]) -> str:
    """All that a client gets of the answer."""
    return json.dumps([result["answer"], [source["quote"] for source in result["sources"]]])


def test_a_hint_names_the_section_and_tells_no_solution(index: FtsPassageIndex) -> None:
    result = _ask(index, QUESTION)
    assert (result["mode"], result["declined"]) == ("hint", False)
    assert "The Zorblax operator" in result["answer"]
    assert not any(word in _shown(result) for word in SOLUTION)
    assert result["confidence"] > 0.5


def test_the_quotes_of_a_hint_stand_where_their_sources_say(index: FtsPassageIndex) -> None:
    for source in _ask(index, QUESTION)["sources"]:
        text = next(one.text for one in OPERATORS if one.id == source["passage_id"])
        assert source["quote"]
        assert text[source["start"] - 10 : source["end"] - 10] == source["quote"]


def test_a_hint_on_code_shows_none(index: FtsPassageIndex) -> None:
    shown = _shown(_ask(index, "how do i write a loop"))
    assert "```" not in shown
    assert "print" not in shown


def test_a_refusal_is_the_same_for_who_asked_for_a_hint(index: FtsPassageIndex) -> None:
    result = _ask(index, "Which loop operator serves mitochondria?")
    assert (result["declined"], result["mode"], result["sources"]) == (True, "hint", [])


def _with_model(index: FtsPassageIndex, server: ModelServer, **wrote: Any) -> dict[str, Any]:
    server.scripts = [Script(value={"idea": "", "passages": [], "question": "", **wrote})]
    return ModelTutor(index, server).ask(QUESTION, mode="hint")


def test_a_models_idea_and_question_are_taken_where_they_tell_nothing(
    index: FtsPassageIndex, server: ModelServer
) -> None:
    idea = "A loop repeats a block of code."
    result = _with_model(
        index, server, idea=idea, passages=[L], question="What does the course say of the operator?"
    )
    assert f"{idea} [2] What does the course say of the operator?" in result["answer"]
    assert (result["llm"]["wrote"], result["llm"]["calls"], result["llm"]["prompts"]) == (
        True,
        1,
        {"hint": 2},
    )
    assert not any(word in _shown(result) for word in SOLUTION)


TELLING = {
    "the idea is the solution": {
        "idea": "In this course the Zorblax operator always returns the value seven.",
        "passages": [Z],
    },
    "the question holds the solution": {
        "question": "Does the Zorblax operator always return the value seven?"
    },
    "the idea stands in no passage": {"idea": "The Zorblax operator was stolen from Rome.", "passages": [Z]},
    "code": {"question": "Does zorblax(7) return the operator?"},
    "another form": {"idea": 7, "passages": "z", "question": ["x"]},
}


@pytest.mark.parametrize("wrote", TELLING.values(), ids=TELLING)
def test_what_a_model_tells_or_makes_up_reaches_no_student(
    index: FtsPassageIndex, server: ModelServer, wrote: dict[str, Any]
) -> None:
    result = _with_model(index, server, **wrote)
    shown = _shown(result)
    assert not any(word in shown for word in (*SOLUTION, "Rome", "zorblax(7)"))
    assert (result["mode"], result["llm"]["wrote"]) == ("hint", False)
    assert "The Zorblax operator" in result["answer"]


def test_without_the_model_the_rules_write_the_hint(index: FtsPassageIndex, server: ModelServer) -> None:
    server.scripts = [Script(status=401)]
    result = ModelTutor(index, server).ask(QUESTION, mode="hint")
    assert (result["mode"], result["degraded"]) == ("hint", ["llm"])
    assert not any(word in _shown(result) for word in SOLUTION)
