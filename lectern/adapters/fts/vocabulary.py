"""The words of each course as they are spelled: what a question's typing errors are put right by.

The full-text tables hold stems, which spell nothing.
"""

import sqlite3
from collections import Counter

from lectern.tutor.retrieval.spelling import meant_words

_ADD = """
INSERT INTO word (course_key, word, passages) VALUES (?, ?, ?)
ON CONFLICT (course_key, word) DO UPDATE SET passages = passages + excluded.passages
"""
_DROP = "DELETE FROM word WHERE course_key = ? AND word = ? AND passages <= 0"
_KNOWN = "SELECT passages FROM word WHERE course_key = ? AND word = ?"
# A range and not LIKE, which uses no index with a bound pattern.
_LIKE = """
SELECT word, passages FROM word
WHERE course_key = ? AND word >= ? AND word < ? AND length(word) BETWEEN ? AND ?
"""


def spelled_like(connection: sqlite3.Connection, course_key: int, word: str) -> dict[str, int]:
    """Return `word` alone where the course has it, else its words with that first letter and length, give or take one."""
    if not word:
        return {}
    if known := connection.execute(_KNOWN, (course_key, word)).fetchone():
        return {word: int(known[0])}  # the words around it are hundreds
    until = word[0] + "\U0010ffff"
    rows = connection.execute(_LIKE, (course_key, word[0], until, len(word) - 1, len(word) + 1))
    return {str(row[0]): int(row[1]) for row in rows}


def count_words(connection: sqlite3.Connection, course_key: int, document: str, sign: int) -> None:
    """Add the words of a document's passages to the course's (`sign` 1), or take them away (-1)."""
    texts = connection.execute(
        "SELECT title || ' ' || heading_path || ' ' || text FROM passage WHERE course_key = ? AND document = ?",
        (course_key, document),
    )
    counts = Counter(word for (text,) in texts for word in meant_words(text))
    connection.executemany(_ADD, [(course_key, word, sign * count) for word, count in counts.items()])
    if sign < 0:
        connection.executemany(_DROP, [(course_key, word) for word in counts])


def count_all_words(connection: sqlite3.Connection) -> None:
    """Count the words of all courses; the table was empty."""
    for course_key, document in connection.execute(
        "SELECT DISTINCT course_key, document FROM passage"
    ).fetchall():
        count_words(connection, course_key, document, 1)
