"""Cut passages into what an answer may quote: whole sentences that can stand alone, and blocks of code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lectern.tutor.answering.matching import tokens
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.sentences import sentences

#: Sentences and their words that are scored at most: each word costs time in the embedding model (24 sentences of 15
#: words about 100 ms on two cores).
MOST_SENTENCES, MOST_WORDS = 24, 360
_FEWEST, _LONGEST = 4, 60

#: What a line of a list begins with; no part of the sentence.
_ITEM = re.compile(r"(?:[-*•]|\d{1,2}[.)])\s+")
_CODE, _TABLE_ROW = re.compile(r"`[^`]*`"), re.compile(r"(?:^|\s)\|(?:\s|$)")
#: Sections that say what a student will be able to do, not how things are.
_PROMISES = re.compile(r"\b(?:objectives|goals|outcomes|lernziele|objectifs|objetivos)\b", re.IGNORECASE)
#: Words at the beginning that lean on the sentence before.
_LEANS = re.compile(
    r"^[\"'“‘(]*(?:ex:|note:|this|that|these|those|it|its|they|their|them|he|she|his|her|such|both|either|neither|another|others?|here"
    r"|however|therefore|thus|hence|so|then|also|but|and|or|instead|otherwise|moreover|furthermore|similarly|likewise"
    r"|nevertheless|consequently|conversely|meanwhile|finally|again|for (?:example|instance|this reason)|in (?:addition"
    r"|contrast|fact|other words|turn|(?:this|that|these) (?:way|case|sense|context|situation|example|regard)s?)"
    r"|as a result|because of (?:this|that)|by contrast|on the other hand"
    r"|the (?:latter|former|same|first|second|third|other|results?|output|resulting|examples?|above|following))\b",
    re.IGNORECASE,
)
#: Words that point at something the reader of the answer does not see.
_POINTS_AWAY = re.compile(
    r"\b(?:as (?:shown|seen|described|discussed|mentioned|noted|we saw|you saw)|(?:shown|listed|summarized|illustrated) (?:above"
    r"|below|here|in)|see (?:also|the|below|above|figure|table)|(?:the )?(?:above|below|following|preceding|previous|next)"
    r" (?:example|figure|table|code|program|list|section|chapter|lesson|paragraph|exercise|diagram|image|video|question)s?"
    r"|(?:example|figure|table|diagram|program|image|code)s? (?:below|above|shown)|(?:figure|table|chapter|section|lesson"
    r"|exercise|example|listing) \d|in this (?:section|chapter|lesson|example|exercise|figure|video|book|textbook|course, you)"
    r"|(?:you will|you'll|we will|let's|we'll) (?:learn|see|look|explore|discuss)|please (?:refer|see|note|read)|click"
    r"|link to learning|credit:)|^(?:figure|table)\b",
    re.IGNORECASE,
)
#: Tasks that stand among the text.
_TASK = re.compile(r"(?:describe|explain|identify|discuss|summarize|match) ", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A stretch of a passage that can be quoted."""

    #: Position of the passage in the ranking, from 0.
    rank: int
    document: str
    #: Characters within the passage's text.
    start: int
    end: int
    text: str
    #: Position among all sentences and blocks of the passage.
    ordinal: int
    #: True for a fenced block of code.
    code: bool
    #: True when it begins by pointing at the sentence before, and cannot open an answer.
    leans: bool

    def follows(self, other: "Quote") -> bool:
        """Return True when it stands directly behind `other`."""
        return self.rank == other.rank and self.ordinal == other.ordinal + 1


def quotes_of(passages: Sequence[Passage]) -> list[Quote]:
    """Return what can be quoted from `passages` (best first), in reading order within each; whole passages only.

    Stops before the passage that would be too much to score, but takes at least the first.
    """
    gathered: list[Quote] = []
    for rank, passage in enumerate(passages):
        if passage.kind is PassageKind.SUMMARY and _PROMISES.search(" ".join(passage.heading_path)):
            continue
        quotes = _quotes(rank, passage)
        scored = [quote for quote in gathered + quotes if not quote.code]
        too_long = sum(len(quote.text.split()) for quote in scored) > MOST_WORDS
        if gathered and (too_long or len(scored) > MOST_SENTENCES):
            break
        gathered += quotes
    return gathered


def leans_on_before(sentence: str) -> bool:
    """Return True when a sentence begins by pointing at the one before."""
    return bool(_LEANS.match(sentence))


def _quotes(rank: int, passage: Passage) -> list[Quote]:
    quotes, text = [], passage.text
    for ordinal, (start, end) in enumerate(sentences(text)):
        start += _item_mark(text[start:end])
        part = text[start:end]
        code = part.startswith("```")
        if code or _stands(part):
            leans = not code and leans_on_before(part)
            quotes.append(
                Quote(
                    rank=rank,
                    document=passage.document,
                    start=start,
                    end=end,
                    text=part,
                    ordinal=ordinal,
                    code=code,
                    leans=leans,
                )
            )
    return quotes


def _item_mark(line: str) -> int:
    mark = _ITEM.match(line)
    return mark.end() if mark else 0


def _stands(sentence: str) -> bool:
    """Return True for a whole statement; headings, captions, questions, table rows and pointers are none."""
    length = len(tokens(sentence))
    whole = re.search(r"[.!。！][\"'”’)\]`*]*$", sentence) is not None and not _TABLE_ROW.search(
        _CODE.sub("", sentence)
    )
    return (
        whole
        and _FEWEST <= length <= _LONGEST
        and not (_TASK.match(sentence) or _POINTS_AWAY.search(sentence))
    )
