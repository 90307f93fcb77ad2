"""Align a sentence with the text that it is taken from: word for word, in order, leaving out only what can stand alone.

A word that is left out in the middle of a clause changes it ("the Zorblax operator" is not "the operator"), and one that is
taken from the next clause makes up a new one. So what is left out is a whole clause at the beginning or the end, something
between commas, by whom something was done, or what kind of thing something is said to be.
"""

import re
from collections.abc import Iterator
from itertools import islice, pairwise, product

from lectern.tutor.answering.matching import is_function_word
from lectern.tutor.answering.wording import HARMLESS, NEGATIONS, TURNING, Token, plain, standard, telling

TURNED = "it drops or adds a negation, a condition or a limit of the passage"
ORDER = "it puts the words of the passage into another order"

#: May be left out anywhere, though not added.
_STRENGTHENING = standard("always")
#: What a statement may follow: a whole clause, a purpose, a frame that says nothing. Only little words stand between.
_AFTER_CLAUSE = re.compile(
    r";\s|,\s+(?:and|but|so)\b|\b(?:advantage|difference|fact|reason|result|rule)\b[^,;:]*\b(?:is|are)\s+that\b",
    re.IGNORECASE,
)
#: Where or by whose word all of a sentence holds: "In Python 2, …, and …".
_GOVERNS = re.compile(
    r"^\s*(?!in (?:this|the) (?:course|book|chapter|section|lesson)\b)"
    r"(?:according|after|among|at|before|by|during|for|from|in|on|since|under|with|within)\b[^,;:]*,",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"^\s*(?:(?:figure|table|note|example|ex|tip)\b[\s\d.-]*:|to\s(?!the\b|an?\b|\w+ order\b|(?-i:[A-Z]))[^,;:]+,|(?:for example|in (?:this|the) (?:course|book|chapter|section|lesson)|therefore|thus|so|then)\b,?)",
    re.IGNORECASE,
)
#: What code is, right before it: "the call `range(5)`".
_CODE_IS = re.compile(
    r"\b(?:the|an?)\s+(?:call|command|expression|function|keyword|line|method|operator|sign|statement|tool)\s+`$",
    re.IGNORECASE,
)
#: What may follow a statement, set off, or bare where nothing is denied: behind a comma only what begins a clause, a list or
#: an example; "up to …", "according to …", "with …" narrow it.
_SET_OFF = re.compile(
    r"^[\s`\"'”’)\]]*(?:,\s*(?:and|because|while|whereas|so|which|who|where|such as|as in|for example|but|or(?! so\b)|not|then)\b"
    r"|[;:—–(](?!\s*(?:in|on|for|under|during|at|provided|given|as(?! in\b)|according|among|apart|compared|excluding|mod"
    r"|modulo|or so|relative|save|that|this|up to|with|within)\b))",
    re.IGNORECASE,
)
_BARE = re.compile(r"^[\s`\"'”’)\]]*(?:\b(?:and|because|while|whereas|so)\b)", re.IGNORECASE)
#: Tells two things at once: "the difference … is that one …, while the other …" is not told by its first half.
COMPARES = re.compile(r"\bdiffer(?:s|ed|ing|ent|ences?)?\b", re.IGNORECASE)
_BUT = re.compile(r"^[\s`\"'”’)\]]*,?\s*\bbut\b", re.IGNORECASE)
#: Inserted, and not one of a list, whose items count.
_INSERTED = re.compile(
    r"^[\s`\"'”’)\]]*,\s*(?:which|who|whose|where|such as|as in|for example|or)\b.*,(?P<last>[^,]*)$"
    r"|^[`\"'”’]*\s\(.*\)(?P<rest>[^)]*)$",
    re.IGNORECASE | re.DOTALL,
)
_BY_WHOM = re.compile(r"^\s+by\s(?:(?!\b(?:and|or|but|so|which|that|who)\b)[^,;:()])*$", re.IGNORECASE)
#: "is a high-level, general-purpose" before "language". Adjectives are known by their endings.
_KIND = re.compile(
    r"^[\s`\"'”’]*\b(?:is|are|was|were)\s+(?:an?\s+)?(?:\w*(?:al|ive|ous|able|ible|ful|ary|ed|level|purpose|new|short|small"
    r"|high|low)[,\s]+)+$",
    re.IGNORECASE,
)
#: "is a loop that" before what such a loop does.
_KIND_THAT = re.compile(
    r"^[\s`\"'”’]*\b(?:is|are)\s+(?:an?\s+)?(?:(?!(?:of|in|on|for|with|to|from|by|at|as|than)\b)[\w-]+\s+){1,3}that\s+$",
    re.IGNORECASE,
)
_NO_KIND = re.compile(
    r"\b(?:virtual|potential|artificial|hypothetical|theoretical|nominal|alleged|supposed|fictional|fictitious|legendary"
    r"|mythical|fabled|simulated|fake|imaginary|partial|illegal|attempted|failed|called|un\w+)\b",
    re.IGNORECASE,
)
#: "by" names no doer behind these, but how much.
_HOW_MUCH = re.compile(
    r"\b(?:multiplied|divided|increased|decreased|reduced|raised|shifted|replaced|followed|preceded)$",
    re.IGNORECASE,
)
_CONJUNCTION = r"if|when|because|unless|until|before|after"
_LEADING = re.compile(rf"^(to|{_CONJUNCTION})\s+", re.IGNORECASE)
_TRAILING = re.compile(rf",?\s+\b({_CONJUNCTION})\b\s+", re.IGNORECASE)
#: Ways to turn each of the two that are tried: a sentence of ordinary length has fewer.
_MOST_WAYS = 8
#: Stands for the "to" of a purpose, which else counts as no word.
_PURPOSE = "purposely"


