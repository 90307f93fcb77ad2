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
    published_at: datetime | None


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
    #: Why the latest job failed, or "".
    error: str
    #: Files of the latest job that could not be read.
    problems: tuple[Problem, ...]
    indexed_at: datetime | None
    #: Concepts that were found in it; None while the server that has them is away.
    concepts: int | None
    #: False when they are those of other material than the course has now, or there are none yet.
    concepts_are_current: bool
