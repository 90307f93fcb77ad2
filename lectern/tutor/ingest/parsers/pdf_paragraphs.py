"""Put a PDF's lines together again: paragraphs, lists, tables, code and headings."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from lectern.tutor.domain.document import BlockForm
from lectern.tutor.ingest.parsers.pdf_lines import Line

#: Type of this size compared with the text's is a heading's,
_HEADING_SIZE = 1.15
#: if the line is not longer than this. A bold line of the text's own size may be half as long.
_LONGEST_HEADING = 160
#: Lines further apart than this, compared with the usual distance, begin a paragraph.
_APART = 1.35
_ENDS = (".", "!", "?", ":", "…", "。", "！", "？", '."', ".”", ".)", ".’")
_ITEM = re.compile(r"(?:[•▪◦‣●○■–—*-]|\(?(?:\d{1,2}|[a-z])[.)])\s+(?=\S)")
_BULLET = re.compile(r"^[•▪◦‣●○■–—*-]\s+")
_CAPTION = re.compile(
    r"(?:figure|fig\.|abbildung|abb\.|figura|table|tabelle|tab\.|tableau|tabla|listing)\s*\d+(?:[.–-]\d+)*[a-z]?",
    re.IGNORECASE,
)
#: A line of a table of contents: "Loops ........ 12".
_CONTENTS = re.compile(r"(?:\.\s?){4,}\s*\d+\s*$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"([^\W\d_]+)-$")
_GOES_ON = re.compile(r"[^\W\d_]+")


@dataclass
class Group:
    """Lines that belong together."""

    form: BlockForm
    page: int
    #: 0 for text, else the level of a heading.
    level: int = 0
    lines: list[Line] = field(default_factory=list)


def groups(pages: Sequence[Sequence[Line]], body_size: float) -> Iterator[Group]:
    """Yield what the pages hold, in order, captions and tables of contents left out."""
    levels, usual = _levels(pages, body_size), _usual_distance(pages, body_size)
    for lines in pages:
        right = max((line.right for line in lines), default=0.0)
        group: Group | None = None
        for line in lines:
            if _CONTENTS.search(line.text):
                continue
            kind = _kind(line, body_size, levels)
            if group is None or _begins(group, line, kind, usual, right):
                if group is not None and not _is_caption(group, body_size):
                    yield group
                group = Group(form=kind[0], level=kind[1], page=line.page)
            group.lines.append(line)
        if group is not None and not _is_caption(group, body_size):
            yield group


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """Return the size of the type in which most of the text is set; code is often smaller and counts little."""
    sizes = Counter[float]()
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text) * (1 if line.fixed else 10)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def vocabulary(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    """Return the words that stand inside lines, by which broken ones are mended."""
    return frozenset(
        word for lines in pages for line in lines for word in _WORD.findall(line.text.lower().rstrip("-"))
    )


def joined(lines: Sequence[str], words: frozenset[str]) -> str:
    """Return lines as one; a word that was broken at a line's end is whole again."""
    text = ""
    for line in lines:
        line = " ".join(line.split())
        broken, rest = _BROKEN.search(text), _GOES_ON.match(line)
        if broken and rest and rest[0][:1].islower():
            text = text if _keeps_hyphen(broken[1], rest[0], words) else text[:-1]
            text += line
        else:
            text += f" {line}" if text else line
    return text


def _keeps_hyphen(first: str, second: str, words: frozenset[str]) -> bool:
    """Return True for "well-known", as far as the rest of the document tells."""
    whole, hyphened = (first + second).lower(), f"{first}-{second}".lower()
    return hyphened in words and whole not in words


def item_lines(group: Group, words: frozenset[str]) -> list[str]:
    """Return the items of a list, each in one line."""
    items: list[list[str]] = []
    for line in group.lines:
        if _ITEM.match(line.text) or not items:
            items.append([_BULLET.sub("- ", line.text)])
        else:
            items[-1].append(line.text)
    return [joined(item, words) for item in items]


def table_rows(group: Group) -> list[str]:
    """Return the rows of a table, cells parted as in every other format."""
    return [" | ".join(" ".join(cell.split()) for cell in line.text.split("\t")) for line in group.lines]


