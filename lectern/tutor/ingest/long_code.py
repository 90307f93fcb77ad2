"""Blocks of code that are longer than a passage may be: cut at line ends, each part between fences of its own."""

import re
from collections.abc import Iterator
from dataclasses import replace

from lectern.tutor.domain.document import Block, BlockForm
from lectern.tutor.ingest.measuring import length_in_words, reach

#: Words of code in one block: what the embedding model reads of it (256 word pieces).
MOST_WORDS_OF_CODE = 200
_FENCED = re.compile(r"(`{3,}[^\n]*)\n(.*)\n(`{3,})[ \t]*", re.DOTALL)


def in_parts(block: Block) -> list[Block]:
    """Return `block`, or the shorter blocks of code that it makes; other forms come back as they are."""
    if block.form is not BlockForm.CODE or length_in_words(block.text) <= MOST_WORDS_OF_CODE:
        return [block]
    found = _FENCED.fullmatch(block.text)
    opening, code, closing = found.groups() if found else ("```", block.text, "```")
    return [replace(block, text=f"{opening}\n{part}\n{closing}") for part in _parts(code) if part.strip()]


def _parts(code: str) -> Iterator[str]:
    """Cut at the last blank line that fits, else at the last line end, else where it must be."""
    start = 0
    # Room is left for the words of the fences.
    while (far := reach(code, start, MOST_WORDS_OF_CODE - 10)) < len(code):
        stop = code.rfind("\n\n", start + (far - start) // 3, far)
        stop = stop if stop > 0 else code.rfind("\n", start + 1, far)
        stop = stop if stop > 0 else far
        yield code[start:stop].strip("\n")
        start = stop
    yield code[start:].strip("\n")
