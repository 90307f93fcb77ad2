"""The full-text table of a course: its name, and its making."""

import sqlite3

from lectern.adapters.passage_text import TOKENIZER


def words_table(course_key: int) -> str:
    """Return the quoted name of a course's full-text table."""
    return f'"words_{int(course_key)}"'


def ensure_words(connection: sqlite3.Connection, course_key: int) -> None:
    """Create a course's full-text table if it has none."""
    connection.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {words_table(course_key)} "
        f'USING fts5(kind, title, body, symbols, tokenize = "{TOKENIZER}")'
    )
