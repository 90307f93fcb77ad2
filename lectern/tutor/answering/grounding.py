"""Ground a sentence that a model wrote: find the stretch of the cited passage that says the same, or tell what is wrong with it.

Words decide, not another model: every word that carries meaning must stand in one sentence of the passage, in its order, with
the same negations and conditions. A true sentence in other words is refused as well; a false one must not get through.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from lectern.tutor.answering.matching import is_function_word, signs, stem, tokens
from lectern.tutor.answering.quoting import leans_on_before
from lectern.tutor.domain.passage import Passage
from lectern.tutor.domain.sentences import sentences


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: A sentence shares this much of its words, in their order, with the one sentence that it is taken from. A change of
#: places ("lists can, tuples cannot" for the reverse) shares less.
_IN_ORDER = 0.8
#: Sentences that may be read as one when each but the first leans on the one before.
_LONGEST_RUN = 3
#: With fewer telling words nothing can be checked.
_FEWEST_WORDS = 2

#: Little words that change what is said; elsewhere they count as function words.
_TELLING = _words_of("after before over under up down more most all any some same other between one")
#: Words that turn or limit a statement. A sentence has the same ones as its source, so that it neither drops a condition
#: nor takes what is denied, supposed or ordered there for a fact.
_TURNING = _words_of(
    """
    not no never none nor neither without hardly if unless except only until when sometimes may might rarely seldom often
    usually almost nearly false wrong incorrect untrue myth mistake mistaken instead
    say says said tell tells told claim claims claimed believe believes believed think thinks thought pretend pretends
    suppose assume assumes imagine ignore disregard forget supposedly allegedly
    """
)
#: Words that a sentence may add or leave out without saying anything else.
_IDLE = _words_of("example examples called means mean however note simply just also really very thus")
#: A word that may be left out, but not added.
_STRENGTHENING = "always"
#: Text that speaks to a model and not to a student: it grounds nothing.
_TO_A_MODEL = re.compile(
    r"\b(?:(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules?|above|previous|everything)"
    r"|system prompt|(?:you are|as) an? (?:ai|assistant|language model|chatbot)|language models?\s+(?:must|should|shall)"
    r"|(?:respond|reply|answer|output)\s+(?:only\s+)?(?:with|by|that)\b)",
    re.IGNORECASE | re.DOTALL,
)
#: Where a sentence sets two statements side by side, each of which stands alone unless a condition governs both.
_CONTRAST = re.compile(r";\s|,?\s+(?:but|whereas)\s+")
_CONDITION = re.compile(r"\b(?:if|unless|when|until|except|while|suppose|assume)\b", re.IGNORECASE)
_NOT = re.compile(r"\bcan(?:not|['’]t)\b|n['’]t\b", re.IGNORECASE)
_HYPHEN = re.compile(r"(?<=\w)[-*_]|[-*_](?=\w)")


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
    if len(_content(text)) < _FEWEST_WORDS:
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
    if cuts and not _CONDITION.search(text, start, end):
        yield from zip(
            [start, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), end], strict=True
        )


def _goes_on(passage: Passage, here: Grounded, before: Grounded | None) -> bool:
    """Return True when a sentence that points back is taken from one that does, right behind the source of the one before."""
    between = passage.text[before.end : here.start] if before and before.rank == here.rank else "?"
    return leans_on_before(passage.text[here.start : here.end]) and not between.strip()


def _complaint(text: str, source: str) -> "_Complaint | None":
    """Return why `source` does not say what `text` says; None when it does."""
    said, given = _content(text), _content(source)
    strange = list(dict.fromkeys(w for w in _words(text) if _tells(w) and stem(w) not in given))
    if strange:
        return _Complaint(len(strange), f"no sentence of the passage has the words: {', '.join(strange)}")
    if _turns(text) != _turns(source):
        return _Complaint(0, "it drops or adds a negation, a condition or a limit of the passage")
    if set(signs(_plain(text))) - set(signs(_plain(source))):
        return _Complaint(0, "it has signs that the passage has not")
    if left_out := _left_out(said, source):
        return _Complaint(0, f"it leaves out {left_out!r}, which narrows what the passage says")
    enough = _IN_ORDER if len(sentences(source)) == 1 else 1
    in_order = _common(said, given) / len(said)
    return (
        None if in_order >= enough else _Complaint(0, "it puts the words of the passage into another order")
    )


def _plain(text: str) -> str:
    return _HYPHEN.sub(" ", text).replace("—", " ").replace("–", " ")


def _words(text: str) -> list[str]:
    return tokens(_NOT.sub(" not", text))


def _content(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    return [stem(word) for word in _words(text) if _tells(word)]


def _tells(word: str) -> bool:
    return word not in _IDLE and (word in _TELLING or word in _TURNING or not is_function_word(word))


def _turns(text: str) -> list[str]:
    return sorted(word for word in _words(text) if word in _TURNING)


def _left_out(said: Sequence[str], source: str) -> str:
    """Return a word right before one that is said, and not said itself: "Zorblax" of "the Zorblax operator"."""
    words, kept = _words(source), set(said)
    for word, following in pairwise(words):
        narrows = _tells(word) and stem(word) not in kept and word != _STRENGTHENING
        if narrows and _tells(following) and stem(following) in kept:
            return word
    return ""


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        above = row[:]
        for place, known in enumerate(other, 1):
            row[place] = above[place - 1] + 1 if word == known else max(above[place], row[place - 1])
    return row[-1]
