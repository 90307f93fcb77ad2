"""A hint leads on and tells nothing of the solution: made-up passages, whose answers are known."""

import re

import pytest

from lectern.tutor.answering.hinting import Cited, Idea, Solution, hint, sound_question
from lectern.tutor.answering.quoting import quotes_of
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id

GLIMMER = (
    "Sailors of the north knew many kinds of lamps. The Glimmer lamp hung on every boat of the harbour. "
    "A Glimmer lamp is a brass lantern that burns whale oil under a glass bell. It was lit at dusk."
)
TIDES = "The moon pulls at the water of every sea. Spring tides happen twice a month, when sun and moon stand in line."
SORTING = "A list can be put in order. Call the method `sort()` to sort a list in place.\n\n```python\nnames.sort()\n```"


def _passage(text: str, title: str, *headings: str) -> Passage:
    return Passage(
        id=passage_id(title, text, 0), document=f"{title}.md", title=title, ordinal=0, text=text, kind=PassageKind.BODY,
        heading_path=headings, anchor="", start=0, end=len(text),
    )  # fmt: skip


PASSAGES = [
    _passage(GLIMMER, "Lamps", "Glimmer lamps"),
    _passage(TIDES, "The sea", "When sun and moon stand in line twice a month"),
    _passage(SORTING, "Lists", "Order"),
]

#: Question, its passage, the sentence that answers it, and words that no hint may hold.
ASKED = {
    "a definition": (
        "What is a Glimmer lamp?",
        0,
        "A Glimmer lamp is a brass lantern that burns whale oil under a glass bell.",
        ["brass", "whale", "oil", "bell"],
    ),
    "a fact whose heading tells it": (
        "How often do spring tides happen?",
        1,
        "Spring tides happen twice a month, when sun and moon stand in line.",
        ["twice"],
    ),
    "code": (
        "How do I sort a list?",
        2,
        "Call the method `sort()` to sort a list in place.",
        ["sort()", "```"],
    ),
}


def _hint(question: str, rank: int, sentence: str, **more: object) -> tuple[str, list[str]]:
    start = PASSAGES[rank].text.index(sentence)
    quotes = quotes_of(PASSAGES)
    written = hint(
        question,
        PASSAGES,
        [1.0 if at == rank else 0.3 for at in range(len(PASSAGES))],
        quotes,
        [Cited(rank=rank, start=start, end=start + len(sentence))],
        solution=Solution(question, [sentence], quotes),
        **more,  # type: ignore[arg-type]  # those that a test gives
    )
    return written.text, [PASSAGES[at.rank].text[at.start : at.end] for at in written.places]


@pytest.mark.parametrize(("question", "rank", "sentence", "forbidden"), ASKED.values(), ids=ASKED)
def test_a_hint_holds_no_word_of_the_solution_that_would_tell_it(
    question: str, rank: int, sentence: str, forbidden: list[str]
) -> None:
    text, quotes = _hint(question, rank, sentence)
    for word in forbidden:
        assert word not in text
        assert all(word not in quote for quote in quotes)
    assert sentence not in text


def test_a_hint_says_where_to_read_what_to_look_for_and_what_to_ask_oneself() -> None:
    text, quotes = _hint(*ASKED["a definition"][:3])
    assert text.startswith("Read “Lamps › Glimmer lamps” [1].")
    assert "Look for these words: glimmer, lamp" in text
    assert "“The Glimmer lamp hung on every boat of the harbour.” [1]" in text
    assert text.endswith("?")
    assert quotes == ["The Glimmer lamp hung on every boat of the harbour."]


def test_a_heading_that_would_tell_the_solution_is_left_out_of_the_place() -> None:
    text, _ = _hint(*ASKED["a fact whose heading tells it"][:3])
    assert text.startswith("Read “The sea” [1].")


def test_without_a_sentence_near_by_a_place_is_shown_by_a_word_that_was_asked() -> None:
    assert _hint(*ASKED["a fact whose heading tells it"][:3])[1] == ["Spring"]


def test_a_hint_is_in_the_language_of_the_question() -> None:
    text, _ = _hint("Was ist eine Glimmer lamp?", *ASKED["a definition"][1:3])
    assert text.startswith("Lies „Lamps › Glimmer lamps“ [1].")


def test_another_sentence_that_defines_the_same_is_part_of_the_solution() -> None:
    solution = Solution("What is a Glimmer lamp?", ["It burns whale oil."], quotes_of(PASSAGES))
    assert solution.gives_away("A brass lantern under a glass bell.")


@pytest.mark.parametrize(
    "code", ["Use `names.sort()`.", "Write x = 3 first.", "```\nx\n```", ">>> run", "Try print(1)."]
)
def test_code_is_never_part_of_a_hint(code: str) -> None:
    assert Solution("How?", ["Nothing of it."]).gives_away(code)


def test_a_models_idea_and_question_stand_in_the_place_of_ours() -> None:
    idea = Idea(text="Sailors knew many kinds of lamps.", cited=Cited(rank=0, start=0, end=46))
    text, quotes = _hint(*ASKED["a definition"][:3], idea=idea, guiding="What did boats need at dusk?")
    assert "Sailors knew many kinds of lamps. [1] What did boats need at dusk?" in text
    assert quotes == ["Sailors of the north knew many kinds of lamps."]


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        pytest.param("What did the boats of the harbour carry?", True, id="of the passage"),
        pytest.param("Does the lantern of brass burn whale oil?", False, id="tells the solution"),
        pytest.param("Which president signed the treaty of Ghent?", False, id="of something else"),
        pytest.param("The boats of the harbour carried it.", False, id="no question"),
        pytest.param("Is it lamp(1) of the harbour?", False, id="code"),
    ],
)
def test_a_models_question_is_asked_only_if_it_is_sound(text: str, sound: bool) -> None:
    question, _, sentence, _ = ASKED["a definition"]
    assert sound_question(text, [question, GLIMMER], Solution(question, [sentence])) is sound


def test_no_language_lacks_a_sentence_or_a_blank() -> None:
    from lectern.tutor.answering.declining import _DECLINED
    from lectern.tutor.answering.hint_wording import _WORDINGS

    assert set(_WORDINGS) == set(_DECLINED)
    for words in _WORDINGS.values():
        blanks = [
            re.findall(r"{(\w+)}", text) for text in (words.read, words.terms, words.nearby, words.place)
        ]
        assert blanks == [["places"], ["terms"], ["quote"], ["place", "number"]]
        assert all((words.what, words.how, words.other))
