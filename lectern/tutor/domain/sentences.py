"""Where the sentences of a text begin and end: for cutting passages and for quoting from them."""

import re
from collections.abc import Iterator


def _these(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Behind one of these a full stop ends no sentence.
_NEVER_LAST = _these(
    "e.g i.e vs cf ed eds dr mr mrs ms prof st approx ca resp al z.b d.h bzw vgl p.ex c.-à-d p.ej"
)
#: Behind these it ends none when a number follows: "Fig. 3", but "He said no."
_BEFORE_NUMBERS = _these("no nr fig figs eq eqs vol pp p art abs sec ch chap")
#: These may be a sentence's last word: "… and Co. The firm", but "Inc. Magazine".
_PERHAPS_LAST = _these("etc jr sr inc ltd co corp usw u.a")
#: Words that begin a new sentence even behind an initial or an acronym: "vitamin C. It …", but "J. Smith".
_OPENERS = _these(
    "the a an this that these those it its he she they we you i in on at by for from with to as if when while after "
    "before because although however but and or so thus then there here what which who how why some many most all "
    "each both no not one two another such unlike since once let der die das ein eine es er sie wir le la les un une "
    "il elle el los las se"
)

#: Marks of an end of sentence with closing quotes or brackets: followed by white space in most scripts, in Chinese and
#: Japanese by anything.
_END = re.compile(r"""[.!?…؟۔।]{1,9}["'”’»)\]*_]{0,4}(?=\s)|[。！？｡]{1,9}[」』”’）]{0,4}""")
_FENCE = re.compile(r"^(`{3,})([^`\n]*)$", re.MULTILINE)
#: Code in backticks, and calls that an author left without them: no mark inside counts.
_CODE = re.compile(r"(`{1,2})(?!`)[^\n]{1,300}?(?<!`)\1(?!`)|\w\([^()\n]{1,200}\)")
_BEFORE = re.compile(r"[^\s(\[\"'“‘«]{1,20}$")
_NEXT_WORD = re.compile(r"\s+[\"'“‘«(\[*_]{0,4}([\w`]['’\w-]*)?")
_LINE = re.compile(r"[^\n]+")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) offsets of each sentence, in order, without white space at either end.

    A fenced code block is one "sentence" and is joined with no prose; inline code is never cut. Every line end ends a
    sentence, since a passage has one only behind a paragraph, a list item or a row of a table.
    """
    found: list[tuple[int, int]] = []
    position = 0
    for start, end in _fenced(text):
        found += _lines(text, position, start)
        found.append((start, end))
        position = end
    return [*found, *_lines(text, position, len(text))]


def _fenced(text: str) -> Iterator[tuple[int, int]]:
    """Find code between fences; a fence that nothing closes runs to the end."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif len(fence[1]) >= len(opened[1]) and not fence[2].strip():
            yield opened.start(), fence.end()
            opened = None
    if opened is not None:
        yield opened.start(), len(text.rstrip())


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for line in _LINE.finditer(text, start, end):
        for left, right in _in_line(line[0]):
            inside = line[0][left:right]
            if inside.strip():
                lead = len(inside) - len(inside.lstrip())
                yield line.start() + left + lead, line.start() + left + len(inside.rstrip())


def _in_line(line: str) -> Iterator[tuple[int, int]]:
    # Code is blanked to a letter a character, so that no mark inside it counts and all offsets stay.
    plain = _CODE.sub(lambda code: code[0][0] + "x" * (len(code[0]) - 2) + code[0][-1], line)
    begin = 0
    for mark in _END.finditer(plain):
        if mark[0][0] in "。！？｡" or _ends(plain, begin, mark.start(), mark.end()):
            yield begin, mark.end()
            begin = mark.end()
    yield begin, len(line)


def _ends(line: str, begin: int, stop: int, behind: int) -> bool:
    """Return True when the mark at `stop` ends the sentence that began at `begin`; `behind` is where the mark ends."""
    following = _NEXT_WORD.match(line, behind)
    next_word = (following[1] if following else "") or ""
    if next_word[:1].islower():
        return False
    if line[stop] != "." or line[stop + 1 : stop + 2] == ".":
        return True
    found = _BEFORE.search(line[max(begin, stop - 21) : stop])
    word = found[0].lower() if found else ""
    if word in _NEVER_LAST or (word in _BEFORE_NUMBERS and next_word[:1].isdigit()):
        return False
    if word.isdigit() and not line[begin:stop].strip(" \t-*•").removesuffix(word):
        return False  # the number of a list item
    if word in _PERHAPS_LAST or (word != "i" and _ACRONYM.fullmatch(word)):
        return next_word.lower() in _OPENERS or not next_word
    return True
