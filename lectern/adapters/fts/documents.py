"""What the file has of whole documents: the digest of each one's content, and all that is needed to copy it."""

import json
import sqlite3

import numpy as np

from lectern.adapters.fts.rows import passages_of_document
from lectern.tutor.domain.publication import digest_of
from lectern.tutor.ports.passages import Vector

_MODEL = """
SELECT model FROM vector WHERE id = (SELECT vector_id FROM passage WHERE course_key = ? AND document = ? LIMIT 1)
"""


def note_document(connection: sqlite3.Connection, course_key: int, document: str, digest: str) -> None:
    """Keep a document's digest, or none where it has no passages."""
    connection.execute("DELETE FROM document WHERE course_key = ? AND document = ?", (course_key, document))
    if digest:
        connection.execute("INSERT INTO document VALUES (?, ?, ?)", (course_key, document, digest))


def kept_documents(connection: sqlite3.Connection, course_key: int) -> dict[str, str]:
    """Return the digests of a course's documents."""
    return dict(
        connection.execute("SELECT document, digest FROM document WHERE course_key = ?", (course_key,))
    )


def kept_courses(connection: sqlite3.Connection) -> set[int]:
    """Return the keys of all courses."""
    return {int(row[0]) for row in connection.execute("SELECT course_key FROM course")}


def model_of(connection: sqlite3.Connection, course_key: int, document: str) -> str:
    """Return the embedding model of a document's vectors; "" without any."""
    row = connection.execute(_MODEL, (course_key, document)).fetchone()
    return str(row[0]) if row else ""


def vectors(connection: sqlite3.Connection, model: str, text_shas: list[str]) -> dict[str, Vector]:
    """Return vectors by text hash."""
    rows = connection.execute(
        "SELECT text_sha, embedding FROM vector WHERE model = ? AND text_sha IN (SELECT value FROM json_each(?))",
        (model, json.dumps(text_shas)),
    )
    return {sha: np.frombuffer(embedding, dtype=np.float32) for sha, embedding in rows}


def note_all_documents(connection: sqlite3.Connection) -> None:
    """Keep the digests of all documents; the table was empty."""
    pairs = connection.execute("SELECT DISTINCT course_key, document FROM passage").fetchall()
    for course_key, document in pairs:
        passages = passages_of_document(connection, course_key, document)
        digest = digest_of(model_of(connection, course_key, document), passages)
        note_document(connection, course_key, document, digest)
