from typing import Any

import pytest

from lectern.tutor.answering.reading_replies import (
    draft_of,
    hint_of,
    query_of,
    question_of,
    question_type_of,
)


@pytest.mark.parametrize(
    "reply",
    [{}, {"sentences": None}, {"sentences": [None, 3, {}, {"text": ""}, {"text": 4}]}, {"sentences": [{"text": "x" * 9999}]}],
)  # fmt: skip
def test_what_has_no_sentences_is_an_empty_draft(reply: dict[str, Any]) -> None:
    assert draft_of(reply, ["p"]).sentences == []


def test_sentences_that_are_given_outweigh_the_word_that_there_are_none() -> None:
    reply = {"answerable": False, "sentences": [{"text": "A.", "passages": ["p"]}]}
    assert draft_of(reply, ["p"]).answerable
    assert not draft_of({"answerable": False, "sentences": []}, ["p"]).answerable


def test_a_draft_is_cut_to_what_can_be_checked_in_time() -> None:
    reply = {"sentences": [{"text": str(n), "passages": []} for n in range(99)]}
    assert len(draft_of(reply, []).sentences) == 8


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param("2", ["b"], id="number"),
        pytest.param(2, ["b"], id="as a number"),
        pytest.param("[2]", ["b"], id="in brackets"),
        pytest.param("Passage 2", ["b"], id="with its word"),
        pytest.param("3", [], id="of no passage"),
        pytest.param("0", [], id="none"),
        pytest.param("b", [], id="id"),
        pytest.param(None, [], id="nothing"),
    ],
)
def test_a_citation_is_the_number_of_a_passage_that_was_shown(told: object, expected: list[str]) -> None:
    sentence = {"text": "A.", "passages": [told]}
    assert draft_of({"sentences": [sentence]}, ["a", "b"]).sentences == [("A.", expected)]
    assert hint_of({"idea": "A.", "passages": [told]}, ["a", "b"])[1] == expected


@pytest.mark.parametrize("told", ["off_topic", "nonsense", None, 3])
def test_a_model_does_not_tell_that_a_question_is_off_topic(told: object) -> None:
    assert question_type_of({"question_type": told}) is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param("When was Zorblax named?", True, id="filled in"),
        pytest.param("Which exam is cancelled?", False, id="another subject"),
        pytest.param("When was Zorblax named in Rome?", False, id="something added"),
        pytest.param("", False, id="nothing"),
        pytest.param(7, False, id="no text"),
    ],
)
def test_a_condensed_question_is_made_of_the_conversation(told: object, expected: bool) -> None:
    question = question_of({"question": told}, "when was it named?", ["What is Zorblax?"])
    assert bool(question) is expected


def test_a_question_without_a_subject_takes_it_from_the_conversation() -> None:
    assert question_of({"question": "Why is Zorblax old?"}, "why?", ["Zorblax is old."])


def test_an_earlier_question_over_again_is_no_reading_of_this_one() -> None:
    before, now = "how to print something", "print two things on one line"
    told = [f"Student: {before}\nCourse: Use print()."]
    assert question_of({"question": "How to print something"}, now, told, [before]) == ""
    assert question_of({"question": "Print two things on one line"}, now, told, [before])
    assert question_of({"question": before}, "how to print something?", told, [before]) == before


def test_a_wording_that_is_endless_is_none() -> None:
    assert query_of({"query": "x" * 501}) == ""
    assert query_of({"query": " loops "}) == "loops"
