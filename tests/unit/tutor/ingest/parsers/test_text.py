from lectern.tutor.domain.document import BlockForm
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.ingest.parsers.text import parse

NOTES = """Sets in Python

A set holds no value
twice.

1. Making sets

Write braces:

    s = {1, 2}

- one
- two
  goes on

Adding
------
Use add.

Exercises

Make a set.
"""


def test_headings_paragraphs_items_and_code_are_told_apart() -> None:
    document = parse(NOTES.encode(), "x.txt")
    assert document.title == "Sets in Python"
    assert [(block.text, block.form, block.heading_path) for block in document.blocks] == [
        ("A set holds no value twice.", BlockForm.PROSE, ()),
        ("Write braces:", BlockForm.PROSE, ("Making sets",)),
        ("```\ns = {1, 2}\n```", BlockForm.CODE, ("Making sets",)),
        ("- one\n- two goes on", BlockForm.ITEM, ("Making sets",)),
        ("Use add.", BlockForm.PROSE, ("Adding",)),
        ("Make a set.", BlockForm.PROSE, ("Exercises",)),
    ]
    assert document.blocks[-1].kind is PassageKind.EXERCISE


def test_a_numbered_sentence_is_no_heading() -> None:
    blocks = parse(b"Steps follow here.\n\n1. Open the file.\n\n2. Close it.", "x.txt").blocks
    assert all(block.heading_path == () for block in blocks)


def test_the_file_names_a_text_that_begins_at_once() -> None:
    assert parse(b"One long sentence stands here.\n\nAnother.", "02_my-notes.txt").title == "My notes"
