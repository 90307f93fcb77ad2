"""The reference that a retrieval has to beat: BM25 of SQLite's FTS5 and cosines, each stretched to 0..1, half of each.

On its own, so that it stays what it is when the product's index and fusion change. Robertson and Zaragoza 2009 for BM25;
for the sum of stretched scores Lee 1997, "Analyses of multiple evidence combination".
"""

import re
import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.domain.passage import Passage

ALPHA, LEG_LIMIT, BEST = 0.5, 50, 10
_TOKENIZER = "porter unicode61 remove_diacritics 2 categories 'L* N* M*'"
_TITLE, _TEXT = 2.0, 1.0


class PlainFusion:
    """A course in memory."""

    def __init__(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        self._passages, self._vectors = passages, vectors
        self._file = sqlite3.connect(":memory:")
        self._file.execute(f'CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize = "{_TOKENIZER}")')
        rows = [(number, one.location, one.text) for number, one in enumerate(passages)]
        self._file.executemany("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", rows)

    def best(self, question: str, vector: NDArray[np.float32]) -> list[Passage]:
        """Return the best ten passages; `vector` is the question's."""
        scores: dict[int, float] = {}
        for weight, leg in ((1 - ALPHA, self._by_words(question)), (ALPHA, self._by_meaning(vector))):
            for number, score in _stretched(leg).items():
                scores[number] = scores.get(number, 0.0) + weight * score
        return [self._passages[number] for number in sorted(scores, key=lambda one: -scores[one])[:BEST]]

    def _by_words(self, question: str) -> dict[int, float]:
        words = dict.fromkeys(re.findall(r"\w+", question.lower()))
        match = " OR ".join(f'"{word}"' for word in words)
        if not match:
            return {}
        rows = self._file.execute(
            "SELECT rowid, -bm25(words, ?, ?) FROM words WHERE words MATCH ? ORDER BY 2 DESC LIMIT ?",
            (_TITLE, _TEXT, match, LEG_LIMIT),
        )
        return dict(rows.fetchall())

    def _by_meaning(self, vector: NDArray[np.float32]) -> dict[int, float]:
        scores = self._vectors @ vector
        return {
            int(number): float(scores[number]) for number in np.argsort(-scores, kind="stable")[:LEG_LIMIT]
        }


def _stretched(leg: dict[int, float]) -> dict[int, float]:
    low, high = min(leg.values(), default=0.0), max(leg.values(), default=0.0)
    return {number: (score - low) / (high - low) if high > low else 1.0 for number, score in leg.items()}
