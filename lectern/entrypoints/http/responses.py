"""What the API answers about tasks and conversations, for its OpenAPI description; about courses: `course_responses`.

Bodies are built as plain data; tests hold them to these shapes.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


def _sometimes() -> Any:
    """Return a field that not every body has; it shows no default, which a generated client would fill in."""
    return Field(default_factory=dict)


Word = Literal["PENDING", "PROCESSING", "SUCCESS", "FAILURE", "REVOKED"]


class ProblemBody(BaseModel):
    """Every error."""

    #: A sentence: what happened, and what to do.
    error: str
    #: A stable word.
    code: str
    #: Wrong fields, each with what is wrong.
    fields: dict[str, str] = _sometimes()
    #: With errors about a task: true, so that a client that polls stops.
    ready: bool = _sometimes()
    task_id: str = _sometimes()


class Submitted(BaseModel):
    """An accepted question."""

    task_id: str
    status: Literal["PENDING"]
    message: str


class Info(BaseModel):
    """How far an unfinished run is."""

    step: str
    #: Place in the queue, 1 is next; only while it is queued.
    position: int = _sometimes()


class SourceLocation(BaseModel):
    """Where a quote stands."""

    #: Headings above it, outermost first.
    heading_path: list[str]
    anchor: str
    #: Page, slide or cell, null for formats without.
    page: int | None


class AnswerSource(BaseModel):
    """One cited quote."""

    #: The number that the answer's text uses: [1], [2], …
    number: int
    passage_id: str
    document: str
    title: str
    location: SourceLocation
    #: Verbatim.
    quote: str
    #: Characters of the quote within the document's plain text.
    start: int
    end: int
    #: 0..1, compares sources of one answer only.
    score: float
    legs: list[str]
    #: When the document's present content came into the course; null when that is not known.
    updated_at: datetime | None


class ExplainedAt(BaseModel):
    """Where the course explains a concept."""

    passage_id: str
    document: str
    title: str
    location: SourceLocation


class Foundation(BaseModel):
    """A concept that the one asked about rests on, and that the course explains before it."""

    concept_id: str
    name: str
    explained: ExplainedAt


class AnswerBody(BaseModel):
    """The answer to a question."""

    answer: str
    sources: list[AnswerSource]
    #: 0..1, fitted; see `calibration`.
    confidence: float
    #: From .85, from .6, and below.
    confidence_band: Literal["high", "check_source", "low"]
    question_type: Literal["simple", "complex", "follow_up", "off_topic"]
    #: True when the course does not answer the question; `answer` then says so.
    declined: bool
    #: Version of the fit behind `confidence`, and whether the course's own students corrected it.
    calibration: str
    #: A sentence to show beside the answer; "" where the confidence is high or the answer a refusal.
    advice: str
    #: The figures of the search behind `confidence`.
    features: dict[str, float]
    #: Parts that were away while this was answered.
    degraded: list[str]
    #: When declined, or answered with low confidence: the nearest sections, in words.
    nearest: list[str]
    #: What is away until somebody mends it, with what to do; and that the language model was, in the question's language.
    notices: list[str]
    #: The day (UTC) of the material: that of the oldest document cited; when declined, of the course's latest change.
    material_date: date | None
    #: At most three concepts to read about first, the weightiest first.
    builds_on: list[Foundation]
    #: "hint": the answer tells where to read and what to think about, not the solution.
    mode: Literal["answer", "hint"]


class FeedbackBody(BaseModel):
    """What is kept of a student's word on an answer."""

    task_id: str
    rating: Literal["up", "down"]
    comment: str
    rated_at: datetime


class TaskStatus(BaseModel):
    """How a run stands: `info` until it is ready, then `result` with SUCCESS, `error` otherwise."""

    task_id: str
    status: Word
    ready: bool
    info: Info = _sometimes()
    #: An answer; another object for tasks that are no questions.
    result: AnswerBody | dict[str, Any] = _sometimes()
    error: str = _sometimes()
    created_at: datetime
    attempt: int
    thread_id: str
    #: The task that this one asks again, where it does.
    retry_of: str = _sometimes()


class Gone(BaseModel):
    """A run whose result is no longer kept."""

    task_id: str
    ready: Literal[True]
    error: str
    code: Literal["expired"]
    created_at: datetime
    attempt: int
    thread_id: str
    #: The task that this one asks again, where it does.
    retry_of: str = _sometimes()


class RecentTask(BaseModel):
    """A run in a list."""

    task_id: str
    status: Word
    ready: bool
    #: True when its result is no longer kept.
    expired: bool
    #: "" once it expired.
    question: str
    course_id: str
    thread_id: str
    attempt: int
    created_at: datetime
    #: The task that this one asks again, where it does.
    retry_of: str = _sometimes()


class RecentTasks(BaseModel):
    """A student's runs, newest first."""

    tasks: list[RecentTask]


class ConversationTurn(BaseModel):
    """A question of a conversation and what became of it."""

    number: int
    task_id: str
    question: str
    #: null when the run is no longer known.
    status: Word | None
    #: The answer; one of an older version may lack fields.
    result: AnswerBody | dict[str, Any] | None
    created_at: datetime


class Conversation(BaseModel):
    """A conversation, oldest turn first."""

    thread_id: str
    course_id: str
    turns: list[ConversationTurn]
