"""The keyword leg: BM25 over titles and texts, filtered by course and kind inside the full-text query."""

import sqlite3
from collections.abc import Collection

from lectern.adapters.fts.rows import PASSAGE_COLUMNS, passage_of, scope_token
from lectern.adapters.fts.text import query_terms
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.ports import Hit

#: Weights of the columns scope, title, body, symbols. Title 2, body 1 measured best (recall@1 .729, alone).
_BM25 = "bm25(words, 0.0, 2.0, 1.0, 1.0)"

# `bm25()` is negative, and lower is better. By its name it takes 60% of the time it takes by `rank`. CROSS JOIN keeps
# the planner from walking through all passages of the course. The course is checked again at the passage.
_SEARCH = f"""
SELECT -found.score, {PASSAGE_COLUMNS}
FROM (
    SELECT rowid AS number, {_BM25} AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT ?
) AS found
CROSS JOIN passage USING (number)
WHERE course_key = ?
ORDER BY found.score, number
"""  # noqa: S608 - put together from constants


def search_keywords(
    connection: sqlite3.Connection, course_key: int, query: str, limit: int, kinds: Collection[PassageKind]
) -> list[Hit]:
    """Return the passages that hold words of `query`, best first; no word, no passage."""
    terms = query_terms(query)
    if not terms or not kinds or limit < 1:
        return []
    scope = " OR ".join(sorted(f'"{scope_token(course_key, kind)}"' for kind in kinds))
    match = f"scope : ({scope}) AND ({' OR '.join(terms)})"
    rows = connection.execute(_SEARCH, (match, limit, course_key))
    return [Hit(passage=passage_of(row[1:]), score=row[0]) for row in rows]
