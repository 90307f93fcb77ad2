"""Read what a model replied: its shape is promised by nobody. What cannot be read counts as not said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lectern.base.json import JsonObject
from lectern.tutor.answering.matching import stem, subject_words
from lectern.tutor.domain.answer import QuestionType

#: Sentences of a draft that are looked at; a prompt asks for five.
_MOST_SENTENCES = 8
_LONGEST_SENTENCE, _LONGEST_QUESTION = 2000, 500
#: "2", and what models make of it that no form binds: "[2]", "passage 2".
_NUMBER = re.compile(r"\W*(?:passage\W*)?(\d{1,3})\W*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An answer as a model wrote it."""

    answerable: bool
    question_type: QuestionType | None
    #: Text and ids of cited passages; a number of none that was shown is left out.
    sentences: list[tuple[str, list[str]]]


def draft_of(reply: JsonObject, passages: Sequence[str]) -> Draft:
    """Return the answer in a reply to `compose` or `mend`; `passages` are the ids of those that were shown, in order."""
    listed = reply.get("sentences")
    sentences = [_sentence(one, passages) for one in listed] if isinstance(listed, list) else []
    sentences = [(text, ids) for text, ids in sentences if text]
    return Draft(
        answerable=reply.get("answerable") is not False or bool(sentences),
        question_type=question_type_of(reply),
        sentences=sentences[:_MOST_SENTENCES],
    )


def question_type_of(reply: JsonObject) -> QuestionType | None:
    """Return the kind of question that a reply tells, or None. Off topic is no model's decision: the search tells."""
    told = reply.get("question_type")
    kinds = {QuestionType.SIMPLE.value, QuestionType.COMPLEX.value, QuestionType.FOLLOW_UP.value}
    return QuestionType(told) if isinstance(told, str) and told in kinds else None


def question_of(reply: JsonObject, asked: str, earlier: Sequence[str], questions: Sequence[str] = ()) -> str:
    """Return the question of a reply to `read`; "" when it has too little to do with `asked` or with the conversation.

    It keeps a subject word of the question, if that has one, and takes all others from the conversation, the turns of
    `earlier`. One of the earlier `questions` over again, with words of `asked` lost, is no reading of it.
    """
    text = _text(reply.get("question"), _LONGEST_QUESTION)
    mine, said = _subjects([asked]), _subjects([text])
    known = mine | _subjects(earlier)
    if mine - said and any(said <= _subjects([question]) for question in questions):
        return ""
    return text if said and (not mine or said & mine) and said <= known else ""


def hint_of(reply: JsonObject, passages: Sequence[str]) -> tuple[str, list[str], str]:
    """Return the idea of a reply to `hint`, the ids of the passages that it cites, and the question; each may be empty.

    `passages` are the ids of those that were shown, in order.
    """
    idea, ids = _sentence({"text": reply.get("idea"), "passages": reply.get("passages")}, passages)
    return idea, ids, _text(reply.get("question"), _LONGEST_QUESTION)


def query_of(reply: JsonObject) -> str:
    """Return the wording of a reply to `reword`, or ""."""
    return _text(reply.get("query"), _LONGEST_QUESTION)


def _sentence(one: object, passages: Sequence[str]) -> tuple[str, list[str]]:
    if not isinstance(one, dict):
        return "", []
    cited = one.get("passages")
    numbers = [_number(told) for told in cited] if isinstance(cited, list) else []
    ids = [passages[number - 1] for number in numbers if 0 < number <= len(passages)]
    return _text(one.get("text"), _LONGEST_SENTENCE), ids


def _number(told: object) -> int:
    found = _NUMBER.fullmatch(str(told))
    return int(found[1]) if found else 0


def _text(value: object, longest: int) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= longest else ""


def _subjects(texts: Sequence[str]) -> set[str]:
    return {stem(word) for text in texts for word in subject_words(text)}
