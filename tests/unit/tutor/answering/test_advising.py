import pytest

from lectern.tutor.answering import advising, recognising
from lectern.tutor.answering.advising import advice, asked_back, names_only_a_topic, without_model
from lectern.tutor.confidence.bands import Band
from tests.tutor_house import passage

LOOPS = [
    passage("for.md", "For loops", "A for loop runs over a range."),
    passage("while.md", "While loops", "A while loop ends with its condition."),
    passage("lists.md", "Lists", "A list holds items."),
]


def test_every_language_that_is_recognised_has_its_sentences() -> None:
    languages = {*recognising._SETS, *recognising._SCRIPTS}
    for sentences in (advising._CHECK, advising._UNSURE, advising._WHICH, advising._WITHOUT_MODEL):
        assert set(sentences) == languages


@pytest.mark.parametrize(
    ("band", "begins"),
    [(Band.HIGH, ""), (Band.CHECK_SOURCE, "Please check"), (Band.LOW, "This may not be")],
)
def test_the_advice_follows_the_band(band: Band, begins: str) -> None:
    assert advice("What is a loop?", band).startswith(begins)
    assert bool(advice("What is a loop?", band)) is bool(begins)


def test_the_advice_is_in_the_language_of_the_question() -> None:
    assert advice("Was ist eine Schleife?", Band.CHECK_SOURCE).startswith("Bitte prüfe")
    assert "ohne das Sprachmodell" in without_model("Was ist eine Schleife?")


@pytest.mark.parametrize("question", ["loops?", "loop", "help with loops please", "while loops"])
def test_a_bare_topic_says_nothing_of_what_is_wanted(question: str) -> None:
    assert names_only_a_topic(question)


@pytest.mark.parametrize(
    "question",
    [
        "what is a loop",
        "explain loops",
        "loops vs lists",
        "loop example",
        "why?",
        "my loop never stops running",
    ],
)
def test_a_question_that_says_what_is_wanted_is_not_asked_back(question: str) -> None:
    assert asked_back(question, LOOPS) == ""


def test_a_bare_topic_of_several_sections_is_asked_back_by_their_names() -> None:
    assert asked_back("loops?", LOOPS) == "Which do you mean: For loops; While loops?"


def test_where_the_search_is_unsure_a_bare_topic_is_asked_back_in_any_case() -> None:
    assert asked_back("lists", LOOPS, unsure=True) == "Which do you mean: Lists; For loops; While loops?"
    assert asked_back("what is a list", LOOPS, unsure=True) == ""


def test_a_bare_topic_of_one_section_is_not_asked_back() -> None:
    assert asked_back("lists", LOOPS) == ""
