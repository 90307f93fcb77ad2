import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from lectern.tutor.answering.measuring import kept_meaning, likeness
from lectern.tutor.errors import EmbeddingModelError


class LetterEmbeddings(Embeddings):
    """Counts letters: enough to tell what was taken out."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows = np.array([[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], float)
        return [list(row / max(1.0, float(np.linalg.norm(row)))) for row in rows]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class BrokenEmbeddings(LetterEmbeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise EmbeddingModelError("The model is away.")


def test_likeness_has_a_row_a_question() -> None:
    assert likeness(["a", "b"], ["a", "ab", "c"], LetterEmbeddings()).shape == (2, 3)
    assert likeness(["a"], ["aa"], LetterEmbeddings())[0, 0] == pytest.approx(1)


def test_nothing_left_out_keeps_all() -> None:
    assert kept_meaning("what is a loop", "what is a loop", BrokenEmbeddings()) == 1.0


def test_a_word_takes_its_meaning_away() -> None:
    assert kept_meaning("What does the Zorblax return?", "What does the return", LetterEmbeddings()) < 0.99


def test_without_the_model_words_are_counted() -> None:
    assert kept_meaning("Zorblax operator", "operator", BrokenEmbeddings()) == 0.5
