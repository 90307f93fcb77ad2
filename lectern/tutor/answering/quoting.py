"""Cut passages into what an answer may quote: whole sentences that can stand alone, and blocks of code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lectern.tutor.answering.matching import stem, tokens
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.sentences import sentences
from lectern.tutor.retrieval.words import REMEMBERED_PASSAGES

#: Sentences and their words that are scored at most.
MOST_SENTENCES, MOST_WORDS = 80, 1200
_FEWEST, _LONGEST = 4, 60
#: What a statement ends with, and what may stand behind that.
_FULL_STOPS, _CLOSING = (".", "!", "。", "！"), "\"'”’)]`*"
#: Words of a list with the sentence that introduces it, and its items; a longer one is no answer.
_LONGEST_LIST, _FEWEST_ITEMS = 90, 2

#: What a line of a list begins with; no part of the sentence.
_ITEM = re.compile(r"(?:(?:[-*•;]|\d{1,2}[.)])\s+)+")
#: An entry of a glossary, a line of its own: "Octave: the distance between …". It needs no full stop.
_ENTRY = re.compile(r"[^\W\d_][^:.;!?—–]{1,60}?\s?[:—–]\s+(?:\S+\s+){2}\S")
#: What is in front of an item.
_BEHIND_MARK = re.compile(r"(?:^|\n)\s*(?:[-*•;]|\d{1,2}[.)])\s+$")
#: A part of a sentence that an item is: "nucleic acids such as DNA". Code and names may begin small as well.
_FRAGMENT = re.compile(r"[^\W\d_A-Z]{2,}[\s,]")
#: What stands between an introduction and its list, and between the items.
_NEXT_ITEM = re.compile(r"\s*\n\s*(?:[-*•]|\d{1,2}[.)])\s+")
#: Items of a list that was written into one line: "; Input: … ; Output: …".
_ITEMS_IN_LINE = re.compile(r"\s+;\s+(?=[^\W\d_a-z]|;)")
#: A label before a sentence that names it again: "Series: A Series is …".
_LABEL = re.compile(r"(?:^|(?<=[:;]\s))([^:;.\n]{1,50}):\s+(?=[^\W\d_a-z])")
#: A footnote of names that lost its place, glued to the end of a sentence: "… interchangeably.J.A.", "… die.World Health
#: Organization." One word may be code (`decimal.Decimal`), and so may what has more full stops (`java.util.Scanner Class`).
_NAME = r"(?:[A-Z][\w’'.-]*,?|and|of|for|the)"
#: Of a footnote that names a title and a year: "… each year.US Centers for Disease Control, “Parasites,” 2012."
_WITH_TITLE = r"[A-Z][^“”\"]{2,160}[“\"][^”\"]+[”\"][^“”\"]{0,60}\b(?:19|20)\d\d\b[^“”\"]{0,40}$"
#: What each such footnote has: few other sentences do.
_GLUED = re.compile(r"[.!?][”’\"]?[A-Z]")
_NOTE = re.compile(
    rf"(?:^|\s)[^\s.]*[a-z]{{2}}(?:\.|[!?](?=[”\"’]))[”\"’]?"
    rf"(?=(?:[A-Z]\.)+$|(?=[A-Z][a-z]){_NAME}(?:\s+{_NAME})+$|{_WITH_TITLE})"
)
#: Code that lost its line ends.
_STRAY_CODE = re.compile(r"\)\s+[a-z_.]+\(|\s#\s|\w\s=\s\w+\(")
#: Rows of a table, and of a list that lost its line ends and what introduces it.
_CODE, _TABLE_ROW = re.compile(r"`[^`]*`"), re.compile(r"(?:^|\s)\|(?:\s|$)|;\s+;\s")
#: Sections that say what a student will be able to do, not how things are.
_PROMISES = re.compile(r"\b(?:objectives|goals|outcomes|lernziele|objectifs|objetivos)\b", re.IGNORECASE)
#: Words that join a sentence to the one before; without them it can open an answer.
_CONNECTS = re.compile(
    r"(?:however|additionally|therefore|thus|hence|instead|otherwise|moreover|furthermore|similarly|likewise|nevertheless|consequently"
    r"|conversely|meanwhile|finally|also|again|for (?:example|instance)|in (?:addition|contrast|fact|general|other words)|by contrast"
    r"|as a result|on the other hand|jedoch|allerdings|außerdem|zum beispiel|sin embargo|por ejemplo|además|cependant|par exemple"
    r"|de plus),\s+",
    re.IGNORECASE,
)
#: What points at a figure or section inside a sentence, in brackets: left out of what a student reads.
_POINTER = (
    r"(?:\((?:see|as in|compare)?\s*(?:also\s+)?(?:(?:the\s+)?(?:figure|table|image)s?(?:\s[\d.]++[^\W\d]?)?(?:,?\s(?:and\s)?|))+\)"
    r"|\(see [^()]{1,80}\))"
)
#: One that is a sentence of its own goes with its full stop: "… (hyphae). (the figure)."
_POINTERS = re.compile(rf"(?<=[.!?])\s*{_POINTER}\.|\s*{_POINTER}", re.IGNORECASE)
#: Words at the beginning that lean on the sentence before.
_LEANS = re.compile(
    r"^[\"'“‘(]*(?:ex:|note:|this|that|these|those|it|its|they|their|them|he|she|his|her|such|both|either|neither|another|others?|here"
    r"|however|additionally|therefore|thus|hence|so(?! far\b)|then|also|but|and|or|instead(?! of\b)|otherwise|moreover|furthermore|similarly|likewise"
    r"|nevertheless|consequently|conversely|meanwhile|finally|again|for (?:example|instance|this reason)|in (?:addition(?! to\b)"
    r"|contrast(?! to\b)|fact|other words|turn|(?:this|that|these) (?:way|case|sense|context|situation|example|regard)s?)"
    r"|as a result|because of (?:this|that)|by contrast|on the other hand"
    r"|the (?:latter|former|same|first|second|third|other|results?|output|resulting|examples?|above|following)"
    r"|dies(?:e[nmrs]?)?|er|sie|es(?! gibt)|sein|ihre?|dadurch|dabei|dazu|dafür|deshalb|daher|auch|aber|und|dann|jedoch|allerdings"
    r"|außerdem|est[aeo]s?|ell[ao]s?|sus?|también|pero|además|así|sin embargo|por (?:ejemplo|eso)|cela|cette|ces?|ils?(?! y a)|elles?"
    r"|mais|donc|ainsi|cependant|par exemple)\b",
    re.IGNORECASE,
)
#: Words that point at something the reader of the answer does not see; of a text in lower case, since a pattern that looks
#: for either case takes three times as long.
_POINTS_AWAY = re.compile(
    r"\b(?:as (?:shown|seen|described|discussed|mentioned|noted|we saw|you saw)|(?:shown|listed|summarized|illustrated) (?:above"
    r"|below|here|in)|see (?:also|the|below|above|figure|table)|(?:the )?(?:above|below|following|preceding|previous|next)"
    r" (?:example|figure|table|code|program|list|section|chapter|lesson|paragraph|exercise|diagram|image|video|question)s?"
    r"|(?:example|figure|table|diagram|program|image|code)s? (?:below|above|shown)|(?:figure|table|chapter|section|lesson"
    r"|exercise|example|listing) \d|in this (?:section|chapter|lesson|example|exercise|figure|video|book|textbook|course, you)"
    r"|(?:you will|you'll|we will|let's|we'll|we) (?:learn|see|look|explore|discuss)\w*|(?:will be|was|were|been) (?:discussed|covered|introduced)|please (?:refer|see|note|read)|click"
    r"|link to learning|credit:|(?:later|next|previous|earlier|coming|following|other) (?:chapter|section|lesson|module)s?"
    r"|the (?:figure|table|image|animation|diagram|graph)s? (?:\w+ )?(?:summari[sz]|list|show|illustrat|depict|provid|present|compar"
    r"|outlin|demonstrat|describ|explain|contain|below|above)\w*|this (?:chapter|section|lesson|book|module)"
    r"|lines? \d|\w+ (?:above|below)(?=[.!])|throughout the (?:book|course))|^(?:figure|table)\b|\([a-h]\)\s",
)
#: Tasks that stand among the text.
_TASK = re.compile(
    r"(?:describe|explain|identify|discuss|summarize|match|name|list|compare and) ", re.IGNORECASE
)
#: A caption of a few words, without a verb: "Defining nested dictionaries and accessing elements."
_CAPTION = re.compile(r"[A-Z][a-z]+ing\s(?:[\w'’-]+\s?){1,7}[.]$")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|has|have|had|do|does|did|can|could|may|might|must|will|would|should|means)\b"
)
#: What `İ` has besides an `i` in lower case: no letter, so that a word would seem to end before it.
_DOT_ABOVE = "\u0307"
#: References and their parts, in lower case as well.
_REFERENCE = re.compile(
    r"https?://|\bwww\.|\bet al\.\s|\b(?:no|vol|pp?)\.\s*\d|\bdoi\b|\(\d{4}\)\s*:|^[“\"].*[”\"]$"
)


@dataclass(frozen=True)
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
    #: The heading of the section that its passage stands in, "" where there is none.
    heading: str = ""
    #: True when its first words were left out.
    trimmed: bool = False
    #: True for a list with the sentence that introduces it.
    listed: bool = False
    #: True for an entry of a glossary that is no whole sentence: an answer to who asks for its term alone.
    entry: bool = False

    @property
    def statement(self) -> str:
        """What it states as a sentence: of a list, what introduces it."""
        return self.text.split("\n", 1)[0] if self.listed else self.text

    @property
    def shown(self) -> str:
        """The text as a student reads it: without "(the figure)", and beginning with a capital."""
        text = self.text if self.code else _POINTERS.sub("", self.text)
        return text[:1].upper() + text[1:] if self.trimmed else text

    def placed(self, rank: int, document: str, heading: str) -> "Quote":
        """Return it as one of a passage that was found: in a third of the time that `dataclasses.replace` takes."""
        return Quote(
            rank, document, self.start, self.end, self.text, self.ordinal, self.code, self.leans,
            heading, self.trimmed, self.listed, self.entry,
        )  # fmt: skip

    def opening(self) -> "Quote":
        """Return it without the word that joins it to the sentence before ("However, …"), to open an answer with."""
        joint = _CONNECTS.match(self.text)
        if joint is None:
            return self
        return replace(
            self,
            start=self.start + joint.end(),
            text=self.text[joint.end() :],
            leans=leans_on_before(self.text[joint.end() :]),
            trimmed=True,
        )

    def follows(self, other: "Quote") -> bool:
        """Return True when it stands directly behind `other`."""
        return self.rank == other.rank and self.ordinal == other.ordinal + 1


def quotes_of(passages: Sequence[Passage]) -> list[Quote]:
    """Return what can be quoted from `passages` (best first), in reading order within each; whole passages only.

    Stops before the passage that would be too much to score, but takes at least the first.
    """
    gathered: list[Quote] = []
    sentences_so_far = words_so_far = 0
    for rank, passage in enumerate(passages):
        if passage.kind is PassageKind.SUMMARY and _PROMISES.search(" ".join(passage.heading_path)):
            continue
        quotes = _quotes(rank, passage)
        lengths = [len(quote.text.split()) for quote in quotes if not quote.code]
        sentences_so_far, words_so_far = sentences_so_far + len(lengths), words_so_far + sum(lengths)
        if gathered and (words_so_far > MOST_WORDS or sentences_so_far > MOST_SENTENCES):
            break
        gathered += quotes
    return gathered


def leans_on_before(sentence: str) -> bool:
    """Return True when a sentence begins by pointing at the one before."""
    return bool(_LEANS.match(sentence))


def _quotes(rank: int, passage: Passage) -> list[Quote]:
    heading = passage.heading_path[-1] if passage.heading_path else ""
    return [one.placed(rank, passage.document, heading) for one in _quotable(passage.text)]


@lru_cache(maxsize=REMEMBERED_PASSAGES)
def _quotable(text: str) -> tuple[Quote, ...]:
    """Return what can be quoted from a passage's text, with no rank and no document yet.

    Remembered, about 3 kB a passage: its sentences are the same for every question, and looking at them costs 1 ms.
    """
    quotes = []
    parts = list(_parts(text))
    for ordinal, (start, end) in enumerate(parts):
        listed = _end_of_list(text, parts[ordinal:])
        end = listed or end
        part = text[start:end]
        code = part.startswith("```")
        item = _BEHIND_MARK.search(text[max(0, start - 12) : start]) is not None
        stands = not (item and _FRAGMENT.match(part)) and _stands(part)
        entry = not stands and _is_entry(text, start, end)
        if code or listed or stands or entry:
            quotes.append(
                Quote(
                    rank=0,
                    document="",
                    start=start,
                    end=end,
                    text=part,
                    ordinal=ordinal,
                    code=code,
                    leans=not code and leans_on_before(part),
                    listed=listed > 0,
                    entry=entry and not (code or listed),
                )
            )
    return tuple(quotes)


def _is_entry(text: str, start: int, end: int) -> bool:
    """Return True for an entry of a glossary that has its line for itself."""
    part, ends = text[start:end], text[end : end + 1] in ("", "\n")
    alone = start == 0 or text[start - 1] == "\n" or _BEHIND_MARK.search(text[max(0, start - 12) : start])
    return bool(
        alone
        and ends
        and _ENTRY.match(part)
        and len(tokens(part)) <= _LONGEST
        and not (part.endswith((":", "?")) or _POINTS_AWAY.search(part.lower()) or _TABLE_ROW.search(part))
    )


def _end_of_list(text: str, parts: Sequence[tuple[int, int]]) -> int:
    """Return where the list ends that the first of `parts` introduces; 0 when that introduces none which can be quoted."""
    start, end = parts[0]
    lead = text[start:end]
    if not lead.endswith(":") or len(tokens(lead)) < _FEWEST or _POINTS_AWAY.search(lead.lower()):
        return 0
    items = 0
    for begin, stop in parts[1:]:
        if _NEXT_ITEM.fullmatch(text, end, begin):
            items += 1
        elif not items or "\n" in text[end:begin]:
            break
        if text.startswith("```", begin) or len(tokens(text[start:stop])) > _LONGEST_LIST:
            return 0
        end = stop
    return end if items >= _FEWEST_ITEMS else 0


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Find the sentences and blocks of code, without marks of items and labels in front of them."""
    for start, end in sentences(text):
        if text.startswith("```", start):
            yield start, end
            continue
        begin = start
        items = _ITEMS_IN_LINE.finditer(text, start, end) if ";" in text[start:end] else ()
        for mark in [*items, None]:
            stop = mark.start() if mark else end
            begin += _lead_in(text[begin:stop])
            if begin < stop:
                part = text[begin:stop]
                note = _NOTE.search(part) if _GLUED.search(part) else None
                yield begin, begin + note.end() if note else stop
            begin = mark.end() if mark else end


