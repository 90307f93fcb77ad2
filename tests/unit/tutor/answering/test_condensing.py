from typing import Any

import pytest

from lectern.tutor.answering.condensing import MOST_PARTS, condense, parts_of


def turn(question: str, *headings: str, title: str = "") -> dict[str, Any]:
    sources = [{"title": title, "location": {"heading_path": list(headings)}}] if headings or title else []
    return {"question": question, "answer": "…", "sources": sources}


ZORBLAX = turn("What does the Zorblax operator return?", title="The Zorblax operator")
FOR_LOOP = turn("for loop example", "What a for loop is")


@pytest.mark.parametrize(
    ("question", "before", "query"),
    [
        ("When was it named?", ZORBLAX, "When was Zorblax operator named?"),
        ("how do i stop it early", FOR_LOOP, "how do i stop for loop early"),
        ("and in Java?", FOR_LOOP, "and in Java? for loop"),
        ("why?", ZORBLAX, "why? Zorblax operator"),
        ("give me an example", FOR_LOOP, "give me an example for loop"),
        ("and write to it", turn("how to read a file"), "and write to file"),
        ("is it hard to learn", turn("what is python"), "is python hard to learn"),
        (
            "how to check if a key is in it",
            turn("what is a dictionary"),
            "how to check if a key is in dictionary",
        ),
        ("what is its type", FOR_LOOP, "what is for loop's type"),
        ("which is better", turn("list vs tuple"), "which is better list vs tuple"),
    ],
)
def test_what_leans_is_filled_in(question: str, before: dict[str, Any], query: str) -> None:
    condensed = condense(question, [before])
    assert (condensed.query, condensed.leans) == (query, True)


@pytest.mark.parametrize(
    "question",
    [
        "= or == ?",
        "What is a tuple?",
        "How do I open a file and read it?",
        "is it possible to change a tuple later",
        "what is a class and do i need it",
        "print two things on one line",
        "I know that lists are mutable",
        "what does return do",
    ],
)
def test_a_new_question_is_left_alone(question: str) -> None:
    condensed = condense(question, [FOR_LOOP])
    assert (condensed.query, condensed.leans) == (question, False)


def test_a_whole_question_after_and_is_a_follow_up_without_the_old_words() -> None:
    condensed = condense("and what is elif for", [turn("what is an if statement")])
    assert (condensed.query, condensed.leans) == ("and what is elif for", True)


def test_nothing_leans_without_earlier_turns() -> None:
    assert condense("how do i stop it", []).query == "how do i stop it"


def test_the_topic_lasts_over_several_follow_ups() -> None:
    history = [ZORBLAX, turn("When was it named?")]
    assert condense("By whom was it named?", history).query == "By whom was Zorblax operator named?"


def test_a_topic_grows_by_a_new_name_and_not_by_a_circumstance() -> None:
    assert (
        condense("which is better", [FOR_LOOP, turn("and while loops?")]).query
        == "which is better for loop while loops"
    )
    assert (
        condense("can I sort it", [turn("what is a list"), turn("and in reverse?")]).query
        == "can I sort list"
    )


def test_a_new_question_changes_the_topic() -> None:
    history = [ZORBLAX, turn("What is a tuple?")]
    assert condense("can I change it", history).query == "can I change tuple"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("what is a class and do i need it", ["what is a class", "do i need class"]),
        ("What is a list? How long is it?", ["What is a list", "How long is list?"]),
        ("what is a list", ["what is a list"]),
        ("salt and water", ["salt and water"]),
    ],
)
def test_a_double_question_has_two_parts(question: str, parts: list[str]) -> None:
    assert parts_of(question) == parts


def test_a_question_of_hundreds_of_questions_is_not_answered_part_by_part() -> None:
    assert len(parts_of("what is a list? " * 250)) == MOST_PARTS
