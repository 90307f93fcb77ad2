"""Where passages are kept and searched."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.domain.passage import Passage, PassageKind

#: One embedding: float32, L2-normalised, shape (dimensions,).
Vector = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A passage that a search leg found. Scores of one leg compare with each other only; higher is better."""

    passage: Passage
    score: float


class FromStandby(list[Hit]):
    """What a leg found in the place of a store that is away."""

    def __init__(self, hits: Iterable[Hit], away: str) -> None:
        super().__init__(hits)
        #: The name of the store, as answers give it in `degraded`.
        self.away = away


@dataclass(frozen=True, kw_only=True)
class IndexStats:
    """What the index holds of one course."""

    documents: int
    passages: int
    #: Embedding models whose vectors its passages have, by name: one, unless it is being embedded anew.
    models: tuple[str, ...] = ()


#: Passages of documents that are given to an index at once: a server takes many about as quickly as a few.
TOGETHER_PASSAGES = 500


class PassageIndex(Protocol):
    """Passages of all courses, searched by keywords and by vectors; a course never sees another's.

    `course_key` is the course's integer key. Implementations filter by it inside the store. Every method raises
    `IndexUnavailable` when the store cannot be reached. All are blocking: call them off the event loop.
    """

    def missing_vectors(self, model: str, text_shas: Collection[str]) -> set[str]:
        """Return those of `text_shas` for which no vector of `model` is stored."""

    def store_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors by text hash, in the place of older ones of that model. New ones are found by no search yet."""

    def replace_documents(
        self, course_key: int, model: str, documents: Mapping[str, Sequence[Passage]]
    ) -> None:
        """Put the passages of each document in the place of whatever it had; of each all or nothing.

        The vectors of all texts must have been stored; raises `IndexUnavailable` naming a document that lacks some.
        """

    def remove_document(self, course_key: int, document: str) -> None:
        """Remove a document's passages. Removing what is not there is harmless."""

    def search_keywords(
        self, course_key: int, query: str, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the best passages for the words of `query` (any text: never raises for its form), best first."""

    def search_vectors(
        self, course_key: int, model: str, vector: Vector, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the passages nearest to `vector`, which `model` made, by cosine, best first.

        Raises `EmbeddedOtherwise` when any passage of the course has a vector of another model or length: such are never
        compared, and what is left would be half a course.
        """

    def spelled_like(self, course_key: int, word: str) -> dict[str, int]:
        """Return `word` (lower case) alone where the course has it, else the course's words with its first letter and
        about its length; each with the number of passages that hold it. For the repair of spelling: {} leaves questions
        as they were typed.
        """

    def passages(self, course_key: int, document: str) -> list[Passage]:
        """Return the passages of a document in their order, as they were given."""

    def present(self, course_key: int, passage_ids: Collection[str]) -> set[str]:
        """Return those of `passage_ids` that the course has now, all seen at one moment. An id stands for one text."""

    def stats(self, course_key: int) -> IndexStats:
        """Count documents and passages of a course."""


class PassageStore(PassageIndex, Protocol):
    """What keeps a `PassageIndex`, as those see it who move it or stand in for it. Digests are those of `digest_of`."""

    def vectors(self, model: str, text_shas: Collection[str]) -> dict[str, Vector]:
        """Return the vectors of `model` that are stored, by text hash."""

    def kept_courses(self) -> set[int]:
        """Return the keys of the courses of which something is kept, those that were deleted meanwhile included."""

    def kept_documents(self, course_key: int) -> dict[str, str]:
        """Return the documents of a course, with the digests of their contents."""

    def read_document(self, course_key: int, document: str) -> tuple[str, list[Passage], dict[str, Vector]]:
        """Return the embedding model, the passages, and their vectors by text hash; "" and nothing without any."""

    def put_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Do what `replace_documents` does, with vectors that are given."""

    def remove_course(self, course_key: int) -> None:
        """Remove all that is kept of a course, for one that was deleted."""
