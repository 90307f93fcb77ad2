from dataclasses import replace

from lectern.tutor.answering.citing import source, supported, written
from lectern.tutor.domain.passage import Passage, PassageKind

TEXT = "A loop repeats a block. It ends after the last item."
PASSAGE = Passage(
    id="p1",
    document="d.md",
    title="Loops",
    ordinal=0,
    text=TEXT,
    kind=PassageKind.BODY,
    heading_path=("For",),
    anchor="for",
    start=100,
    end=100 + len(TEXT),
)


def test_a_quote_supports_itself() -> None:
    assert supported("A loop repeats a block.", "A loop repeats a block.", 0, PASSAGE)


def test_a_quote_that_does_not_stand_there_supports_nothing() -> None:
    assert not supported("A loop ends.", "A loop ends.", 0, PASSAGE)
    assert not supported("", "", 0, PASSAGE)


def test_a_sentence_needs_most_of_its_words_in_the_quote() -> None:
    assert supported("A loop repeats blocks.", "A loop repeats a block.", 0, PASSAGE)
    assert not supported("Paris lies on the Seine.", "A loop repeats a block.", 0, PASSAGE)


def test_a_source_gives_offsets_in_the_document() -> None:
    cited = source(2, PASSAGE, 24, 52, score=0.87654, legs=["keyword"])
    assert (cited.quote, cited.start, cited.end) == ("It ends after the last item.", 124, 152)
    assert (cited.number, cited.score, cited.location.heading_path) == (2, 0.8765, ["For"])


def test_a_source_gives_the_page_of_its_passage() -> None:
    assert source(1, PASSAGE, 0, 9, score=1, legs=[]).location.page is None
    assert source(1, replace(PASSAGE, page=7), 0, 9, score=1, legs=[]).location.page == 7


def test_each_sentence_is_followed_by_its_mark() -> None:
    assert written([("One\nthing.", False), ("Another.", False)]) == "One thing. [1] Another. [2]"


def test_code_keeps_its_lines() -> None:
    text = written([("Like this.", False), ("```python\nx = 1\n  y\n```", True), ("Then.", False)])
    assert text == "Like this. [1]\n\n```python\nx = 1\n  y\n```\n[2]\n\nThen. [3]"


def test_a_list_keeps_its_lines() -> None:
    texts = [("Marks tell how loud:", False), ("They are:\n\n- soft\n- loud", False), ("More follow.", False)]
    assert written(texts) == "Marks tell how loud: [1]\n\nThey are:\n- soft\n- loud [2]\n\nMore follow. [3]"
