"""Choose the sentences of an answer: the best one, what belongs to it, and an example where one is asked for."""

import re
from collections.abc import Mapping, Sequence

from lectern.tutor.answering.matching import stems
from lectern.tutor.answering.quoting import Quote
from lectern.tutor.answering.weighing import Weight

#: Length of an answer, code not counted; one that opens with a definition needs fewer sentences.
MOST_WORDS, MOST_SENTENCES = 120, 4
#: A further sentence must say this share of what the best one says of the question, so that an answer does not wander
#: off: behind it in its passage, before it, in another passage.
BEHIND, BEFORE, ELSEWHERE = 0.25, 0.7, 0.8
#: One of another passage must also weigh this share of the best one: of the document, of another document.
SAME_DOCUMENT, OTHER_DOCUMENT = 0.88, 0.95
#: A sentence that leans on others opens an answer with these, at most so many, when it weighs so much more than the best one
#: that can stand alone: about what a definition weighs beside a sentence that only names its term.
FAR_BETTER, MOST_LED = 0.25, 2
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
    weights: Sequence[Sequence[Weight]],
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
    sentences: Sequence[Quote], weights: Sequence[Weight], blocks: Sequence[Quote], said: Sequence[str]
) -> list[Quote]:
    worth = dict(enumerate(weights))
    fresh = {place: weight for place, weight in worth.items() if sentences[place].text not in said} or worth
    opening = [place for place in fresh if fresh[place].total > 0 and not sentences[place].opening().leans]
    if not opening:
        return []
    best = max(opening, key=fresh.__getitem__)
    lead = _led_up_to(sentences, fresh, best) or [best]
    chosen = [sentences[place] for place in _in_order(sentences, _with_company(sentences, fresh, lead))]
    return _with_code([chosen[0].opening(), *chosen[1:]], blocks)


def _led_up_to(sentences: Sequence[Quote], worth: Mapping[int, Weight], best: int) -> list[int]:
    """Return the sentence that says it best with those that it leans on; [] where the `best` to open with says it as well.

    "A flute and a violin differ in their overtones. This mixture is called timbre." answers what timbre is.
    """
    last = max(worth, key=worth.__getitem__)
    if last == best or worth[last].own < worth[best].own + FAR_BETTER:
        return []
    first = last
    while sentences[first].opening().leans:
        first -= 1
        if (
            last - first > MOST_LED
            or first not in worth
            or not sentences[first + 1].follows(sentences[first])
        ):
            return []
    return list(range(first, last + 1))


def _with_company(sentences: Sequence[Quote], worth: Mapping[int, Weight], lead: Sequence[int]) -> list[int]:
    """Add what goes on behind the leading sentences, then others, best first, that are good enough, new, and understood."""
    chosen, best = list(lead), lead[-1]
    behind = [place for place in worth if place > best and sentences[place].rank == sentences[best].rank]
    others = sorted((place for place in worth if place not in behind), key=worth.__getitem__, reverse=True)
    for place in [*behind, *others]:
        taken, sentence = [sentences[other] for other in chosen], sentences[place]
        if len(chosen) == MOST_SENTENCES:
            break
        goes_on = place > best and sentence.leans and sentence.follows(taken[-1])
        if place in chosen or not (goes_on or _is_good(sentences, worth, place, best)):
            continue
        understood = goes_on or not sentence.leans
        new = not any(_says_the_same(sentence.text, other.text) for other in taken)
        fits = sum(len(one.text.split()) for one in [*taken, sentence]) <= MOST_WORDS
        if understood and new and fits:
            chosen.append(place)
    return chosen


def _is_good(sentences: Sequence[Quote], worth: Mapping[int, Weight], place: int, best: int) -> bool:
    this, lead = sentences[place], sentences[best]
    if this.rank == lead.rank:
        return worth[place].own >= worth[best].own * (BEHIND if place > best else BEFORE)
    needed = SAME_DOCUMENT if this.document == lead.document else OTHER_DOCUMENT
    return (
        worth[place].own >= worth[best].own * ELSEWHERE and worth[place].total >= worth[best].total * needed
    )


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