def misaligned(text: str, source: str) -> str:
    """Return why `source` does not say what `text` says, whose words it all has; "" when it does."""
    said, given = plain(text), plain(source)
    complaint = _complaint(said, given)
    if not complaint:
        return ""
    ways = product(islice(_with_purpose(said), _MOST_WAYS), islice(_turned_round(given), _MOST_WAYS))
    return "" if any(not _complaint(*way) for way in ways) else complaint


def _complaint(said: str, given: str) -> str:
    asked, there = telling(said), telling(given)
    loose = _Aligner(said, given, asked, there)
    if loose.aligns():
        return ""
    return loose.complaint()


class _Aligner:
    """One sentence against one text, both plain."""

    def __init__(self, said: str, given: str, asked: list[Token], there: list[Token]) -> None:
        self._given, self._asked, self._there = given, asked, there
        self._gaps: dict[tuple[int, int], list[Token]] = {}
        words = {token.word for token in asked}
        self._denies = bool(words & NEGATIONS)
        self._compares = bool(COMPARES.search(said))
        self._hedges = bool(re.search(r"\b(?:can|could|may)\b", said, re.IGNORECASE))

    def aligns(self) -> bool:
        """Return True when the words can be found in order with nothing left out that must stay."""
        if len(self._asked) > len(self._there):
            return False
        ends: set[int] = set()
        for place, token in enumerate(self._asked):
            here = [at for at, word in enumerate(self._there) if word.word == token.word]
            if place == 0:
                ends = {at for at in here if not self._before(at)}
            else:
                ends = {at for at in here if any(last < at and not self._between(last, at) for last in ends)}
        return any(not self._behind(at) for at in ends)

    def complaint(self) -> str:
        """Return what is wrong with the first way in which the words stand in order."""
        places: list[int] = []
        for token in self._asked:
            begin = places[-1] + 1 if places else 0
            found = [at for at in range(begin, len(self._there)) if self._there[at].word == token.word]
            if not found:
                return ORDER
            places.append(found[0])
        gaps = [self._before(places[0])]
        gaps += [self._between(last, at) for last, at in pairwise(places)]
        gaps.append(self._behind(places[-1]))
        return next((self._told(gap) for gap in gaps if gap), ORDER)

    def _told(self, gap: list[Token]) -> str:
        if any(token.word in TURNING for token in gap):
            return TURNED
        left_out = self._given[gap[-1].start : gap[-1].end]
        return f"it leaves out {left_out.lower()!r}, which narrows what the passage says"

    def _left_out(self, tokens: list[Token]) -> list[Token]:
        return [
            token
            for token in tokens
            if token.word != _STRENGTHENING and not (token.word == "may" and self._hedges)
        ]

    def _before(self, at: int) -> list[Token]:
        """Return what is left out before the first word and must stay; so do the next two."""
        gap = self._left_out(self._there[:at])
        text = self._given[: self._there[at].start]
        if not gap or any(token.word in TURNING for token in gap):
            return gap
        clauses = () if _GOVERNS.match(text) else _AFTER_CLAUSE.finditer(text)
        starts = [match.end() for match in (*clauses, _FRAME.match(text)) if match]
        gap = [token for token in gap if token.end > max(starts, default=0)]
        return [] if _is_name_of_code(gap, text) else gap

    def _between(self, last: int, at: int) -> list[Token]:
        if (last, at) not in self._gaps:  # a sentence that repeats its words asks for each gap many times
            self._gaps[last, at] = self._needed(last, at)
        return self._gaps[last, at]

    def _needed(self, last: int, at: int) -> list[Token]:
        gap = self._left_out(self._there[last + 1 : at])
        text = self._given[self._there[last].end : self._there[at].start]
        if not gap or any(token.word in TURNING for token in gap):
            return gap
        kind = _KIND.match(text) or _KIND_THAT.match(text)
        by_whom = _BY_WHOM.match(text) and not _HOW_MUCH.search(self._given[: self._there[last].end])
        if by_whom or (kind and not _NO_KIND.search(text)) or _is_name_of_code(gap, text):
            return []
        inserted = _INSERTED.match(text)
        rest = (inserted["last"] or inserted["rest"] or "") if inserted else "x"
        return [] if all(is_function_word(word) for word in rest.lower().split()) and inserted else gap

    def _behind(self, at: int) -> list[Token]:
        gap = self._left_out(self._there[at + 1 :])
        text = self._given[self._there[at].end :]
        turning = {token.word for token in gap} & TURNING
        if not gap or self._compares or turning - HARMLESS or (turning and _BUT.match(text)):
            return gap
        if _SET_OFF.match(text) or (_BARE.match(text) and not self._denies):
            return []
        return gap


