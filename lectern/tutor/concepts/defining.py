"""Definitions: sentences that say what something is, by their shape, and what they define."""

import re
from collections.abc import Iterator

from lectern.tutor.concepts.naming import tidied
from lectern.tutor.retrieval.words import STOP_WORDS

_ARTICLES = {
    "indefinite": "a|an|ein|eine|un|une|una|uno|um|uma|een",
    "definite": "the|der|die|das|le|la|l['’]|les|el|los|las|il|lo|gli|o|os|as|de|het",
}
_ARTICLE = rf"(?P<article>(?:{_ARTICLES['indefinite']}|{_ARTICLES['definite']})\s+)?"
_IS = (
    r"(?:is|are|means?|refers? to|describes?|denotes?|stands? for|consists? of|was|were|ist|sind|bezeichnet|bedeutet|heißt|"
    r"est|sont|désigne|signifie|es|son|significa|designa|è|sono|é|são|betekent|zijn)"
)
_WHAT = (
    r"(?:an?|the|that|any|one|another|also|defined|used|called|known|eine?r?|der|die|das|une?|una|le|la|les|el|los|las|uno|il|lo|um|uma|o|"
    r"een|de|het)\b"
)
_NAMED = r"(?P<name>[^\s,;:.!?()][^,;:.!?()\n]{0,60}?)"
_BESIDE = r"(?:\s*\([^()\n]{1,60}\)|,\s+(?:or|oder|ou|o)\s+[^,\n]{1,60},)?"
_SUBJECT = re.compile(rf"^{_ARTICLE}{_NAMED}{_BESIDE}\s+{_IS}\s+{_WHAT}", re.IGNORECASE)
#: "a place where values are kept, called a variable"
_CALLED = r"(?:called|known as|referred to as|termed|named|genannt|bezeichnet als|appelée?s?|llamad[oa]s?|chiamat[oaie])"
_BEFORE_NAME = rf"{_CALLED}\s+(?:an?|the|eine?|une?|una)?\s*[`\"'“‘]?$"
_AFTER_NAME = rf"^[`\"'”’]?{_BESIDE}\s*,?\s+{_IS}\s+"
_CALLED_BEFORE, _IS_AFTER = re.compile(_BEFORE_NAME, re.IGNORECASE), re.compile(_AFTER_NAME, re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
#: A line of a glossary: a term, and what it means.
_ENTRY = re.compile(
    r"^\s*(?:[-*•]\s+)?(?P<name>[^:–—\n]{1,60}?)\s*(?::\s|\s[–—]\s)\s*(?P<meaning>\S.{10,})$", re.MULTILINE
)


def subject_of(sentence: str) -> tuple[str, bool] | None:
    """Return what a sentence defines by its shape, "A variable is a …", and whether it stands without a definite
    article; None for any other sentence. "The result is a …" has the same shape: what is defined so must be known by
    something else as well.
    """
    found = _SUBJECT.match(sentence)
    if found is None:
        return None
    name = tidied(found["name"])
    first = name.partition(" ")[0].casefold()
    if not name or first in STOP_WORDS or any(word in STOP_WORDS for word in name.casefold().split()):
        return None
    article = (found["article"] or "").strip().casefold()
    return name, article not in _ARTICLES["definite"].split("|")


def defines(sentence: str, start: int, end: int) -> bool:
    """Return True when a sentence says what stands in it from `start` to `end` is, or calls something by that name."""
    before = sentence[max(0, start - 40) : start]
    if _CALLED_BEFORE.search(before):
        return True
    lead = _ITEM.sub("", before).strip(" `\"'“‘*_").casefold()
    opens = not lead or lead in "|".join(_ARTICLES.values()).split("|")
    return opens and bool(_IS_AFTER.match(sentence[end : end + 140]))


def entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield the terms of a glossary's lines with what each means."""
    for line in _ENTRY.finditer(text):
        if name := tidied(line["name"]):
            yield name, line["meaning"].strip()