def code_lines(group: Group) -> list[str]:
    """Return lines of code with the indentation that they are printed with."""
    margin = min(line.left for line in group.lines)
    widths = [(line.right - line.left) / max(1, len(line.text)) for line in group.lines]
    width = median(widths) or 1.0
    lines: list[str] = []
    for before, line in pairwise([None, *group.lines]):
        assert line is not None
        if before is not None and before.bottom - line.top > line.size * 0.7:
            lines.append("")
        lines.append(" " * round((line.left - margin) / width) + line.text.replace("\t", "    "))
    return lines


def _kind(line: Line, body: float, levels: Sequence[float]) -> tuple[BlockForm, int]:
    if line.fixed:
        return BlockForm.CODE, 0
    level = _heading_level(line, body, levels)
    if level:
        return BlockForm.PROSE, level
    if "\t" in line.text and not _ITEM.match(line.text.replace("\t", " ")):
        return BlockForm.TABLE, 0
    return (BlockForm.ITEM if _ITEM.match(line.text) else BlockForm.PROSE), 0


def _heading_level(line: Line, body: float, levels: Sequence[float]) -> int:
    if not any(char.isalpha() for char in line.text) or line.text.endswith((".", ",", ";")):
        return 0
    if line.size >= body * _HEADING_SIZE and len(line.text) <= _LONGEST_HEADING:
        return 1 + sum(size > line.size + 0.4 for size in levels)
    if line.bold and body * 0.95 <= line.size and len(line.text) <= _LONGEST_HEADING // 2:
        return 0 if line.text.endswith(":") or "\t" in line.text else len(levels) + 2
    return 0


def _levels(pages: Sequence[Sequence[Line]], body: float) -> list[float]:
    """Return the sizes of headings, largest first; sizes that nobody can tell apart count once."""
    sizes: list[float] = []
    for size in sorted(
        {line.size for lines in pages for line in lines if line.size >= body * _HEADING_SIZE}, reverse=True
    ):
        if not sizes or sizes[-1] - size > 0.4:
            sizes.append(size)
    return sizes


def _usual_distance(pages: Sequence[Sequence[Line]], body: float) -> float:
    steps = [
        before.bottom - line.bottom
        for lines in pages
        for before, line in pairwise(lines)
        if line.size == before.size == body and 0 < before.bottom - line.bottom < 3 * body
    ]
    return median(steps) if steps else 1.2 * body


def _begins(group: Group, line: Line, kind: tuple[BlockForm, int], usual: float, right: float) -> bool:
    """Return True when `line` begins something else than `group`."""
    before, (form, level) = group.lines[-1], kind
    distance = before.bottom - line.bottom
    if group.level or level:
        return level != group.level or not 0 < distance < 2 * line.size
    if group.form is BlockForm.CODE or form is BlockForm.CODE:
        return form is not group.form or not 0 < distance < 3 * usual
    if group.form is BlockForm.TABLE or form is BlockForm.TABLE:
        return form is not group.form
    if form is BlockForm.ITEM:
        return group.form is not BlockForm.ITEM
    if distance <= 0:  # the next column
        return before.text.endswith(_ENDS) or not line.text[:1].islower()
    if distance > _APART * max(usual, 1.1 * line.size) or abs(line.size - before.size) > 0.1 * before.size:
        return True
    if group.form is BlockForm.ITEM:
        return line.left < group.lines[0].left + 1 and before.text.endswith(_ENDS)
    indented = line.left > before.left + 0.8 * line.size
    short = before.right < 0.8 * right
    return (indented or short) and before.text.endswith(_ENDS)


def _is_caption(group: Group, body: float) -> bool:
    """Return True for "Figure 3: …", and in smaller or bold type for "Figure 3 …"; "Figure 3 shows …" is text."""
    first = group.lines[0]
    found = _CAPTION.match(first.text)
    if not found or group.form is BlockForm.TABLE:
        return False
    rest = first.text[found.end() :].lstrip()
    return not rest or rest[0] in ".:|–—-" or first.size < 0.95 * body or group.level > 0
