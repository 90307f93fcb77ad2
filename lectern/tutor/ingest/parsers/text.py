"""Plain text: paragraphs between blank lines, headings where they are underlined, numbered or name tasks."""

import re

from lectern.tutor.domain.document import BlockForm, ParsedDocument
from lectern.tutor.ingest.parsers.headings import kind_of_heading
from lectern.tutor.ingest.parsers.outline import Outline, fenced, squeezed
from lectern.tutor.ingest.parsers.text_of_bytes import decode

_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,})\s*")
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s+(\S.*)")
_ITEM = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")
_LONGEST_HEADING = 80
_NO_HEADING = (".", "!", ";", ":", ",")


def parse(data: bytes, name: str) -> ParsedDocument:
    """Return the document of a text file. Raises `UnreadableFile`."""
    outline = Outline()
    for number, paragraph in enumerate(re.split(r"\n(?:[ \t]*\n)+", decode(data, name).strip("\n"))):
        lines = [line for line in paragraph.split("\n") if line.strip()]
        if number == 0 and len(lines) == 1 and _can_be_heading(lines[0]):
            outline.heading(1, squeezed(lines[0]), "")
            continue
        while lines and (taken := _heading(lines, outline)):
            lines = lines[taken:]
        if lines:
            _add(lines, outline)
    return outline.document(name)


def _add(lines: list[str], outline: Outline) -> None:
    if all(line.startswith(("    ", "\t")) for line in lines) and not _ITEM.match(lines[0]):
        outline.block(
            fenced("\n".join(line.removeprefix("\t").removeprefix("    ") for line in lines)), BlockForm.CODE
        )
        return
    # A line that begins no item goes on with the one before.
    joined: list[str] = []
    for line in lines:
        if _ITEM.match(line) or not joined:
            joined.append(line.rstrip())
        else:
            joined[-1] += " " + line.strip()
    items = len(joined) > 1 or _ITEM.match(joined[0])
    outline.block(
        "\n".join(joined) if items else squeezed(joined[0]), BlockForm.ITEM if items else BlockForm.PROSE
    )


def _heading(lines: list[str], outline: Outline) -> int:
    """Take a heading at the top of `lines` and return how many lines it used."""
    first = squeezed(lines[0])
    if len(lines) > 1 and len(first) <= _LONGEST_HEADING and _UNDERLINE.fullmatch(lines[1]):
        outline.heading(1 if lines[1].startswith("=") else 2, first, "")
        return 2
    if len(lines) > 1 or not _can_be_heading(first):
        return 0
    if kind_of_heading(first):
        outline.heading(2, first, "")
        return 1
    numbered = _NUMBERED.fullmatch(first)
    if numbered and numbered[2][:1].isupper():
        # Below the title, which is level 1.
        outline.heading(2 + numbered[1].count("."), numbered[2], "")
        return 1
    return 0


def _can_be_heading(line: str) -> bool:
    return len(line.strip()) <= _LONGEST_HEADING and not line.rstrip().endswith(_NO_HEADING)
