import time

import pytest

from lectern.tutor.domain.sentences import sentences


def _cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One ends. Two ends! Three?", ["One ends.", "Two ends!", "Three?"], id="plain"),
        pytest.param(
            "Call `items.append(1)`. Then stop.", ["Call `items.append(1)`.", "Then stop."], id="inline"
        ),
        pytest.param(
            'Say `print("A b. C d.")` now. Ok.', ['Say `print("A b. C d.")` now.', "Ok."], id="in-code"
        ),
        pytest.param(
            'Say print("A b. C d.") now. Ok.', ['Say print("A b. C d.") now.', "Ok."], id="bare-call"
        ),
        pytest.param("Two ``a`. B`` ticks. End.", ["Two ``a`. B`` ticks.", "End."], id="double-ticks"),
        pytest.param("About 3.14 is pi. End.", ["About 3.14 is pi.", "End."], id="decimal"),
        pytest.param(
            "Use e.g. Python or i.e. It. End.", ["Use e.g. Python or i.e. It.", "End."], id="never-last"
        ),
        pytest.param("See Fig. 3. No. It is.", ["See Fig. 3.", "No.", "It is."], id="before-numbers"),
        pytest.param("Take vitamin C. It helps.", ["Take vitamin C.", "It helps."], id="letter-then-opener"),
        pytest.param("J. R. Smith ran. E. coli grew.", ["J. R. Smith ran.", "E. coli grew."], id="initials"),
        pytest.param(
            "In the U.S. The law. U.S. Army.", ["In the U.S.", "The law.", "U.S. Army."], id="acronym"
        ),
        pytest.param("Lists, etc. The end.", ["Lists, etc.", "The end."], id="perhaps-last"),
        pytest.param(
            '"Why?" he asked. He said "Go." Then.',
            ['"Why?" he asked.', 'He said "Go."', "Then."],
            id="quotes",
        ),
        pytest.param("Wait... what? Yes.", ["Wait... what?", "Yes."], id="dots-then-lower-case"),
        pytest.param(
            "Das ist z.B. Wasser. Über alles.", ["Das ist z.B. Wasser.", "Über alles."], id="german"
        ),
        pytest.param(
            "私は学生です。「はい。」と言った。",
            ["私は学生です。", "「はい。」", "と言った。"],
            id="japanese",
        ),
        pytest.param("كيف حالك؟ نعم.", ["كيف حالك؟", "نعم."], id="arabic"),
        pytest.param("He won. 🎉 Party.", ["He won.", "🎉 Party."], id="emoji"),
        pytest.param(
            "1. Open it. Look.\n2. Close it.", ["1. Open it.", "Look.", "2. Close it."], id="numbered"
        ),
        pytest.param("- one\n  - two\nthree", ["- one", "- two", "three"], id="items"),
        pytest.param("a | b\nc | d", ["a | b", "c | d"], id="rows"),
        pytest.param("", [], id="empty"),
        pytest.param(" \n\n ", [], id="blank"),
    ],
)
def test_a_sentence_ends_where_a_reader_says_so(text: str, expected: list[str]) -> None:
    assert _cut(text) == expected


def test_code_between_fences_is_one_piece_and_joins_no_prose() -> None:
    code = '```python\nx = "a. B"\n\nprint(x)\n```'
    assert _cut(f"Write this:\n{code}\nThen run. Done.") == ["Write this:", code, "Then run.", "Done."]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    code = "````md\n```\nx. Y\n```\n````"
    assert _cut(f"{code}\n\nAfter.") == [code, "After."]


def test_a_fence_that_nothing_closes_runs_to_the_end() -> None:
    assert _cut("Before.\n```\nx = 1. Y\n") == ["Before.", "```\nx = 1. Y"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The quick fox, No. 5, jumps. " * 20_000, id="one-paragraph"),
        pytest.param("a" * 500_000, id="one-word"),
        pytest.param("``` a\n" * 50_000, id="fences"),
        pytest.param("`a " * 100_000, id="ticks"),
        pytest.param("." * 300_000, id="stops"),
        pytest.param("x(" * 200_000, id="brackets"),
    ],
)
def test_time_grows_with_the_length_only(text: str) -> None:
    began = time.process_time()
    sentences(text)
    assert time.process_time() - began < 20  # a fraction of a second; quadratic search took minutes
