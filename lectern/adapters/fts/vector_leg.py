"""The vector leg: one NumPy matrix a course, kept in memory until the course changes or space is needed."""

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lectern.adapters.fts.rows import PASSAGE_COLUMNS, passage_of
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import EmbeddedOtherwise
from lectern.tutor.ports.passages import Hit, Vector

_KIND_CODES = {kind: code for code, kind in enumerate(PassageKind)}

_COUNT = "SELECT count(*) FROM passage WHERE course_key = ?"
_LOAD = """
SELECT number, kind, embedding FROM passage JOIN vector ON vector.id = vector_id
WHERE course_key = ? AND model = ? AND length(embedding) = ? ORDER BY number
"""
_OTHERS = """
SELECT DISTINCT model, length(embedding) / 4 FROM passage JOIN vector ON vector.id = vector_id
WHERE course_key = ? AND NOT (model = ? AND length(embedding) = ?)
"""
_FETCH = f"""
SELECT number, {PASSAGE_COLUMNS} FROM passage
WHERE course_key = ? AND number IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - put together from constants


@dataclass(frozen=True, kw_only=True)
class CourseMatrix:
    """The vectors of one course as they were at `stamp`."""

    stamp: bytes
    #: One row a passage, shape (passages, dimensions).
    vectors: NDArray[np.float32]
    #: Row numbers of the passages.
    numbers: NDArray[np.int64]
    #: Codes of the passages' kinds.
    kinds: NDArray[np.int8]
    #: Other models that passages of the course have vectors of, with their lengths.
    others: tuple[tuple[str, int], ...]

    @property
    def size_bytes(self) -> int:
        """Memory held by the arrays."""
        return self.vectors.nbytes + self.numbers.nbytes + self.kinds.nbytes


class MatrixCache:
    """The matrices of the courses used last, together at most `capacity_bytes` or a single larger one."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._lock = threading.Lock()
        self._loading: dict[tuple[int, str, int], threading.Lock] = {}
        self._matrices: OrderedDict[tuple[int, str, int], CourseMatrix] = OrderedDict()

    def get(
        self, connection: sqlite3.Connection, course_key: int, model: str, dimensions: int
    ) -> CourseMatrix | None:
        """Return the course's matrix as of the open transaction, None if the course has no passages."""
        row = connection.execute("SELECT stamp FROM course WHERE course_key = ?", (course_key,)).fetchone()
        if row is None:
            return None
        key = (course_key, model, dimensions)
        matrix = self._kept(key, row[0])
        if matrix is None:
            # Held while loading: a burst of questions after an ingest reads the vectors once. One a course: of 50,000
            # passages that takes a second, in which other courses are asked.
            with self._loading_of(key):
                matrix = self._kept(key, row[0]) or _load(connection, course_key, model, dimensions, row[0])
                self._keep(key, matrix)
        return matrix

    def _kept(self, key: tuple[int, str, int], stamp: bytes) -> CourseMatrix | None:
        with self._lock:
            matrix = self._matrices.get(key)
            if matrix is None or matrix.stamp != stamp:
                return None
            self._matrices.move_to_end(key)
            return matrix

    def _loading_of(self, key: tuple[int, str, int]) -> threading.Lock:
        with self._lock:
            return self._loading.setdefault(key, threading.Lock())

    def _keep(self, key: tuple[int, str, int], matrix: CourseMatrix) -> None:
        with self._lock:
            self._matrices[key] = matrix
            self._matrices.move_to_end(key)
            while len(self._matrices) > 1 and self._held_bytes() > self._capacity_bytes:
                self._matrices.popitem(last=False)

    def _held_bytes(self) -> int:
        return sum(matrix.size_bytes for matrix in self._matrices.values())


def search_vectors(
    connection: sqlite3.Connection,
    cache: MatrixCache,
    course_key: int,
    model: str,
    vector: Vector,
    limit: int,
    kinds: Collection[PassageKind],
) -> list[Hit]:
    """Return the passages nearest to `vector`; raises `EmbeddedOtherwise` where any has another model's vector."""
    matrix = cache.get(connection, course_key, model, vector.shape[0])
    if matrix is None or limit < 1:
        return []
    if matrix.others:
        raise EmbeddedOtherwise.by(matrix.others, model, vector.shape[0])
    eligible = np.flatnonzero(np.isin(matrix.kinds, [_KIND_CODES[kind] for kind in kinds]))
    scores = (matrix.vectors @ vector)[eligible]
    best = _best(scores, limit)
    numbers = [int(number) for number in matrix.numbers[eligible[best]]]
    rows = connection.execute(_FETCH, (course_key, json.dumps(numbers)))
    passages = {row[0]: passage_of(row[1:]) for row in rows}
    return [
        Hit(passage=passages[number], score=float(score))
        for number, score in zip(numbers, scores[best], strict=True)
        if number in passages
    ]


def _best(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    """Return the positions of the `limit` highest scores, highest first, of equal ones the earlier first."""
    candidates = np.arange(len(scores))
    if limit < len(scores):
        # Cheaper than sorting 50,000 scores; ties at the edge are cut below.
        edge = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        candidates = np.flatnonzero(scores >= edge)
    order: NDArray[np.int64] = candidates[np.argsort(-scores[candidates], kind="stable")][:limit]
    return order


def _load(
    connection: sqlite3.Connection, course_key: int, model: str, dimensions: int, stamp: bytes
) -> CourseMatrix:
    wanted = (course_key, model, 4 * dimensions)
    (most,) = connection.execute(_COUNT, (course_key,)).fetchone()
    vectors = np.empty((most, dimensions), dtype=np.float32)
    numbers, kinds, count = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int8), 0
    # Row by row into its place: all rows in a list first would be the matrix twice more.
    for number, kind, embedding in connection.execute(_LOAD, wanted):
        vectors[count] = np.frombuffer(embedding, dtype=np.float32)
        numbers[count], kinds[count] = number, _KIND_CODES[PassageKind(kind)]
        count += 1
    others = connection.execute(_OTHERS, wanted).fetchall()
    return CourseMatrix(
        stamp=stamp,
        vectors=vectors[:count],
        numbers=numbers[:count],
        kinds=kinds[:count],
        others=tuple((row[0], row[1]) for row in others),
    )
