"""Passages as rows of the index and back."""

import json
import sqlite3
from collections.abc import Sequence

from lectern.adapters.fts.words_tables import words_table
from lectern.adapters.passage_text import body_text, symbol_text
from lectern.tutor.domain.passage import Passage, PassageKind

#: Columns of `passage` in the order in which `passage_of` reads them.
PASSAGE_COLUMNS = (
    "id, document, title, ordinal, text, kind, heading_path, anchor, start_offset, end_offset, page"
)


def insert_passage(connection: sqlite3.Connection, course_key: int, passage: Passage, vector_id: int) -> None:
    """Add a passage and its words."""
    cursor = connection.execute(
        f"INSERT INTO passage (course_key, vector_id, {PASSAGE_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - put together from constants
        (course_key, vector_id, *_values(passage)),
    )
    headed = passage.location
    connection.execute(
        f"INSERT INTO {words_table(course_key)} (rowid, kind, title, body, symbols) VALUES (?,?,?,?,?)",  # noqa: S608 - put together from constants and a number
        (
            cursor.lastrowid,
            kind_token(passage.kind),
            body_text(headed),
            body_text(passage.text),
            symbol_text(f"{headed}\n{passage.text}"),
        ),
    )


def delete_document(connection: sqlite3.Connection, course_key: int, document: str) -> None:
    """Delete a document's passages and their words."""
    of_document = "course_key = ? AND document = ?"
    connection.execute(
        f"DELETE FROM {words_table(course_key)} WHERE rowid IN (SELECT number FROM passage WHERE {of_document})",  # noqa: S608 - put together from constants
        (course_key, document),
    )
    connection.execute(f"DELETE FROM passage WHERE {of_document}", (course_key, document))  # noqa: S608 - put together from constants


def passages_of_document(connection: sqlite3.Connection, course_key: int, document: str) -> list[Passage]:
    """Return a document's passages in their order."""
    rows = connection.execute(
        f"SELECT {PASSAGE_COLUMNS} FROM passage WHERE course_key = ? AND document = ? ORDER BY ordinal, number",  # noqa: S608 - put together from constants
        (course_key, document),
    )
    return [passage_of(row) for row in rows]


def kind_token(kind: PassageKind) -> str:
    """Return the one token that stands for a kind. It ends in a digit: no stemmer touches it."""
    return f"{kind.value}0"


def passage_of(row: Sequence[object]) -> Passage:
    """Return the passage of a row that was selected with `PASSAGE_COLUMNS`."""
    identity, document, title, ordinal, text, kind, heading_path, anchor, start, end, page = row
    return Passage(
        id=str(identity),
        document=str(document),
        title=str(title),
        ordinal=int(str(ordinal)),
        text=str(text),
        kind=PassageKind(str(kind)),
        heading_path=tuple(json.loads(str(heading_path))),
        anchor=str(anchor),
        start=int(str(start)),
        end=int(str(end)),
        page=None if page is None else int(str(page)),
    )


def _values(passage: Passage) -> tuple[object, ...]:
    return (
        passage.id,
        passage.document,
        passage.title,
        passage.ordinal,
        passage.text,
        passage.kind.value,
        json.dumps(passage.heading_path, ensure_ascii=False),
        passage.anchor,
        passage.start,
        passage.end,
        passage.page,
    )
