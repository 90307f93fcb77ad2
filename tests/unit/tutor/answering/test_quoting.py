from dataclasses import replace

import pytest

from lectern.tutor.answering import quoting
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


def test_marks_of_items_and_labels_that_are_said_again_are_no_part_of_a_sentence() -> None:
    assert texts("; Two kinds: Series: A Series is a row of values. ; Table: A table is rows of values.") == [
        "A Series is a row of values.",
        "A table is rows of values.",
    ]
    assert texts("Read mode: Open the file for reading.") == ["Read mode: Open the file for reading."]


def test_captions_titles_and_references_are_no_quotes() -> None:
    assert texts("Defining nested tables and reading cells.") == []
    assert texts("Finding a Link Between Cells and Disease.") == []
    assert texts("Smith et al. counted the cells of a leaf.") == []
    assert texts("More stands at https://example.org for readers.") == []
    assert texts("The figure summarizes the parts of a cell.") == []
    assert texts("The cell is shown. (b) In plants the wall is thick.") == []


def test_what_points_at_a_figure_in_brackets_is_not_read_but_stands_in_the_quote() -> None:
    (quote,) = quotes_of([passage("A cell has a wall (the figure) in plants (see Cell Walls).")])
    assert quote.text == "A cell has a wall (the figure) in plants (see Cell Walls)."
    assert quote.shown == "A cell has a wall in plants."


@pytest.mark.parametrize("pointer", ["(the figure)", "(see Fungi)"])
def test_what_points_at_a_figure_behind_the_full_stop_leaves_no_second_one(pointer: str) -> None:
    (quote,) = quotes_of([passage(f"Moulds are made of long threads (hyphae). {pointer}.")])
    assert quote.shown == "Moulds are made of long threads (hyphae)."


def test_a_full_stop_behind_an_abbreviation_and_a_figure_stays() -> None:
    (quote,) = quotes_of([passage("Some cells have walls, membranes, pili etc. (the figure) in plants.")])
    assert quote.shown == "Some cells have walls, membranes, pili etc. in plants."


def test_a_joint_may_be_left_out_but_not_a_pronoun_behind_it() -> None:
    plain, pointing = quotes_of([passage("However, a cell may die early. However, this is rare in plants.")])
    assert plain.leans
    assert not plain.opening().leans
    assert pointing.opening().leans


def test_other_languages_lean_as_well() -> None:
    spoken = "Eine Zelle teilt sich oft. Diese Teilung dauert lange. Es gibt zwei Arten davon."
    assert [quote.leans for quote in quotes_of([passage(spoken)])] == [False, True, False]
    spoken = "La célula se divide a veces. Esta división tarda un poco."
    assert [quote.leans for quote in quotes_of([passage(spoken)])] == [False, True]


def test_images_that_are_strung_together_in_an_open_bracket_hold_up_no_worker() -> None:
    # With two ways to read each number this takes time by a power of two.
    (quote,) = quotes_of([passage("It is (" + "images 11 " * 28 + "x.")])
    assert quote.shown == quote.text


def test_a_pointer_at_several_numbered_images_is_not_read() -> None:
    (quote,) = quotes_of([passage("A cell has a wall (images 11, and image 12b) in all plants.")])
    assert quote.shown == "A cell has a wall in all plants."


def test_a_list_is_quoted_with_the_sentence_that_introduces_it() -> None:
    text = "Loudness is written with words. The usual marks are:\n\n- piano: soft\n- forte: loud. It is frequent.\n\nThey are Italian."
    found = [quote for quote in quotes_of([passage(text)]) if quote.listed]
    assert [quote.text for quote in found] == [
        "The usual marks are:\n\n- piano: soft\n- forte: loud. It is frequent."
    ]
    assert text[found[0].start : found[0].end] == found[0].text
    assert found[0].statement == "The usual marks are:"


def test_what_is_no_list_or_too_long_for_an_answer_is_not_quoted_as_one() -> None:
    endless = "The usual marks are:\n\n" + "\n".join(f"- mark {n} of a long list" for n in range(40))
    for text in (
        "The usual marks are:\n\nPiano means soft.",
        "The usual marks are:\n\n- piano: soft",
        endless,
    ):
        assert not any(quote.listed for quote in quotes_of([passage(text)]))


def test_the_label_of_an_item_that_is_said_again_is_no_part_of_the_sentence() -> None:
    assert texts("- Series: A Series is a labelled array of values.")[-1:] == [
        "A Series is a labelled array of values."
    ]


