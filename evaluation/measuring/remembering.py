"""Embeddings that are computed once: what a text came to is kept in a file, for this run and the next ones."""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray


class RememberingEmbeddings(Embeddings):
    """Asks `embeddings` for the texts that it has not seen yet. May be shared by threads."""

    def __init__(self, embeddings: Embeddings, model: str, path: Path) -> None:
        self._embeddings = embeddings
        self._model = model
        self._lock = Lock()
        self._file = sqlite3.connect(path, timeout=60, check_same_thread=False)
        with self._file:
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS vector (model TEXT, sha BLOB, embedding BLOB, PRIMARY KEY (model, sha))"
            )

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one embedding a text."""
        rows: list[list[float]] = self.vectors(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """Return the embedding of a question."""
        return self.embed_documents([text])[0]

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings, float32, one row a text."""
        shas = [sha256(text.encode("utf-8", "replace")).digest() for text in texts]
        with self._lock:  # also while the model works: whoever waits may want the same texts
            known = {sha: row for sha in dict.fromkeys(shas) if (row := self._known(sha)) is not None}
            unknown = {sha: text for sha, text in zip(shas, texts, strict=True) if sha not in known}
            if unknown:
                computed = np.asarray(self._embeddings.embed_documents([*unknown.values()]), np.float32)
                known |= dict(zip(unknown, computed, strict=True))
                self._keep({sha: known[sha] for sha in unknown})
        return np.array([known[sha] for sha in shas])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _known(self, sha: bytes) -> NDArray[np.float32] | None:
        found = self._file.execute(
            "SELECT embedding FROM vector WHERE model = ? AND sha = ?", (self._model, sha)
        ).fetchone()
        return np.frombuffer(found[0], np.float32) if found else None

    def _keep(self, rows: dict[bytes, NDArray[np.float32]]) -> None:
        with self._file:
            self._file.executemany(
                "INSERT OR REPLACE INTO vector VALUES (?, ?, ?)",
                [(self._model, sha, row.tobytes()) for sha, row in rows.items()],
            )
