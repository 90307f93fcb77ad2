"""Labelled questions: what a line of a question file holds, and where a wrong one is wrong."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class WrongInput(Exception):
    """Something that was given cannot be measured; the message says what, where, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with what is known of its answer. Its text, and `previous`, are all that the tutor is told."""

    id: str
    question: str
    #: A word for the report's groups, such as "definition".
    kind: str
    #: False: the course does not answer it, and should say so.
    answerable: bool
    #: The course that it was written for, in the file's own words.
    course: str = ""
    #: The question before it in the same conversation.
    previous: str = ""
    #: Name of the document that answers it: the file's path below the course's folder, or its last part.
    gold_module: str = ""
    #: That document as the asked course names it; "" until this is looked up.
    gold_document: str = ""
    #: The passage that answers it; where it is given, it decides and not the document.
    gold_passage_text: str = ""
    #: A right answer.
    answer: str = ""
    #: Words of which a right answer has at least one.
    must_contain_any: tuple[str, ...] = ()

    @property
    def has_gold(self) -> bool:
        """True when it is known where in the course the answer stands."""
        return self.answerable and bool(self.gold_module or self.gold_passage_text)


@dataclass(frozen=True, kw_only=True)
class QuestionSet:
    """The questions of one file, by the file's name."""

    name: str
    questions: tuple[Question, ...]


def read_questions(path: Path) -> QuestionSet:
    """Read a question file (JSON Lines). Raises `WrongInput` that names the line."""
    questions = tuple(_question(row, place) for row, place in read_jsonl(path))
    if not questions:
        raise WrongInput(f"{path} holds no question. Write one JSON object a line.")
    return QuestionSet(name=path.stem, questions=questions)


def without_repeats(sets: Sequence[QuestionSet]) -> None:
    """Raise `WrongInput` where two questions have one id: outcomes are stored and compared by it."""
    seen = set[str]()
    for question in (question for one in sets for question in one.questions):
        if question.id in seen:
            raise WrongInput(f"The id {question.id!r} is given to two questions. Give each its own.")
        seen.add(question.id)


def read_jsonl(path: Path) -> list[tuple[dict[str, Any], str]]:
    """Return the objects of a JSON Lines file, each with its place for messages. Raises `WrongInput`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no UTF-8"
        raise WrongInput(f"{path} cannot be read: {reason}. Name a file of JSON Lines.") from exc
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            place = f"{path}, line {number}"
            try:
                row = json.loads(line)
            except ValueError as exc:
                raise WrongInput(f"{place} is no JSON: {exc}.") from exc
            if not isinstance(row, dict):
                raise WrongInput(f"{place} is no JSON object. Write one object a line.")
            rows.append((row, place))
    return rows


def _question(row: dict[str, Any], place: str) -> Question:
    answerable = row.get("answerable", True)
    if not isinstance(answerable, bool):
        raise WrongInput(f"{place}: `answerable` is {answerable!r}. Write true or false.")
    text = _field(row, place)
    return Question(
        id=text("id", needed=True),
        question=text("question", needed=True),
        kind=text("kind") or "question",
        answerable=answerable,
        course=text("course"),
        previous=text("previous"),
        gold_module=text("gold_module"),
        gold_passage_text=text("gold_passage_text"),
        answer=text("answer"),
        must_contain_any=tuple(map(str, row.get("must_contain_any") or ())),
    )


def _field(row: dict[str, Any], place: str) -> Callable[..., str]:
    def text(name: str, *, needed: bool = False) -> str:
        value = row.get(name)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or (needed and not value.strip()):
            raise WrongInput(f"{place}: `{name}` is {value!r}. Write a text.")
        return value

    return text
