"""A document of a course, as a parser hands it over: plain text in blocks, each with its place and kind."""

from dataclasses import dataclass
from enum import StrEnum

from lectern.tutor.domain.passage import PassageKind


class BlockForm(StrEnum):
    """How a block of text is written; decides how it may be cut."""

    #: A paragraph: may be cut between sentences.
    PROSE = "prose"
    #: One item of a list.
    ITEM = "item"
    #: Program code or its output: never cut inside, line breaks kept.
    CODE = "code"
    #: A table, one row a line: never cut inside a row.
    TABLE = "table"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of a document that belongs together."""

    text: str
    form: BlockForm
    kind: PassageKind
    heading_path: tuple[str, ...]
    anchor: str
    #: Page, slide or cell on which it begins, from 1; None for formats without.
    page: int | None = None
    #: What the author set off as terms in it, as the text has them.
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ParsedDocument:
    """What a parser makes of one file."""

    title: str
    blocks: tuple[Block, ...]
    #: Language code ("en", "de", …) if the file names one, else "".
    language: str = ""
    #: Sentences for the teacher about parts that were left out, such as scanned pages.
    left_out: tuple[str, ...] = ()
