"""Choose the sentences of an answer: the best one, what belongs to it, and an example where one is asked for."""

import re
from collections.abc import Mapping, Sequence

from lectern.tutor.answering.matching import stems
from lectern.tutor.answering.quoting import Quote

#: Length of an answer, code not counted.
MOST_WORDS, MOST_SENTENCES = 120, 4
#: A further sentence must weigh this share of the best one, so that an answer does not wander off: of the same passage,
#: of another passage of the document, of another document.
SAME_PASSAGE, SAME_DOCUMENT, ELSEWHERE = 0.75, 0.88, 0.95
#: Two sentences that share this much of the shorter one's words say the same.
_SAME_WORDS = 0.75
_MOST_CODE_LINES = 15

_WANTS_CODE = re.compile(
    r"\b(?:how|examples?|code|syntax|write|show|print|convert|add|remove|read|create|make|use|loop|define|comment)\b",
    re.IGNORECASE,
)


def asks_for_code(question: str) -> bool:
    """Return True when an example in code belongs to the answer."""
    return bool(_WANTS_CODE.search(question))


def choose(
    sentences: Sequence[Quote],
    weights: Sequence[Sequence[float]],
    blocks: Sequence[Quote],
    *,
    said: Sequence[str] = (),
) -> list[Quote]:
    """Return the quotes of the answer in the order in which they are read; [] when none can open an answer.

    `weights` has a row for each part of the question, each answered in its turn. `blocks` is code that may illustrate the
    answer; `said` are quotes that the student has read already and should not get again.
    """
    chosen: list[Quote] = []
    for row in weights:
        found = _choose(sentences, row, blocks, said)[: 1 + MOST_SENTENCES // len(weights)]
        chosen += [quote for quote in found if quote not in chosen]
    return chosen


def _choose(
    sentences: Sequence[Quote], weights: Sequence[float], blocks: Sequence[Quote], said: Sequence[str]
) -> list[Quote]:
    worth = dict(enumerate(weights))
    fresh = {place: weight for place, weight in worth.items() if sentences[place].text not in said} or worth
    best = max((place for place in fresh if not sentences[place].leans), key=fresh.__getitem__, default=None)
    if best is None:
        return []
    chosen = [sentences[place] for place in _in_order(sentences, _with_company(sentences, fresh, best))]
    return _with_code(chosen, blocks)


def _with_company(sentences: Sequence[Quote], worth: Mapping[int, float], best: int) -> list[int]:
    """Add further sentences, best first, as long as they are good enough, new, and understood where they stand."""
    chosen = [best]
    for place in sorted(worth, key=worth.__getitem__, reverse=True):
        taken, sentence = [sentences[other] for other in chosen], sentences[place]
        if len(chosen) == MOST_SENTENCES or worth[place] < worth[best] * _needed(sentence, sentences[best]):
            continue
        understood = not sentence.leans or any(sentence.follows(other) for other in taken)
        new = not any(_says_the_same(sentence.text, other.text) for other in taken)
        fits = sum(len(one.text.split()) for one in [*taken, sentence]) <= MOST_WORDS
        if understood and new and fits:
            chosen.append(place)
    return chosen


def _needed(sentence: Quote, best: Quote) -> float:
    if sentence.rank == best.rank:
        return SAME_PASSAGE
    return SAME_DOCUMENT if sentence.document == best.document else ELSEWHERE


def _says_the_same(one: str, other: str) -> bool:
    a, b = stems(one), stems(other)
    return len(a & b) >= _SAME_WORDS * min(len(a), len(b))


def _in_order(sentences: Sequence[Quote], chosen: Sequence[int]) -> list[int]:
    """Put the best sentence (the first of `chosen`) first, with what leans on it.

    The rest keeps the order of the course, the best sentence's passage first.
    """
    lead = [chosen[0]]
    while (
        lead[-1] + 1 in chosen
        and sentences[lead[-1] + 1].leans
        and sentences[lead[-1] + 1].follows(sentences[lead[-1]])
    ):
        lead.append(lead[-1] + 1)
    ranks = list(dict.fromkeys(sentences[place].rank for place in chosen))
    rest = sorted(set(chosen) - set(lead), key=lambda place: (ranks.index(sentences[place].rank), place))
    return lead + rest


def _with_code(chosen: Sequence[Quote], blocks: Sequence[Quote]) -> list[Quote]:
    """Add the code that the best passage shows next to the best sentence, behind the last sentence that precedes it.

    Sentences of other passages are then left out: behind a block of code they read like a second answer.
    """
    best = chosen[0]
    shown = next((one for one in blocks if one.rank == best.rank and one.start >= best.end), None)
    if shown is None or shown.text.count("\n") > _MOST_CODE_LINES:
        return list(chosen)
    mine = [quote for quote in chosen if quote.rank == best.rank]
    place = max(place for place, quote in enumerate(mine, 1) if quote.end <= shown.start)
    return [*mine[:place], shown, *mine[place:]]
