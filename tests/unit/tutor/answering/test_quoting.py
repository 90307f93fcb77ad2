from lectern.tutor.answering.quoting import MOST_SENTENCES, quotes_of
from lectern.tutor.domain.passage import Passage, PassageKind


def passage(text: str, *, kind: PassageKind = PassageKind.BODY, heading: str = "Loops") -> Passage:
    return Passage(
        id=text[:20],
        document="d.md",
        title="T",
        ordinal=0,
        text=text,
        kind=kind,
        heading_path=(heading,),
        anchor="",
        start=0,
        end=len(text),
    )


def texts(text: str) -> list[str]:
    return [quote.text for quote in quotes_of([passage(text)])]


def test_quotes_stand_verbatim_in_the_passage() -> None:
    text = (
        "A loop repeats a block of code. It ends after the last item.\n\n- A list is a sequence of items.\n"
    )
    quotes = quotes_of([passage(text)])
    assert [text[quote.start : quote.end] for quote in quotes] == [quote.text for quote in quotes]
    assert [quote.text for quote in quotes][-1] == "A list is a sequence of items."


def test_headings_questions_pointers_and_table_rows_are_no_quotes() -> None:
    assert texts("Loops and ranges") == []
    assert texts("What does this loop print at its end?") == []
    assert texts("As shown above, the loop ends at once.") == []
    assert texts("The table below lists the most common modes.") == []
    assert texts("mode | meaning of it. | used for reading files.") == []
    assert texts("Here is the general form of a loop:") == []


def test_code_is_one_quote_and_no_sentence() -> None:
    quotes = quotes_of(
        [passage("A loop repeats a block of code.\n\n```python\nfor i in x:\n    print(i)\n```")]
    )
    assert [quote.code for quote in quotes] == [False, True]


def test_a_sentence_that_points_back_leans() -> None:
    first, second, third = quotes_of(
        [passage("A loop repeats a block. This is called iteration. In this course it is used.")]
    )
    assert [first.leans, second.leans, third.leans] == [False, True, False]
    assert second.follows(first)
    assert not third.follows(first)


def test_learning_objectives_are_not_quoted_but_summaries_are() -> None:
    promise = passage("Use loops to repeat code.", kind=PassageKind.SUMMARY, heading="Learning objectives")
    summary = passage("A loop repeats a block.", kind=PassageKind.SUMMARY, heading="Summary")
    assert [quote.text for quote in quotes_of([promise, summary])] == ["A loop repeats a block."]


def test_only_whole_passages_up_to_the_limit() -> None:
    many = " ".join(f"Sentence number {n} tells something new." for n in range(MOST_SENTENCES - 2))
    quotes = quotes_of(
        [passage(many), passage("One two three four. Five six seven eight. Nine ten ten ten.")]
    )
    assert {quote.rank for quote in quotes} == {0}
