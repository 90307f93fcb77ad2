"""Vectors by model and text hash, kept apart from passages.

They are stored before any passage uses them, and dropped long after none does.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from lectern.tutor.domain.passage import Passage
from lectern.tutor.ports.passages import Vector

#: An unused vector is dropped after this time: an ingest that needs it may still be under way elsewhere.
KEEP_UNUSED_SECONDS = 86_400

# SQLite's clock for every process.
_NOW = "CAST(strftime('%s', 'now') AS INTEGER)"


def missing_vectors(connection: sqlite3.Connection, model: str, text_shas: Collection[str]) -> set[str]:
    """Return the hashes without a vector, or with one that is nearer to its removal than to its last use."""
    rows = connection.execute(
        f"""
        SELECT text_sha FROM vector
        WHERE model = ? AND text_sha IN (SELECT value FROM json_each(?))
        AND (unused_since IS NULL OR unused_since > {_NOW} - {KEEP_UNUSED_SECONDS // 2})
        """,  # noqa: S608 - put together from constants
        (model, json.dumps(list(text_shas))),
    )
    return set(text_shas) - {row[0] for row in rows}


def store_vectors(connection: sqlite3.Connection, model: str, vectors: Mapping[str, Vector]) -> None:
    """Keep vectors, in the place of those of the same model and text; if one is unused, its time begins anew."""
    connection.executemany(
        f"""
        INSERT INTO vector (model, text_sha, embedding, unused_since) VALUES (?, ?, ?, {_NOW})
        ON CONFLICT (model, text_sha) DO UPDATE SET
            embedding = excluded.embedding,
            unused_since = CASE WHEN unused_since IS NULL THEN NULL ELSE {_NOW} END
        """,  # noqa: S608 - put together from constants
        [(model, sha, np.asarray(vector, dtype=np.float32).tobytes()) for sha, vector in vectors.items()],
    )


def vector_ids(connection: sqlite3.Connection, model: str, passages: Sequence[Passage]) -> dict[str, int]:
    """Return the row ids of the passages' vectors by text hash; those without a vector are left out."""
    shas = sorted({passage.text_sha for passage in passages})
    rows = connection.execute(
        "SELECT text_sha, id FROM vector WHERE model = ? AND text_sha IN (SELECT value FROM json_each(?))",
        (model, json.dumps(shas)),
    )
    return {row[0]: row[1] for row in rows}


def models_of_course(connection: sqlite3.Connection, course_key: int) -> tuple[str, ...]:
    """Return the names of the models whose vectors a course's passages have."""
    rows = connection.execute(
        """
        SELECT DISTINCT model FROM vector
        WHERE id IN (SELECT vector_id FROM passage WHERE course_key = ?) ORDER BY model
        """,
        (course_key,),
    )
    return tuple(row[0] for row in rows)


def vectors_of_document(connection: sqlite3.Connection, course_key: int, document: str) -> set[int]:
    """Return the row ids of the vectors that a document's passages use."""
    rows = connection.execute(
        "SELECT DISTINCT vector_id FROM passage WHERE course_key = ? AND document = ?", (course_key, document)
    )
    return {row[0] for row in rows}


def settle_use(connection: sqlite3.Connection, vectors: Collection[int]) -> None:
    """Note which of `vectors`, whose passages came or went, are used now; drop what was unused for long."""
    connection.execute(
        f"""
        UPDATE vector SET unused_since =
            CASE WHEN EXISTS (SELECT 1 FROM passage WHERE vector_id = vector.id) THEN NULL ELSE {_NOW} END
        WHERE id IN (SELECT value FROM json_each(?))
        """,  # noqa: S608 - put together from constants
        (json.dumps(list(vectors)),),
    )
    connection.execute(f"DELETE FROM vector WHERE unused_since < {_NOW} - {KEEP_UNUSED_SECONDS}")  # noqa: S608 - put together from constants
