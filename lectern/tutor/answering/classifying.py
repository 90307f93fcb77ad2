"""Classify a question by its form: small talk, several things at once, a follow-up, or simple."""

import re

from lectern.tutor.answering.matching import tokens
from lectern.tutor.domain.answer import QuestionType

_GREETINGS = """hello hi hey hallo hola bonjour salut morning afternoon thanks thank thx ok okay bye goodbye great cool
    danke merci gracias you your"""
_AROUND_GREETINGS = "good evening night very much so who are how is name what and my there"
_COMPLEX = re.compile(
    r"\b(?:vs|versus|differences?|differ|compare[ds]?|comparison|relat(?:ion|ionship|ed?)|advantages?|disadvantages?"
    r"|pros|cons|instead\s+of|rather\s+than|steps?\s+(?:of|in|to)|overview|summari[sz]e)\b"
    r"|\?.+\?|\band\s+(?:how|why|what|when|where|do|does|is|are|can|which|should)\b",
    re.IGNORECASE | re.DOTALL,
)


def classify(question: str, *, leans: bool) -> QuestionType:
    """Return the type of `question` as it was asked; `leans` tells that it needed an earlier turn."""
    if is_small_talk(question):
        return QuestionType.OFF_TOPIC
    if leans:
        return QuestionType.FOLLOW_UP
    return QuestionType.COMPLEX if _COMPLEX.search(question) else QuestionType.SIMPLE


def is_small_talk(question: str) -> bool:
    """Return True for greetings and thanks, which ask the course nothing."""
    words = tokens(question)
    if not words:
        return not re.search(r"[^\s?!.]", question)
    greetings, around = set(_GREETINGS.split()), set(_AROUND_GREETINGS.split())
    return greetings.issuperset(set(words) - around) and not greetings.isdisjoint(words)
