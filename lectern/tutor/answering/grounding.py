"""Ground a sentence that a model wrote: find the stretch of the cited passage that says the same, or tell what is wrong with it.

Words decide, not another model: every word that carries meaning must stand in one sentence of the passage, in its order, with
the same negations and conditions, and nothing that narrows it left out (`aligning.py`). Many a true sentence in other words
is refused as well; a false one must not get through.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lectern.tutor.answering.aligning import COMPARES, TURNED, misaligned
from lectern.tutor.answering.matching import stem, tokens
from lectern.tutor.answering.quoting import leans_on_before
from lectern.tutor.answering.wording import TURNING, plain, standard, telling
from lectern.tutor.domain.passage import Passage
from lectern.tutor.domain.sentences import sentences

#: Sentences that may be read as one when each but the first leans on the one before.
_LONGEST_RUN = 3
#: With fewer telling words nothing can be checked.
_FEWEST_WORDS = 2

#: Text that speaks to a model and not to a student: it grounds nothing.
_TO_A_MODEL = re.compile(
    r"\b(?:(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules?|above|previous|everything)"
    r"|system prompt|(?:you are|as) an? (?:ai|assistant|language model|chatbot)|language models?\s+(?:must|should|shall)"
    r"|(?:respond|reply|answer|output)\s+(?:only\s+)?(?:with|by|that)\b)",
    re.IGNORECASE | re.DOTALL,
)
#: Where a sentence sets two statements side by side, each of which stands alone unless a condition, or a comparison, governs
#: both.
_CONTRAST = re.compile(
    r";\s(?!(?:this|that)\b)|,?\s+(?:but|whereas)\s+(?!(?:not|only|never|rarely|seldom|sometimes|usually)\b)"
)
_CONDITION = re.compile(r"\b(?:if|unless|when|until|except|while|suppose|assume)\b", re.IGNORECASE)


#: Between marks; else a call, a subscript, a tuple of one, an attribute or a number with a point.
_INLINE_CODE = re.compile(
    r"`[^`\n]+`|[\w.]+\([^()\n]*\)|\b\w+\[[^\[\]\n]*\]|\([^()\n]*,\)|\b(?!(?:e\.g|i\.e)\b)\w+\.\w+"
)
_BE = r"\b(?:am|is|are|was|were|be|been|being|gets?|got)\s+"
_PASSIVE = re.compile(rf"{_BE}(?:\w+\s+)?(\w+)\s+by\b", re.IGNORECASE)
_PARTICIPLES = re.compile(rf"{_BE}(\w+)(?:\s+(\w+))?|(\w+)\s+by\b", re.IGNORECASE)
#: What is asked is not said.
_ASKS = re.compile(r"[?？؟][\"'”’)\]*_]*(?:\s|$)")


@dataclass(frozen=True, kw_only=True)
class Grounded:
    """Where a sentence is taken from."""

    #: Position of the passage among those that were found.
    rank: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Ungrounded:
    """Why a sentence must not reach a student."""

    #: In words that a model can mend it by.
    complaint: str


class _Complaint(NamedTuple):
    """The fewer strange words, the nearer the stretch: the complaint about the nearest one is told."""

    strange: int
    words: str


_NOTHING = _Complaint(1000, "nothing in the passage can be compared with it")


def ground(
    text: str, cited: Sequence[str], passages: Sequence[Passage], before: Grounded | None = None
) -> Grounded | Ungrounded:
    """Return where `text` is taken from among the `cited` passages (ids); `before` is where the sentence before it is from."""
    ranks = [rank for rank, passage in enumerate(passages) if passage.id in cited]
    if not ranks:
        return Ungrounded(complaint="it cites no passage that was given")
    if text.lstrip().startswith("```"):
        return _ground_code(text, ranks, passages)
    if len(telling(plain(text))) < _FEWEST_WORDS:
        return Ungrounded(complaint="it says nothing that can be checked")
    complaints = [_NOTHING]
    for rank in ranks:
        for start, end in _stretches(passages[rank].text):
            found = Grounded(rank=rank, start=start, end=end)
            complaint = _complaint(text, passages[rank].text[start:end])
            if not complaint and leans_on_before(text) and not _goes_on(passages[rank], found, before):
                complaint = _Complaint(0, "it begins with a word that points back; name what it is about")
            if not complaint:
                return found
            complaints.append(complaint)
    return Ungrounded(complaint=min(complaints).words)


def _ground_code(text: str, ranks: Sequence[int], passages: Sequence[Passage]) -> Grounded | Ungrounded:
    code = _code_of(text)
    for rank in ranks:
        for start, end in sentences(passages[rank].text):
            part = passages[rank].text[start:end]
            if part.startswith("```") and code and _code_of(part) == code:
                return Grounded(rank=rank, start=start, end=end)
    return Ungrounded(complaint="this code does not stand in the passage; copy a whole block or leave it out")


def _code_of(block: str) -> list[str]:
    return [line.rstrip() for line in block.strip().splitlines() if not line.lstrip().startswith("```")]


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield what a sentence may be taken from: each sentence, its halves, and runs of sentences that lean on one another."""
    found = [(start, end) for start, end in sentences(text) if not text.startswith("```", start)]
    for place, (start, end) in enumerate(found):
        if _TO_A_MODEL.search(text[start:end]):
            continue
        yield start, end
        yield from _halves(text, start, end)
        for last in range(place + 1, min(place + _LONGEST_RUN, len(found))):
            if not leans_on_before(text[slice(*found[last])]):
                break
            yield start, found[last][1]


