"""`PassageIndex` on SQLite FTS5 and NumPy: the embedded default, for one host and a local disk (WAL)."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from lectern.adapters.fts.connections import Connections
from lectern.adapters.fts.documents import kept_courses, kept_documents, model_of, note_document, vectors
from lectern.adapters.fts.keyword_leg import search_keywords
from lectern.adapters.fts.rows import delete_document, insert_passage, passages_of_document
from lectern.adapters.fts.vector_leg import MatrixCache, search_vectors
from lectern.adapters.fts.vector_store import (
    missing_vectors,
    models_of_course,
    settle_use,
    store_vectors,
    vector_ids,
    vectors_of_document,
)
from lectern.adapters.fts.vocabulary import count_words, spelled_like
from lectern.adapters.fts.words_tables import ensure_words, words_table
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.publication import NOTHING, digest_of
from lectern.tutor.errors import IndexUnavailable
from lectern.tutor.ports.passages import Hit, IndexStats, Vector

#: Memory for matrices in one process: at 1.5 kB a passage, about 170,000 passages.
CACHE_BYTES = 256 * 1024 * 1024


class FtsPassageIndex:
    """Passages of all courses in one SQLite file, made when it is missing.

    One object may be shared by threads and taken through a fork; many processes may use one file. `cache_bytes`
    bounds the memory for vectors.
    """

    def __init__(self, path: Path, cache_bytes: int = CACHE_BYTES) -> None:
        self._connections = Connections(path)
        self._matrices = MatrixCache(cache_bytes)

    def missing_vectors(self, model: str, text_shas: Collection[str]) -> set[str]:
        """Return those of `text_shas` that must be embedded and stored before their passages can be."""
        with self._connections.reading() as connection:
            return missing_vectors(connection, model, text_shas)

    def store_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors by text hash."""
        with self._connections.writing() as connection:
            store_vectors(connection, model, vectors)

    def replace_documents(
        self, course_key: int, model: str, documents: Mapping[str, Sequence[Passage]]
    ) -> None:
        """Put passages in the place of the documents', each in one transaction."""
        missing = self.missing_vectors(
            model, {one.text_sha for passages in documents.values() for one in passages}
        )
        for document, passages in documents.items() if missing else ():
            if lacks := missing & {one.text_sha for one in passages}:
                raise IndexUnavailable.lacking(document, len(lacks))
        for document, passages in documents.items():
            self._replace_document(course_key, document, model, passages)

    def _replace_document(
        self, course_key: int, document: str, model: str, passages: Sequence[Passage]
    ) -> None:
        with self._connections.writing() as connection:
            ids = vector_ids(connection, model, passages)
            _require_all(ids, document, passages)
            before = vectors_of_document(connection, course_key, document)
            ensure_words(connection, course_key)
            count_words(connection, course_key, document, -1)
            delete_document(connection, course_key, document)
            for passage in passages:
                insert_passage(connection, course_key, passage, ids[passage.text_sha])
            count_words(connection, course_key, document, 1)
            note_document(connection, course_key, document, digest_of(model, passages))
            settle_use(connection, before | set(ids.values()))
            _stamp(connection, course_key)

    def remove_document(self, course_key: int, document: str) -> None:
        """Remove a document's passages, if it has any."""
        with self._connections.writing() as connection:
            before = vectors_of_document(connection, course_key, document)
            if before:
                count_words(connection, course_key, document, -1)
                delete_document(connection, course_key, document)
                note_document(connection, course_key, document, NOTHING)
                settle_use(connection, before)
                _stamp_or_drop(connection, course_key)

    def search_keywords(
        self, course_key: int, query: str, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the best passages for the words of `query`; scores are BM25, above 0."""
        with self._connections.reading() as connection:
            return search_keywords(connection, course_key, query, limit, kinds)

    def search_vectors(
        self, course_key: int, model: str, vector: Vector, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the passages nearest to `vector`; scores are cosines."""
        with self._connections.reading() as connection:
            return search_vectors(connection, self._matrices, course_key, model, vector, limit, kinds)

    def spelled_like(self, course_key: int, word: str) -> dict[str, int]:
        """Return the course's words that `word` may be a slip of, with the passages of each."""
        with self._connections.reading() as connection:
            return spelled_like(connection, course_key, word)

    def passages(self, course_key: int, document: str) -> list[Passage]:
        """Return the passages of a document in their order."""
        with self._connections.reading() as connection:
            return passages_of_document(connection, course_key, document)

    def present(self, course_key: int, passage_ids: Collection[str]) -> set[str]:
        """Return those of `passage_ids` that the course has now."""
        wanted = json.dumps(list(passage_ids))
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT id FROM passage WHERE course_key = ? AND id IN (SELECT value FROM json_each(?))",
                (course_key, wanted),
            )
            return {str(row[0]) for row in rows}

    def stats(self, course_key: int) -> IndexStats:
        """Count documents and passages of a course."""
        with self._connections.reading() as connection:
            documents, passages = connection.execute(
                "SELECT count(DISTINCT document), count(*) FROM passage WHERE course_key = ?", (course_key,)
            ).fetchone()
            models = models_of_course(connection, course_key)
        return IndexStats(documents=documents, passages=passages, models=models)

    # --- for those that copy it or stand it by -------------------------------------------------------------------

    def vectors(self, model: str, text_shas: Collection[str]) -> dict[str, Vector]:
        """Return the vectors of `model` that are stored, by text hash."""
        with self._connections.reading() as connection:
            return vectors(connection, model, list(text_shas))

    def kept_courses(self) -> set[int]:
        """Return the keys of all courses that have passages."""
        with self._connections.reading() as connection:
            return kept_courses(connection)

    def kept_documents(self, course_key: int) -> dict[str, str]:
        """Return the documents of a course, with the digests of their contents."""
        with self._connections.reading() as connection:
            return kept_documents(connection, course_key)

    def read_document(self, course_key: int, document: str) -> tuple[str, list[Passage], dict[str, Vector]]:
        """Return the embedding model, the passages, and their vectors by text hash."""
        with self._connections.reading() as connection:
            model = model_of(connection, course_key, document)
            passages = passages_of_document(connection, course_key, document)
            return model, passages, vectors(connection, model, [one.text_sha for one in passages])

    def put_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Replace documents, with their vectors."""
        self.store_vectors(model, vectors)
        self.replace_documents(course_key, model, documents)

    def remove_course(self, course_key: int) -> None:
        """Remove all documents of a course."""
        for document in self.kept_documents(course_key):
            self.remove_document(course_key, document)


def _require_all(vectors: Mapping[str, int], document: str, passages: Sequence[Passage]) -> None:
    missing = {passage.text_sha for passage in passages} - vectors.keys()
    if missing:
        raise IndexUnavailable.lacking(document, len(missing))


def _stamp_or_drop(connection: sqlite3.Connection, course_key: int) -> None:
    """Mark a course that lost a document as changed; with its last one its full-text table goes."""
    left = connection.execute("SELECT 1 FROM passage WHERE course_key = ? LIMIT 1", (course_key,)).fetchone()
    if left:
        _stamp(connection, course_key)
        return
    connection.execute(f"DROP TABLE IF EXISTS {words_table(course_key)}")
    connection.execute("DELETE FROM course WHERE course_key = ?", (course_key,))


def _stamp(connection: sqlite3.Connection, course_key: int) -> None:
    """Mark the course as changed. Random rather than counted: a file made anew must not repeat old stamps."""
    connection.execute(
        """
        INSERT INTO course (course_key, stamp) VALUES (?, randomblob(8))
        ON CONFLICT (course_key) DO UPDATE SET stamp = excluded.stamp
        """,
        (course_key,),
    )
