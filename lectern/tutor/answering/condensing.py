"""Condense a conversation: make of a question that leans on earlier turns one that can be read alone.

Rules, not a model: a pronoun without an antecedent of its own is replaced by the subject of the turns before, and a
question without a subject gets that subject added. Anything else stays as it was asked, so that a new question is not
searched for with old words. English only; other languages keep their question unless it is bare.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lectern.tutor.answering.matching import is_function_word, signs, stem, stems, subject_words, tokens

#: The subject of a conversation is a few words; more would drown the question.
_TOPIC_WORDS = 6
#: Questions in one that are looked at: every one weighs all sentences anew.
MOST_PARTS = 8

_AUXILIARY = r"(?:is|are|was|were|does|do|did|has|have|can|could|will|would|should)"
_PRONOUN = re.compile(
    r"\b(?:it|they|them|its|their|(?:this|these|those)(?!\s+(?:course|lesson|chapter|book|page)\b)"
    rf"|that(?=\W*$)|(?<=\bis\s)that|(?<=\bwas\s)that|(?<=\bdoes\s)that|that(?=\s+{_AUXILIARY}\b)"
    r"|one(?=\W*$|\s+(?:again|of\s+them)\b))\b",
    re.IGNORECASE,
)
#: "it" that points at nothing: "is it possible to change a tuple", where enough of a question follows.
_EXPLETIVE = re.compile(rf"\b{_AUXILIARY}\s+it\s+\w+\s+(?:to|that|if)\s+(?P<rest>.+)", re.IGNORECASE)
_LEAD = re.compile(r"^\s*(?:and|but|or|so|also|then)\b\W*", re.IGNORECASE)
_WHAT_ABOUT = re.compile(
    r"^\s*(?:and\s+|but\s+)?(?:(?:what|how)\s+about|in|for|with|without|on|of|from)\b", re.IGNORECASE
)
_PREPOSITION = re.compile(r"\s*(?:in|for|with|without|on|of|from)\b", re.IGNORECASE)
_WHICH_OF_THEM = re.compile(rf"^\s*which\s+(?:one\s+)?{_AUXILIARY}\b(?!.*\b(?:a|an|the)\b)", re.IGNORECASE)
_COORDINATOR = re.compile(r"\b(?:and|or|but|then)\b|[,;.?]", re.IGNORECASE)
_NEXT_PART = re.compile(
    r"\?\s+(?=\w)|,?\s+and\s+(?=(?:how|why|what|when|where|who|which|do|does|did|is|are|can|could|should)\b)",
    re.I,
)
_ASKED_BY = re.compile(
    r"^(?:how\s+(?:to|do|does|can|could|should)|can|could|should|to)\b(?:\s+(?:i|u|you|we|one))?\s+", re.I
)


@dataclass(frozen=True, kw_only=True)
class Condensed:
    """A question, readable without its conversation."""

    query: str
    #: True when the question needed an earlier turn to be understood.
    leans: bool
    #: What the conversation was about before this question; "" in its first turn.
    topic: str


def condense(question: str, history: Sequence[Mapping[str, Any]]) -> Condensed:
    """Return `question` with what it leaves out filled in from `history` (turns, oldest first; see `TurnState`)."""
    topic = ""
    for turn in history:
        topic = _topic_after(turn, topic)
    if not topic:
        return Condensed(query=question, leans=False, topic="")
    leans = _leans(question)
    query = _resolved(question, topic) if leans else question
    return Condensed(query=query, leans=leans or bool(_LEAD.match(question)), topic=topic)


def parts_of(question: str) -> list[str]:
    """Return the questions that are asked in one: "what is a class and do I need it" asks two, each readable alone.

    The first `MOST_PARTS` of them.
    """
    parts: list[str] = []
    for part in _NEXT_PART.split(question)[:MOST_PARTS]:
        history = [{"question": parts[-1]}] if parts else []
        parts.append(condense(part, history).query)
    return parts


def _leans(question: str) -> bool:
    """Return True when the question cannot be understood alone."""
    return bool(
        _open_pronoun(question)
        or (not subject_words(question) and not signs(question))
        or _WHICH_OF_THEM.match(question)
        or (_WHAT_ABOUT.match(question) and len(subject_words(question)) <= 2)
        or (_LEAD.match(question) and not _is_whole_question(_LEAD.sub("", question)))
    )


def _open_pronoun(question: str) -> re.Match[str] | None:
    """Return the first pronoun that has nothing to point at within the question itself."""
    expletive = _EXPLETIVE.search(question)
    if expletive and len(subject_words(expletive["rest"])) > 1:
        return None
    for found in _PRONOUN.finditer(question):
        if not _antecedent_before(question[: found.start()]):
            return found
    return None


def _antecedent_before(text: str) -> bool:
    """Return True when a clause that is over names a subject: "what is a class and do i need ..."."""
    ends = [match.start() for match in _COORDINATOR.finditer(text)]
    return bool(ends) and bool(subject_words(text[: ends[-1]]))


def _is_whole_question(text: str) -> bool:
    """Return True for "what is elif for", False for "in Java"."""
    words = tokens(text)
    return bool(words) and words[0] in {
        "what",
        "whats",
        "how",
        "why",
        "when",
        "where",
        "who",
        "which",
        "can",
        "is",
        "does",
    }


def _resolved(question: str, topic: str) -> str:
    pronoun = _open_pronoun(question)
    if pronoun is None:
        return f"{question.strip()} {topic}"
    owned = "'s" if pronoun[0].lower() in {"its", "their"} else ""
    return question[: pronoun.start()] + topic + owned + question[pronoun.end() :]


def _topic_after(turn: Mapping[str, Any], before: str) -> str:
    """Return what the conversation is about after `turn`."""
    question = str(turn["question"])
    if before and _leans(question):
        narrows = _open_pronoun(question) or _PREPOSITION.match(_LEAD.sub("", question))
        own = "" if narrows else _subject(_LEAD.sub("", question), [])
        return " ".join(f"{before} {own}".split()[-_TOPIC_WORDS:])
    return _subject(question, turn.get("sources") or []) or before


def _subject(question: str, sources: Sequence[Mapping[str, Any]]) -> str:
    """Return the words of a question that name its subject, narrowed to those in the heading that answered it."""
    phrase = _ASKED_BY.sub("", question.strip())
    words = re.findall(r"\w+", phrase)
    if phrase != question.strip() and len(subject_words(" ".join(words[1:]))) > 0:
        words = words[1:]  # "how to add to a list" is about a list, not about adding
    named = [i for i, word in enumerate(words) if subject_words(word)]
    in_heading = [i for i in named if stem(words[i].lower()) in _heading_stems(sources)]
    kept = in_heading or named
    if not kept:
        return ""
    first = kept[0]
    while first and words[first - 1].lower() in {"if", "for", "while", "with", "not", "no"}:
        first -= 1  # little words that name things in a course on programming: "for loop"
    span = [w for i, w in enumerate(words[first : kept[-1] + 1], first) if i in kept or not subject_words(w)]
    return " ".join(span[:_TOPIC_WORDS])


def _heading_stems(sources: Sequence[Mapping[str, Any]]) -> set[str]:
    if not sources:
        return set()
    path = sources[0].get("location", {}).get("heading_path") or [sources[0].get("title", "")]
    return {word for word in stems(str(path[-1])) if not is_function_word(word)}
