"""Abbreviations: "operating system (OS)" gives one thing two names.

The rule is that of A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (Pacific Symposium on Biocomputing 2003): read from the right, each letter of the short form is found
in the words before it, and its first letter begins a word.
"""

import re
from collections.abc import Iterator

_IN_BRACKETS = re.compile(r"\(([^()\n]{2,60})\)")
_SHORT = re.compile(r"[^\W\d_][\w./&-]{1,9}")


def abbreviations(text: str) -> Iterator[tuple[str, str]]:
    """Yield (long form, short form) for each abbreviation that `text` explains, in either order."""
    for bracket in _IN_BRACKETS.finditer(text):
        inside, before = bracket[1].strip(), text[: bracket.start()].rstrip()
        if _is_short(inside):
            long = _long_form(inside, before[-_reach(inside) :])
            if long:
                yield long, inside
            continue
        last = before.rpartition(" ")[2]
        if _is_short(last) and _long_form(last, inside) == inside:
            yield inside, last


def split_name(name: str) -> tuple[str, str]:
    """Return a name that carries its abbreviation in brackets as two: the name, and the abbreviation or ""."""
    bracket = _IN_BRACKETS.search(name)
    if bracket is None or bracket.end() != len(name) or not bracket.start():
        return name, ""
    outer, inner = name[: bracket.start()].strip(), bracket[1].strip()
    for long, short in ((outer, inner), (inner, outer)):
        if _is_short(short) and _long_form(short, long) == long:
            return long, short
    return (name, "") if name.endswith("()") else (outer, "")


def _is_short(text: str) -> bool:
    # A capital somewhere: "(see)" and "(hot)" are no abbreviations, even where the letters fit.
    return bool(_SHORT.fullmatch(text)) and any(c.isupper() for c in text)


def _reach(short: str) -> int:
    """Return how many characters before the bracket may hold the long form, as Schwartz and Hearst have it in words."""
    return 16 * min(len(short) + 5, len(short) * 2)


def _long_form(short: str, before: str) -> str:
    """Return the end of `before` that `short` stands for, or ""."""
    at = len(before) - 1
    for position in range(len(short) - 1, -1, -1):
        letter = short[position].casefold()
        if not letter.isalnum():
            continue
        while at >= 0 and (
            before[at].casefold() != letter or (position == 0 and at > 0 and before[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
        at -= 1
    long = before[at + 1 :]
    words = re.findall(r"\w+", long)
    if len(long) <= len(short) or len(words) > min(len(short) + 5, len(short) * 2) or short in words:
        return ""
    return long.strip()
