"""Running headers and footers of printed pages: what stands at the same edge of page after page."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from lectern.tutor.ingest.parsers.pdf_lines import Line

#: Lines of a header or footer.
_MOST_LINES = 2
#: More room than this, in sizes of the type, parts a header from the text.
_APART = 0.5
#: A line runs when it stands on this many pages,
_PAGES = 3
#: on more of them if only its numbers differ ("Week 3"),
_PAGES_WITH_NUMBERS = 5
#: of so many in a row: headers change with the chapter, and left pages have others than right ones.
_WITHIN = 7
#: Points that it may move up or down.
_SHIFT = 4.0
#: Larger type than this, compared with the text's, is a heading, though slide after slide may have the same.
_LARGER = 1.12
_NUMBERS = re.compile(r"\d{1,4}")
#: A number that begins or ends a line.
_OUTER_NUMBERS = re.compile(r"^\d{1,4}(?=\s|$)|(?<=\s)\d{1,4}$")


def without_running_lines(pages: Sequence[Sequence[Line]], body_size: float) -> list[list[Line]]:
    """Return the pages without what runs along their edges: the same words, or words with the page's number."""
    edges = [(edge, line) for lines in pages for edge, line in _at_edges(lines, body_size)]
    seen: dict[tuple[str, int, str], list[Line]] = defaultdict(list)
    for edge, line in edges:
        for needed, words in _keys(line):
            seen[edge, needed, words].append(line)
    running = {
        id(line)
        for (_edge, needed, _words), lines in seen.items()
        for line in _repeated(lines, min(needed, max(2, len(pages))))
    }
    running |= _numbered([line for _edge, line in edges], len(pages))
    return [[line for line in lines if id(line) not in running] for lines in pages]


def _at_edges(lines: Sequence[Line], body_size: float) -> Iterator[tuple[str, Line]]:
    """Yield the highest and the lowest lines of a page, wherever the file has them, if they stand apart from the rest."""
    by_height = sorted(lines, key=lambda line: -line.top)
    for edge, ordered in (("top", by_height), ("bottom", by_height[::-1])):
        outer: list[Line] = ordered[:1]
        for before, line in pairwise(ordered):
            gap = before.bottom - line.top if edge == "top" else line.bottom - before.top
            if gap > _APART * line.size:
                break
            outer.append(line)
        if len({round(line.top) for line in outer}) <= _MOST_LINES and len(outer) < len(lines):
            yield from ((edge, line) for line in outer if line.size <= body_size * _LARGER)


def _keys(line: Line) -> Iterator[tuple[int, str]]:
    """Yield on how many pages a line must stand, with its words as they are and with numbers made alike.

    The page's own number is told by its distance from the count of pages.
    """
    yield _PAGES, line.text
    yield _PAGES_WITH_NUMBERS, _NUMBERS.sub("#", line.text)
    for found in _NUMBERS.finditer(line.text):
        yield _PAGES, f"{line.text[: found.start()]}#{int(found[0]) - line.page}#{line.text[found.end() :]}"


def _repeated(lines: Sequence[Line], needed: int) -> Iterator[Line]:
    """Yield those of equal `lines`, in order of pages, that have enough neighbours at their height."""
    first = 0
    for line in lines:
        while line.page - lines[first].page >= _WITHIN:
            first += 1
        window = takewhile(lambda other: other.page - line.page < _WITHIN, lines[first : first + 4 * _WITHIN])  # noqa: B023 - used up within the turn
        if len({other.page for other in window if abs(other.top - line.top) <= _SHIFT}) >= needed:
            yield line


def _numbered(lines: Sequence[Line], pages: int) -> set[int]:
    """Return the lines that begin or end with the page's number, where most pages are numbered there."""
    found = [
        (int(number) - line.page, line) for line in lines for number in _OUTER_NUMBERS.findall(line.text)
    ]
    shifts = Counter(shift for shift, _line in found)
    shift, count = shifts.most_common(1)[0] if shifts else (0, 0)
    return {id(line) for one, line in found if one == shift} if count >= max(_PAGES, pages / 2) else set()