def _lead_in(line: str) -> int:
    """Return the length of what stands before a sentence: the mark of an item, a label that the sentence says again."""
    mark = _ITEM.match(line)
    begin = lead = mark.end() if mark else 0
    for label in _LABEL.finditer(line[lead:]) if ":" in line else ():
        words = tokens(label[1])
        behind = line[lead + label.end() :]
        if words and len(words) < 6 and stem(words[-1]) in map(stem, tokens(behind)[:5]):
            begin = lead + label.end()
    return begin


def _stands(sentence: str) -> bool:
    """Return True for a whole statement; headings, captions, questions, table rows and pointers are none.

    What most sentences have no sign of is looked for only in those that have one: this is most of what a passage costs.
    """
    if sentence.rstrip(_CLOSING)[-1:] not in _FULL_STOPS or not _FEWEST <= len(tokens(sentence)) <= _LONGEST:
        return False
    plain = _CODE.sub("", sentence) if "`" in sentence else sentence
    if ("|" in plain or ";" in plain) and _TABLE_ROW.search(plain):
        return False
    if ("(" in plain or "#" in plain) and _STRAY_CODE.search(plain):
        return False
    lower = sentence.lower().replace(_DOT_ABOVE, "")
    return not (
        _is_cut(sentence)
        or _TASK.match(sentence)
        or _POINTS_AWAY.search(lower)
        or _REFERENCE.search(lower)
        or _is_heading(sentence)
    )


def _is_cut(sentence: str) -> bool:
    """Return True when it ends within a quotation (“…”, „…“, «…»), or begins or ends at a spaced ellipsis (". . .")."""
    german = "„" in sentence  # whose closing mark opens elsewhere
    marks = (("„", "“”"),) if german else (("“", "”"), ("«", "»"))
    within = any(sentence.count(left) > sum(map(sentence.count, right)) for left, right in marks)
    return within or sentence.endswith(" .") or sentence.startswith(".")


def _is_heading(sentence: str) -> bool:
    """Return True for a title, whose longer words are capitalised, and for a caption."""
    if not any(map(_is_long_and_small, sentence.split())):
        long = re.findall(r"[^\W\d_]{4,}", sentence)
        if len(long) > 2 and all(word[0].isupper() for word in long):
            return True
    return bool(_CAPTION.match(sentence)) and not _VERB.search(sentence)


def _is_long_and_small(word: str) -> bool:
    return len(word) >= 4 and word.islower() and word.isalpha()
