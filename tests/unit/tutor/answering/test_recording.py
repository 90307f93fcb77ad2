"""What is kept of an answered question, and which questions are counted together."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from lectern.tutor.answering.recording import LONGEST_ALIKE, alike, answer_id, recorded, section_of
from lectern.tutor.domain.gap import EndedQuestion, answer_markdown
from lectern.tutor.ingest.parsers.markdown import parse

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is a for loop?", "what's a FOR loop", True),
        ("How do loops work?", "how does a loop work?", True),
        ("sort a list", "How can I sort lists?", True),
        ("What is a loop?", "What is a list?", False),
        ("Is 3 = 4?", "Is 3 == 4?", True),  # words before signs
        ("= or ==", "+ or -", False),
        ("???", "!!!", False),
    ],
)
def test_questions_that_ask_the_same_words_are_alike(one: str, other: str, same: bool) -> None:
    assert (alike(one) == alike(other)) is same


def test_what_makes_questions_alike_is_bounded_and_never_empty() -> None:
    for text in ("x " * 2000, " ".join(f"word{n}" for n in range(700)), "?", "你好吗"):
        assert 0 < len(alike(text)) <= LONGEST_ALIKE


def _source(*headings: str, page: int | None = None, document: str = "a.md") -> dict[str, Any]:
    return {
        "title": "Loops",
        "document": document,
        "location": {"heading_path": list(headings), "page": page},
    }


@pytest.mark.parametrize(
    ("result", "section"),
    [
        pytest.param({"sources": [_source("For"), _source("While")]}, "Loops › For", id="first source"),
        pytest.param(
            {"sources": [], "nearest": ["Loops › For, page 3", "Lists"]}, "Loops › For", id="nearest"
        ),
        pytest.param(
            {"sources": [_source("For", page=3)]}, "Loops › For", id="a heading is more than a page"
        ),
        pytest.param(
            {"sources": [_source(page=3, document="a.pptx")]}, "Loops, slide 3", id="without headings"
        ),
        pytest.param({"nearest": ["Loops, slide 3"]}, "Loops, slide 3", id="the same of a refusal"),
        pytest.param({"sources": [], "nearest": []}, "", id="nothing near"),
        pytest.param({}, "", id="an older version"),
    ],
)
def test_the_section_of_a_result(result: dict[str, Any], section: str) -> None:
    assert section_of(result) == section


def test_a_result_of_an_older_version_is_recorded_as_far_as_it_goes() -> None:
    ended = EndedQuestion(
        run_id=uuid4(), course_id="c", question="What is a loop?", result={"answer": "x", "confidence": 0.4},
        asked_at=NOW, answered_at=NOW,
    )  # fmt: skip
    kept = recorded(ended)
    assert (kept.confidence, kept.features, kept.mode, kept.composed, kept.asks) == (
        0.4,
        {},
        "answer",
        False,
        True,
    )


def test_a_greeting_asks_nothing() -> None:
    ended = EndedQuestion(
        run_id=uuid4(), course_id="c", question="hello!", result={}, asked_at=NOW, answered_at=NOW
    )
    assert not recorded(ended).asks


def test_the_id_of_an_answer_can_be_read_and_is_one_for_questions_that_are_alike() -> None:
    first, second = answer_id("How do loops work?"), answer_id("how does a loop work")
    assert first.startswith("how-do-loops-work-")
    assert first.rpartition("-")[2] == second.rpartition("-")[2]


@pytest.mark.parametrize(
    "question",
    ["What does __init__ do?", "# what is `x`?", "Is a < b & c?", "*why* [this](x)", "<b>bold</b> 1. \\n"],
)
def test_a_question_stands_in_its_document_as_it_was_asked(question: str) -> None:
    document = parse(answer_markdown(question, "Because it does.").encode(), "a.md")
    assert document.title == "Answered by the teacher"
    (block,) = document.blocks
    assert block.text == "Because it does."
    assert " ".join(block.heading_path) == question
