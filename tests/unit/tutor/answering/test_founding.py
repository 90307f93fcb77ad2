"""What the concept that a question asks about rests on, and when nothing is told of it."""

from dataclasses import replace

import pytest

from lectern.tutor.answering.founding import asked_keys, foundations
from lectern.tutor.concepts.naming import looked_up
from lectern.tutor.domain.concept import Concept, Underlaid
from tests.concepts import concept

FUNCTION = concept("function", 0, sentence="A function is a named group of statements.")
STACK = concept("call stack", 1, sentence="A call stack is what remembers who called.")
TERM = concept("frame", 2, sentence="We set the frame off.", is_definition=False)
RECURSION = concept(
    "recursion", 3, sentence="Recursion is a function that calls itself, with a frame on the call stack."
)


def _found(
    question: str, one: Concept = RECURSION, needs: tuple[Concept, ...] = (STACK, FUNCTION)
) -> list[str]:
    key = looked_up(one.name)[1]
    found = [Underlaid(key=key, concept=one, needs=needs)] if key in asked_keys(question) else []
    return [each.name for each in foundations(question, found)]


@pytest.mark.parametrize(
    "question",
    ["What is recursion?", "recursion", "Explain Recursions to me", "what's the meaning of recursion?"],
)
def test_who_asks_for_a_concept_is_told_what_its_definition_names_the_weightiest_first(question: str) -> None:
    assert _found(question) == ["call stack", "function"]


@pytest.mark.parametrize(
    "question",
    [
        "Which sorting algorithm uses recursion?",
        "Is recursion slower than iteration?",
        "How are you?",
        "",
        "?!",
        "why",
    ],
)
def test_a_question_about_something_else_is_told_nothing(question: str) -> None:
    assert _found(question) == []


def test_what_the_question_names_is_known_to_who_asks() -> None:
    both = Underlaid(
        key="recursive function",
        concept=replace(RECURSION, name="recursive function"),
        needs=(STACK, FUNCTION),
    )
    assert [one.name for one in foundations("What is a recursive function?", [both])] == ["call stack"]


def test_what_has_no_definition_of_its_own_or_is_not_in_the_definition_is_not_told() -> None:
    elsewhere = concept("heap", 0, sentence="A heap is memory.")
    assert _found("What is recursion?", needs=(elsewhere, TERM, FUNCTION)) == ["function"]
    assert _found("What is a frame?", one=TERM) == []


def test_at_most_three_are_told() -> None:
    many = tuple(
        concept(name, at, sentence=f"A {name} is one.")
        for at, name in enumerate(["cat", "dog", "cow", "hen"])
    )
    zoo = concept("zoo", 9, sentence="A zoo has a cat, a dog, a cow and a hen.")
    assert _found("What is a zoo?", zoo, many) == ["cat", "dog", "cow"]


def test_the_longest_name_is_the_one_that_is_asked_for_and_two_are_none() -> None:
    loop, for_loop = (
        concept("loop", 0),
        concept("while loop", 1, sentence="A while loop is a statement with a condition."),
    )
    condition = concept("condition", 0, sentence="A condition is true or false.")
    inner = Underlaid(key="loop", concept=loop, needs=(FUNCTION,))
    outer = Underlaid(key="while loop", concept=for_loop, needs=(condition,))
    assert foundations("What is a while loop?", [outer, inner]) == [condition]
    other = Underlaid(key="recursion", concept=RECURSION, needs=(FUNCTION,))
    assert foundations("recursion, while loop", [outer, other]) == []


def test_a_name_of_code_is_looked_for_as_it_is_written() -> None:
    assert "print()" in asked_keys("What is print()?")


def test_a_very_long_question_is_looked_at_in_part() -> None:
    assert len(asked_keys("what is " + "word " * 10_000)) < 300
