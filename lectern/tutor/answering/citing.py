"""Cite: number the quotes of an answer, write its text with their marks, and check that each stands where it says."""

import re
from collections.abc import Sequence
from datetime import datetime

from lectern.tutor.answering.matching import share_covered, stems
from lectern.tutor.domain.answer import Location, Source
from lectern.tutor.domain.passage import Passage

#: A sentence that is no quote must share this much of its words with the quote that it cites.
_SUPPORT = 0.6
#: The beginning of an item, behind what introduces the list.
_ITEM = re.compile(r"\n\s*(?:[-*•]|\d{1,2}[.)])\s")


def supported(text: str, quote: str, start: int, passage: Passage) -> bool:
    """Return True when `quote` stands verbatim at `start` of the passage, and says what `text` says."""
    stands = bool(quote.strip()) and passage.text[start : start + len(quote)] == quote
    return stands and (
        text == quote or share_covered(dict.fromkeys(stems(text), 1.0), stems(quote)) >= _SUPPORT
    )


def source(
    number: int,
    passage: Passage,
    start: int,
    end: int,
    *,
    score: float,
    legs: Sequence[str],
    updated_at: datetime | None = None,
) -> Source:
    """Return the source of the quote at `start`..`end` of the passage's text."""
    return Source(
        number=number,
        passage_id=passage.id,
        document=passage.document,
        title=passage.title,
        location=Location(heading_path=list(passage.heading_path), anchor=passage.anchor, page=passage.page),
        quote=passage.text[start:end],
        start=passage.start + start,
        end=passage.start + end,
        score=round(score, 4),
        legs=list(legs),
        updated_at=updated_at.isoformat() if updated_at else None,
    )


def written(texts: Sequence[tuple[str, bool]]) -> str:
    """Return an answer's text: each sentence, or fenced block of code (True), followed by its mark [1], [2], …

    Code and lists keep their lines.
    """
    answer = ""
    for number, (text, code) in enumerate(texts, 1):
        if code:
            answer = f"{answer.rstrip()}\n\n{text}\n[{number}]\n\n"
        elif _ITEM.search(text):
            lines = "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
            answer = f"{answer.rstrip()}\n\n{lines} [{number}]\n\n"
        else:
            answer += f"{' '.join(text.split())} [{number}] "
    return answer.strip()
