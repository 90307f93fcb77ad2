"""A course, its documents, and the jobs that bring it up to date."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lectern.tutor.domain.answer import Mode
from lectern.tutor.domain.passage import Passage, PassageKind

#: What a course may be called, as a regular expression.
COURSE_ID = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}"


def readable(course_id: str) -> str:
    """Return a title for a course that was given none: its id in words."""
    words = re.sub(r"[_.-]+", " ", course_id).strip()
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, kw_only=True)
class Course:
    """A course that can be asked."""

    #: The name that clients use, e.g. "python_101".
    id: str
    #: Random number that names it inside the passage index; never reused.
    key: int
    title: str
    #: True lets answers quote exercises and solutions.
    answer_from_exercises: bool
    created_at: datetime
    #: Corrections of its confidences by its students' judgements, by the kind of answer; see `Recalibration`.
    recalibration: Mapping[str, Any] = field(default_factory=dict)
    #: HINT: its students get hints, whatever a question asks for.
    mode: Mode = Mode.ANSWER

    @property
    def answerable_kinds(self) -> frozenset[PassageKind]:
        """Kinds of passages that its answers may quote."""
        return answerable_kinds(from_exercises=self.answer_from_exercises)


def answerable_kinds(*, from_exercises: bool) -> frozenset[PassageKind]:
    """Return the kinds of passages that answers may quote: a tutor that recites the answer key is none."""
    kinds = frozenset({PassageKind.BODY, PassageKind.SUMMARY})
    return kinds | {PassageKind.EXERCISE, PassageKind.SOLUTION} if from_exercises else kinds


@dataclass(frozen=True, kw_only=True)
class CourseDocument:
    """A document whose passages are searched."""

    name: str
    title: str
    #: Hash of content and parser version: equal means nothing to do.
    content_sha: str
    passages: int
    indexed_at: datetime


@dataclass(frozen=True, kw_only=True)
class StagedDocument:
    """A document that was parsed and waits to be embedded and published."""

    name: str
    title: str
    content_sha: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why one file, or a part of it, did not become passages."""

    document: str
    reason: str
    #: True when the rest of the file did.
    partial: bool = False

    def to_json(self) -> Mapping[str, Any]:
        """Return the JSON object that is stored and sent."""
        return {"document": self.document, "reason": self.reason, "partial": self.partial}


@dataclass(frozen=True, kw_only=True)
class EmbeddingProgress:
    """How far the embedding of a job's passages is."""

    passages: int
    #: How many there are to embed in all.
    of: int
    #: Passages a second in the latest batches, the time between batches left out; 0 before the first one.
    per_second: float

    @property
    def seconds_left(self) -> float | None:
        """Return about how long the rest takes; None while nobody knows."""
        return (self.of - self.passages) / self.per_second if self.per_second else None

    def to_json(self) -> Mapping[str, Any]:
        """Return the JSON object that is sent."""
        left = self.seconds_left
        return {
            "passages": self.passages,
            "of": self.of,
            "per_second": round(self.per_second, 2),
            "seconds_left": None if left is None else round(left),
            "says": str(self),
        }

    def after(self, passages: int, embedded: int, seconds: float) -> "EmbeddingProgress":
        """Return what it is once `passages` are done, the latest `embedded` of them in `seconds`.

        Each batch counts for a quarter of the rate: it follows a machine that slows down within a minute, and forgives a
        batch of long texts.
        """
        rate = self.per_second
        if embedded and seconds > 0:
            rate = 0.75 * rate + 0.25 * embedded / seconds if rate else embedded / seconds
        return EmbeddingProgress(passages=min(passages, self.of), of=self.of, per_second=rate)

    def __str__(self) -> str:
        """Tell it to people."""
        left = self.seconds_left
        pace = "" if left is None else f", {self.per_second:.1f} a second, about {_lasting(left)} left"
        return f"Embedding passages: {self.passages:,} of {self.of:,}{pace}"


def _lasting(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


@dataclass(frozen=True, kw_only=True)
class IndexingJob:
    """One order to bring a course up to date. Its batches are runs that carry its id as their group."""

    id: UUID
    course_id: str
    created_at: datetime
    problems: tuple[Problem, ...]
    #: Documents that were removed from the material.
    removals: tuple[str, ...]
    #: Passages that had no vector when the job began.
    to_embed: int
    #: How many of them are embedded, and how many a second lately; see `EmbeddingProgress`.
    embedded: int = 0
    per_second: float = 0.0
    published_at: datetime | None

    @property
    def embedding(self) -> EmbeddingProgress:
        """Return how far its embedding is."""
        return EmbeddingProgress(passages=self.embedded, of=self.to_embed, per_second=self.per_second)


class IndexingState(StrEnum):
    """Whether a course can be asked, and whether its latest material is in."""

    #: Nothing was ever published.
    EMPTY = "empty"
    #: A job is under way; the passages of the last one are answered from meanwhile.
    INDEXING = "indexing"
    READY = "ready"
    #: The latest job ended without being published; the passages before it are answered from.
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class CourseState:
    """What a teacher wants to know of a course's material."""

    state: IndexingState
    documents: int
    passages: int
    #: Batches of the latest job, and how many of them are done.
    batches: int
    batches_done: int
    #: How far its embedding is; None when it has ended, or nothing of it had to be embedded.
    embedding: EmbeddingProgress | None
    #: Why the latest job failed, or "".
    error: str
    #: Files of the latest job that could not be read.
    problems: tuple[Problem, ...]
    indexed_at: datetime | None
    #: Concepts that were found in it; None while the server that has them is away.
    concepts: int | None
    #: False when they are those of other material than the course has now, or there are none yet.
    concepts_are_current: bool
