"""What the API answers, for its OpenAPI description. Bodies are built as plain data; tests hold them to these shapes."""

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
    #: What is away until somebody mends it, with what to do.
    notices: list[str]
    #: The day (UTC) of the material: that of the oldest document cited; when declined, of the course's latest change.
    material_date: date | None
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


class CourseItem(BaseModel):
    """A course in a list."""

    course_id: str
    title: str


class Courses(BaseModel):
    """All courses by id."""

    courses: list[CourseItem]


class UnreadFile(BaseModel):
    """A file that is not in the course, or not all of it, and why."""

    document: str
    reason: str
    #: True when only parts of it are missing, such as scanned pages.
    partial: bool


class CourseDetail(BaseModel):
    """A course and the state of its material."""

    course_id: str
    title: str
    state: Literal["empty", "indexing", "ready", "failed"]
    documents: int
    passages: int
    batches: int
    batches_done: int
    #: Why the latest indexing failed, or "".
    error: str
    problems: list[UnreadFile]
    indexed_at: datetime | None
    #: How many concepts were found in it.
    concepts: int
    #: False when they are those of other material than the course has now; see `build_concepts`.
    concepts_are_current: bool
    #: "hint": its students get hints, whatever they ask for.
    mode: Literal["answer", "hint"]


class GapQuestionBody(BaseModel):
    """Questions of one section that are alike, counted together."""

    #: The latest of them, and its task.
    question: str
    task_id: str
    count: int
    #: How many of them no teacher has answered since.
    open: int
    declined: int
    #: Thumbs down.
    down: int
    #: Lowest among them.
    confidence: float
    asked_at: datetime
    #: Document of the teacher's answer, or null.
    answered_by: str | None


class GapBody(BaseModel):
    """What a course could not answer, or not well, near one of its sections."""

    #: "" for questions that come near none.
    section: str
    count: int
    open: int
    declined: int
    #: Answers of low confidence.
    low: int
    down: int
    asked_at: datetime
    #: Those asked most, at most five.
    questions: list[GapQuestionBody]
    #: What students wrote to a thumbs-down, latest first, at most three.
    comments: list[str]


class GapsBody(BaseModel):
    """A page of gaps, those with most open questions first."""

    course_id: str
    #: Sections, questions and open questions in all.
    sections: int
    count: int
    open: int
    #: Answered questions that are remembered, gaps or not.
    answered: int
    gaps: list[GapBody]


class TeacherAnswerBody(BaseModel):
    """A teacher's answer."""

    answer_id: str
    question: str
    answer: str
    #: The course's document that it is.
    document: str
    created_at: datetime
    updated_at: datetime
    #: When its present text could be found first; null while it cannot.
    indexed_at: datetime | None


class TeacherAnswersBody(BaseModel):
    """A page of a course's teachers' answers by id."""

    course_id: str
    count: int
    answers: list[TeacherAnswerBody]


class AcceptedMaterial(BaseModel):
    """A change of a course's material that a worker makes; its task tells how it stands."""

    task_id: str
    status: Literal["PENDING"]
    message: str
    course_id: str


class AcceptedAnswer(AcceptedMaterial):
    """A teacher's answer that is being indexed."""

    answer_id: str
    document: str


class DocumentItem(BaseModel):
    """A document of a course."""

    name: str
    title: str
    passages: int
    #: When its present content came into the course.
    updated_at: datetime


class Documents(BaseModel):
    """A course's documents by name."""

    course_id: str
    documents: list[DocumentItem]


class Place(BaseModel):
    """Where a passage stands."""

    heading_path: list[str]
    anchor: str
    #: Page, slide or cell on which the passage begins; null for formats without.
    page: int | None


class FoundPassage(BaseModel):
    """A passage that fits a search."""

    passage_id: str
    document: str
    title: str
    kind: str
    location: Place
    text: str
    start: int
    end: int
    #: 0..1, compares passages of one search only.
    score: float
    legs: list[str]


class SearchResults(BaseModel):
    """The passages that fit best, best first."""

    course_id: str
    query: str
    passages: list[FoundPassage]


class ConceptPlace(BaseModel):
    """A passage that speaks of a concept."""

    passage_id: str
    document: str
    title: str
    location: Place


class ConceptItem(BaseModel):
    """A concept of a course."""

    #: The same as long as the course calls it the same.
    concept_id: str
    name: str
    #: Abbreviations and other names.
    aliases: list[str]
    #: The course's sentence that defines it or sets it off as a term, verbatim; "" where there is none.
    sentence: str
    #: True when that sentence says what it is.
    is_definition: bool
    #: Where it is explained.
    explained: ConceptPlace


class Concepts(BaseModel):
    """Concepts in the order in which the course explains them."""

    course_id: str
    concepts: list[ConceptItem]
    #: How many there are in all.
    total: int


class ConceptDetail(ConceptItem):
    """A concept and those around it."""

    course_id: str
    #: Where it is named first.
    first_mention: ConceptPlace
    #: Further sections that speak of it most, in the course's order.
    places: list[ConceptPlace]
    #: What should be known before, what its explanation rests on most first.
    prerequisites: list[ConceptItem]
    #: What rests on it, in the course's order.
    leads_to: list[ConceptItem]
    #: What the course speaks of together with it, closest first.
    related: list[ConceptItem]


class PathStep(ConceptItem):
    """One step of a learning path."""

    #: `concept_id` of those steps before it that it rests on directly.
    needs: list[str]


class ConceptPath(BaseModel):
    """What to learn, in order; the last step is the concept that was asked for."""

    course_id: str
    concept_id: str
    steps: list[PathStep]
    #: True when more is needed than `limit` steps; what matters most is there.
    shortened: bool
