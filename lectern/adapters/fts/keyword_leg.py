"""The keyword leg: BM25 over titles and texts of one course, filtered by kind inside the full-text query."""

import sqlite3
from collections.abc import Collection, Sequence

from lectern.adapters.fts.rows import PASSAGE_COLUMNS, kind_token, passage_of
from lectern.adapters.fts.words_tables import words_table
from lectern.adapters.passage_text import Term, query_terms
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.ports.passages import Hit

# `bm25()` is negative, and lower is better. By its name it takes 60% of the time it takes by `rank`. Title 2, body 1
# measured best (recall@1 .729, alone). CROSS JOIN keeps the planner from walking through all passages of the course.
# The course is checked again at the passage.
_SEARCH = f"""
SELECT -found.score, {PASSAGE_COLUMNS}
FROM (
    SELECT rowid AS number, bm25({{words}}, 0.0, 2.0, 1.0, 1.0) AS score FROM {{words}}
    WHERE {{words}} MATCH ? ORDER BY score LIMIT ?
) AS found
CROSS JOIN passage USING (number)
WHERE course_key = ?
ORDER BY found.score, number
"""  # noqa: S608 - put together from constants


def search_keywords(
    connection: sqlite3.Connection, course_key: int, query: str, limit: int, kinds: Collection[PassageKind]
) -> list[Hit]:
    """Return the passages that hold words of `query`, best first; no word, no passage."""
    terms = [_expression(term) for term in query_terms(query)]
    if not terms or not kinds or limit < 1 or not _has_words(connection, course_key):
        return []
    rows = connection.execute(
        _SEARCH.format(words=words_table(course_key)), (_match(terms, kinds), limit, course_key)
    )
    return [Hit(passage=passage_of(row[1:]), score=row[0]) for row in rows]


def _match(terms: Sequence[str], kinds: Collection[PassageKind]) -> str:
    """Return the full-text query for one of `terms` in passages of `kinds`.

    Other kinds are excluded: to ask for the wanted ones gives the same scores, but each passage found then has one more
    word to be counted, which takes a fifth of the search's time.
    """
    others = " OR ".join(f'"{kind_token(kind)}"' for kind in PassageKind if kind not in kinds)
    wanted = " OR ".join(terms)
    return f"({wanted}) NOT kind : ({others})" if others else wanted


def _expression(term: Term) -> str:
    """Quote a term for FTS5."""
    columns = "symbols" if term.is_symbol else "{title body}"
    return f'{columns} : "{term.token}"{" *" if term.is_beginning else ""}'


def _has_words(connection: sqlite3.Connection, course_key: int) -> bool:
    known = connection.execute("SELECT 1 FROM course WHERE course_key = ?", (course_key,))
    return known.fetchone() is not None