def _halves(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    cuts = list(_CONTRAST.finditer(text, start, end))
    if cuts and not any(one.search(text, start, end) for one in (_CONDITION, COMPARES)):
        yield from zip(
            [start, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), end], strict=True
        )


def _goes_on(passage: Passage, here: Grounded, before: Grounded | None) -> bool:
    """Return True when a sentence that points back is taken from one that does, right behind the source of the one before."""
    between = passage.text[before.end : here.start] if before and before.rank == here.rank else "?"
    return leans_on_before(passage.text[here.start : here.end]) and not between.strip()


def _other_code(text: str, source: str) -> str:
    """Return code in a sentence that its source has otherwise: in code every mark counts, blanks apart.

    Code without words, such as `[]`, is nothing to the comparison of words: it must stand in the order of its source.
    """
    stands, behind = source.replace(" ", ""), 0
    for match in _INLINE_CODE.finditer(text):
        code = match.group().strip("`").replace(" ", "")
        if code not in stands:
            return match.group()
        if not telling(code):
            behind = stands.find(code, behind) + len(code)
            if behind < len(code):
                return match.group()
    return ""


def _other_voice(text: str, source: str) -> str:
    """Return a verb whose doer and object are exchanged: "is called by" where the source says "calls", or the reverse."""
    for one, other in ((text, source), (source, text)):
        done = {stem(match[1].lower()) for match in _PASSIVE.finditer(one)}
        suffered = {
            stem(verb.lower()) for match in _PARTICIPLES.finditer(other) for verb in match.groups() if verb
        }
        if wrong := (done - suffered) & {stem(word) for word in tokens(other)}:
            return min(wrong)
    return ""


def _is_asked(source: str) -> bool:
    return bool(_ASKS.search(_INLINE_CODE.sub("", source)))


def _complaint(text: str, source: str) -> "_Complaint | None":
    """Return why `source` does not say what `text` says; None when it does."""
    said, given = plain(text), {token.word for token in telling(plain(source))}
    strange = list(dict.fromkeys(said[t.start : t.end].lower() for t in telling(said) if t.word not in given))
    if any(standard(word) in TURNING for word in strange):
        return _Complaint(len(strange), f"{TURNED}: {', '.join(strange)}")
    if strange:
        return _Complaint(len(strange), f"no sentence of the passage has the words: {', '.join(strange)}")
    if _is_asked(source) and not _is_asked(text):
        return _Complaint(0, "the passage asks this and does not say it")
    if verb := _other_voice(text, source):
        return _Complaint(0, f"it exchanges who does and who suffers what {verb!r} says")
    if code := _other_code(text, source):
        return _Complaint(0, f"the code {code} does not stand so in the passage")
    wrong = misaligned(text, source)
    return _Complaint(0, wrong) if wrong else None