def _is_name_of_code(gap: list[Token], text: str) -> bool:
    return len(gap) <= 1 and bool(_CODE_IS.search(text))


def _turned_round(text: str) -> Iterator[str]:
    """Yield the same statement with its clause, or its purpose, at the other end: "If A, B" as "B if A"."""
    text = text.rstrip(" .!?")
    if leading := _LEADING.match(text):
        word = leading[1].lower()
        for comma in re.finditer(r",\s+", text):
            first = text[leading.end() : comma.start()]
            for then in _shortened(text[comma.end() :]):
                yield f"{then} {_PURPOSE if word == 'to' else word} {first}"
    for split in _TRAILING.finditer(text):
        yield f"{split[1]} {text[split.end() :]}, {text[: split.start()]}"


def _shortened(clause: str) -> Iterator[str]:
    """Yield a clause, and what is left of it before anything that is set off and denies nothing."""
    yield clause
    for comma in re.finditer(r",?\s+(?:as in|such as)\b|,", clause):
        rest = clause[comma.start() :]
        if _SET_OFF.match(rest) and not {token.word for token in telling(rest)} & TURNING:
            yield clause[: comma.start()]


def _with_purpose(text: str) -> Iterator[str]:
    yield text
    for to in re.finditer(r"(?<=\w|[`\)\"'])\s+to\s+", text):
        yield f"{text[: to.start()]} {_PURPOSE} {text[to.end() :]}"
