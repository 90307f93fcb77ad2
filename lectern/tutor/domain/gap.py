"""What is kept of answered questions, what students say of the answers, and what teachers answer themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lectern.base.json import JsonObject

#: Below this confidence an answer counts as a gap, unless its student said that it helped.
LOW_BELOW = 0.6


class Rating(StrEnum):
    """What a student says of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True)
class EndedQuestion:
    """A question that was answered, as its run left it."""

    run_id: UUID
    course_id: str
    question: str
    #: `Answer.to_json()`, perhaps of an older version.
    result: JsonObject
    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class AnsweredQuestion:
    """What is kept of it for teachers, and for fitting the confidence anew; nothing tells who asked."""

    run_id: UUID
    course_id: str
    question: str
    #: The same for questions that differ in little words, endings and order only.
    alike: str
    #: Where the course comes nearest: the section of the first source, or the nearest one of a refusal; "" for none.
    section: str
    confidence: float
    calibration: str
    declined: bool
    #: True when a language model wrote the answer.
    composed: bool
    #: "answer" or "hint".
    mode: str
    #: The figures behind the confidence, {} when they are not known.
    features: Mapping[str, float]
    #: True when a part was away.
    degraded: bool
    #: False for greetings and the like: never a gap.
    asks: bool
    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """A student's word on an answer."""

    run_id: UUID
    rating: Rating
    comment: str
    rated_at: datetime


@dataclass(frozen=True, kw_only=True)
class GapQuestion:
    """Questions of one section that are alike, counted together."""

    #: The latest of them.
    question: str
    task_id: UUID
    count: int
    #: How many of them are not answered by a teacher.
    open: int
    declined: int
    down: int
    #: Lowest confidence among them.
    confidence: float
    asked_at: datetime
    #: Document of the teacher's answer, "" for none.
    answered_by: str


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What a course could not answer, or not well, near one of its sections."""

    #: "" for questions that come near no section.
    section: str
    #: Questions, and how many of them are not answered by a teacher.
    count: int
    open: int
    declined: int
    #: Answers of low confidence, and those that their students found wanting.
    low: int
    down: int
    asked_at: datetime
    questions: tuple[GapQuestion, ...]
    #: What students wrote to a thumbs-down, latest first.
    comments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """A page of a course's gaps, those with most open questions first."""

    gaps: tuple[Gap, ...]
    #: Sections, questions, and open questions in all.
    sections: int
    count: int
    open: int
    #: Questions of the course that were answered and are remembered, gaps or not.
    answered: int


@dataclass(frozen=True, kw_only=True)
class JudgedAnswer:
    """An answer that its student judged: what a fit of the confidence learns from."""

    features: Mapping[str, float]
    confidence: float
    calibration: str
    composed: bool
    #: True for a thumbs-up.
    right: bool
    section: str


#: Folder of a course in which its teacher's answers stand, and what they are called.
ANSWERS_FOLDER, ANSWERS_TITLE = "teacher-answers", "Answered by the teacher"


@dataclass(frozen=True, kw_only=True)
class TeacherAnswer:
    """A teacher's own answer to a question; a document of the course."""

    #: Name within the course, made of the question.
    id: str
    question: str
    alike: str
    text: str
    created_at: datetime
    updated_at: datetime

    @property
    def document(self) -> str:
        """Name of its document."""
        return document_of(self.id)

    @property
    def markdown(self) -> str:
        """Its document's text."""
        return answer_markdown(self.question, self.text)


#: A heading that cites the question has at most so many characters.
_HEADING = 200
_FENCE, _TITLE = re.compile(r" {0,3}(?:```|~~~)"), re.compile(r"^#{1,6}(?=\s)")


def answer_markdown(question: str, text: str) -> str:
    """Return the document of an answer: title, the question as a heading, and the text, in Markdown.

    Headings of the text stand below the question, which is the place that is cited.
    """
    heading = " ".join(question.split())
    if len(heading) > _HEADING:
        heading = heading[:_HEADING].rsplit(" ", 1)[0] + " …"
    # What would be markup in a question (`__init__`, a # in front) is meant as it stands.
    plain = re.sub(r"([\\`*_\[\]<>#&])", r"\\\1", heading)
    return f"# {ANSWERS_TITLE}\n\n## {plain}\n\n{_lowered(text)}\n"


def _lowered(text: str) -> str:
    """Return Markdown whose headings are two levels lower; code is left as it is."""
    lines, fenced = [], False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        lines.append(line if fenced else _TITLE.sub(lambda marks: min(6, len(marks[0]) + 2) * "#", line))
    return "\n".join(lines)


def document_of(answer_id: str) -> str:
    """Return the name of the document of a teacher's answer."""
    return f"{ANSWERS_FOLDER}/{answer_id}.md"