def test_an_entry_of_a_glossary_is_quoted_without_a_full_stop() -> None:
    text = "- Octave: the distance to the next tone of that name\n- Clef (sign): a mark that fixes the lines\n\nBeat — the pulse to which we tap"
    found = quotes_of([passage(text)])
    assert [quote.text.split()[0] for quote in found if quote.entry] == ["Octave:", "Clef", "Beat"]
    assert not any(
        quote.entry for quote in quotes_of([passage("Octave: it is wide. It is a distance: a wide one.")])
    )


def test_an_item_that_is_part_of_a_sentence_is_no_quote() -> None:
    assert texts("- nucleic acids such as the DNA of a virus.\n- `len(x)` counts the items of x.") == [
        "`len(x)` counts the items of x."
    ]


def test_a_sentence_that_is_cut_within_a_quotation_or_an_ellipsis_is_no_quote() -> None:
    assert texts(
        "Varro wrote that “care must be taken in the swamps . . . of the country.” That was an early idea."
    ) == ["That was an early idea."]
    assert texts("Varro wrote that care must be taken . . . In the swamps it is dangerous.") == [
        "In the swamps it is dangerous."
    ]
    whole = ["Ein Satz mit „einem Zitat“ darin ist ganz.", "Une phrase avec « une citation » est entière."]
    assert texts("\n".join([*whole, "Er sagte „das ist ein Anfang. Das Ende kommt erst hier.“"]))[:2] == whole
    assert "Er sagte „das ist ein Anfang." not in texts("Er sagte „das ist ein Anfang. Hier kommt es.“")


def test_a_text_is_cut_once_and_quoted_from_each_passage_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cut, sentences = list[str](), quoting.sentences
    monkeypatch.setattr(quoting, "sentences", lambda text: cut.append(text) or sentences(text))
    one = passage("A heap is a tree of ordered items. It is never sorted as a whole.")
    before, other = passage("A tree of the forest has roots."), replace(one, document="other.md")
    assert [(quote.rank, quote.document) for quote in quotes_of([one])] == [(0, "d.md"), (0, "d.md")]
    again = [(quote.rank, quote.document, quote.text) for quote in quotes_of([before, other])]
    assert again[1:] == [
        (1, "other.md", "A heap is a tree of ordered items."),
        (1, "other.md", "It is never sorted as a whole."),
    ]
    assert cut == [one.text, before.text]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("These terms are often used alike.J.A.", "These terms are often used alike."),
        ("Half of them died of it.World Health Organization.", "Half of them died of it."),
        ("He said “these cause all of it.”Plinio Prioreschi.", "He said “these cause all of it.”"),
        ("The class for money is decimal.Decimal.", "The class for money is decimal.Decimal."),
        (
            "A few cases are told each year.US Centers for Health, “Parasites – FAQs,” 2012.",
            "A few cases are told each year.",
        ),
        (
            "It was called “the year.One of them” since 1999.",
            "It was called “the year.One of them” since 1999.",
        ),
        ("Read it by the class java.util.Scanner Class.", "Read it by the class java.util.Scanner Class."),
        ("The library is called org.apache.Commons Lang.", "The library is called org.apache.Commons Lang."),
        ("The page is made with asp.NET Core.", "The page is made with asp.NET Core."),
        ("The portal belongs to Yahoo!Japan Corporation.", "The portal belongs to Yahoo!Japan Corporation."),
        ("Some vaccines are made in the U.S.", "Some vaccines are made in the U.S."),
    ],
)
def test_a_footnote_that_is_glued_to_a_sentence_is_no_part_of_it(text: str, quoted: str) -> None:
    assert [quote.text for quote in quotes_of([passage(text)])] == [quoted]


def test_a_sentence_that_begins_in_an_ellipsis_is_no_whole_one() -> None:
    assert quotes_of([passage(". because certain creatures grow there.")]) == []


def test_a_list_that_lost_its_line_ends_is_no_sentence() -> None:
    assert (
        quotes_of([passage("for loops, which end; ; while loops, which may not; and ; nested loops.")]) == []
    )


def test_a_capital_with_a_dot_ends_no_word() -> None:
    sentence = "Türkiye'de TİP.2 hastalar daha sık görülür."
    assert [quote.text for quote in quotes_of([passage(sentence)])] == [sentence]
