"""The bodies of answers about courses: their material, what they could not answer, and their concepts."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


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


class EmbeddingBody(BaseModel):
    """How far the embedding of new material is."""

    passages: int
    #: How many there are to embed in all.
    of: int
    #: In the latest batches; 0 before the first one.
    per_second: float
    #: About how long the rest takes; null before the first batch.
    seconds_left: int | None
    #: The same as a sentence.
    says: str


class CourseDetail(BaseModel):
    """A course and the state of its material."""

    course_id: str
    title: str
    state: Literal["empty", "indexing", "ready", "failed"]
    documents: int
    passages: int
    batches: int
    batches_done: int
    #: null when nothing is being embedded.
    embedding: EmbeddingBody | None
    #: Why the latest indexing failed, or "".
    error: str
    problems: list[UnreadFile]
    indexed_at: datetime | None
    #: How many concepts were found in it; null while the server that has them is away.
    concepts: int | None
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
