"""Record: what is kept of an answered question, and when two questions are alike."""

import re
import unicodedata
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from lectern.tutor.answering.classifying import is_small_talk
from lectern.tutor.answering.matching import stem, words_asked
from lectern.tutor.domain.answer import BESIDE_ANSWER, Mode
from lectern.tutor.domain.gap import ANSWERS_FOLDER, AnsweredQuestion, EndedQuestion
from lectern.tutor.domain.passage import counted

#: Characters of what two questions are compared by, and of a section.
LONGEST_ALIKE, LONGEST_SECTION = 200, 500
#: The page, slide or cell behind a place with headings: questions about one section belong together.
_PAGE = re.compile(r", (?:page|slide|cell) \d+$")
_ID_WORDS, _ID_CHARACTERS, _ID_HASH = 8, 60, 8


def recorded(ended: EndedQuestion) -> AnsweredQuestion:
    """Return what is kept of an answered question. A result of an older version may lack fields."""
    result = ended.result
    llm, features = result.get("llm"), result.get("features")
    return AnsweredQuestion(
        run_id=ended.run_id,
        course_id=ended.course_id,
        question=ended.question,
        alike=alike(ended.question),
        section=section_of(result),
        confidence=float(result.get("confidence", 0.0)),
        calibration=str(result.get("calibration", "")),
        declined=bool(result.get("declined", False)),
        composed=isinstance(llm, Mapping) and bool(llm.get("wrote")),
        mode=str(result.get("mode", Mode.ANSWER.value)),
        features=features if isinstance(features, Mapping) else {},
        degraded=bool(set(result.get("degraded") or ()) - BESIDE_ANSWER),
        asks=not is_small_talk(ended.question),
        asked_at=ended.asked_at,
        answered_at=ended.answered_at,
    )


def alike(question: str) -> str:
    """Return what is equal for questions that differ in little words, endings, and order: the stems of what they ask."""
    stems = " ".join(sorted({stem(word) for word in words_asked(question)})) or question.strip().lower()
    return stems if len(stems) <= LONGEST_ALIKE else sha256(stems.encode()).hexdigest()


def section_of(result: Mapping[str, Any]) -> str:
    """Return the section that a result is about, in words: that of its first source, or the nearest of a refusal."""
    sources, nearest = result.get("sources") or [], result.get("nearest") or []
    if not sources:
        return _section(str(nearest[0])) if nearest else ""
    first = sources[0]
    place = " › ".join([first["title"], *first["location"]["heading_path"]])
    page = first["location"].get("page")
    # A document without headings has its pages for sections, named as a refusal names them.
    return _section(place if page is None else f"{place}, {counted(first['document'])} {page}")


def answer_id(question: str) -> str:
    """Return the id of the answer to a question: its first words, and a hash that all questions like it share."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", question).lower())
    readable = "-".join(words[:_ID_WORDS])[:_ID_CHARACTERS].strip("-")
    return f"{readable}-{_mark(question)}" if readable else _mark(question)


def answers(document: str, question: str) -> bool:
    """Return True when `document` is a teacher's answer to `question`, or to one that asks the same."""
    return document.startswith(f"{ANSWERS_FOLDER}/") and document.endswith(f"{_mark(question)}.md")


def _mark(question: str) -> str:
    return sha256(alike(question).encode()).hexdigest()[:_ID_HASH]


def _section(place: str) -> str:
    return (_PAGE.sub("", place) if " › " in place else place)[:LONGEST_SECTION]
