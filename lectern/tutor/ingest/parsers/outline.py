"""Collects a document's blocks under its headings, whatever the format they came in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice

from lectern.tutor.domain.document import Block, BlockForm, ParsedDocument
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.headings import kind_of_heading

#: What stands above decides: a summary among exercises is still one of them, a task among answers is an answer.
_STRONGER = (PassageKind.SOLUTION, PassageKind.EXERCISE, PassageKind.SUMMARY)


#: Longest term in characters, and most terms of a block: what has more is an index, and no explanation.
_LONGEST_TERM, _MOST_TERMS = 80, 200


@dataclass
class _Heading:
    level: int
    text: str
    anchor: str
    kind: PassageKind | None


@dataclass
class Outline:
    """Blocks and the headings above them.

    The first heading of level 1 is the title and stands in no path, unless there are more of that level: then they are
    sections like others, and the file's name is the title. One of level 0 is the title in any case.
    """

    title: str = ""
    #: False for formats that mark answers themselves: there "Solutions" is a heading of chemistry.
    headings_tell_answers: bool = True
    #: Page, slide or cell of the blocks that come next; None for formats without.
    page: int | None = None
    #: The heading that gave the title.
    _title: _Heading | None = None
    #: True when there are several headings of level 1, so that none is the title.
    _sectioned: bool = False
    _headings: list[_Heading] = field(default_factory=list)
    _blocks: list[Block] = field(default_factory=list)

    def heading(self, level: int, text: str, anchor: str, kind: PassageKind | None = None) -> None:
        """Open a section; one of the same or a deeper level ends. `kind` holds for all that stands in it."""
        told = kind_of_heading(text)
        kind = kind or (told if self.headings_tell_answers or told is not PassageKind.SOLUTION else None)
        if not self.title and level <= 1 and not self._blocks and not self._sectioned:
            self.title, self._title = text, _Heading(level, text, anchor, kind)
            return
        if self._title and self._title.level == level == 1:
            self._demote_title(self._title)
        self.leave(level)
        if text or kind:
            self._headings.append(_Heading(level, text, anchor, kind))

    def leave(self, level: int) -> None:
        """Close the sections of this level and deeper ones, for formats that mark where a section ends."""
        while self._headings and self._headings[-1].level >= level:
            self._headings.pop()

    def block(
        self,
        text: str,
        form: BlockForm,
        kind: PassageKind | None = None,
        anchor: str = "",
        terms: Iterable[str] = (),
    ) -> None:
        """Add a block; blank ones are dropped. It is of the strongest kind that it or anything above it claims.

        `terms` are what the author set off; those that are no part of the text, or a phrase of it, are left out.
        """
        text = text.strip("\n") if form is BlockForm.CODE else text.strip()
        if text.strip():
            claimed = {kind, self._title and self._title.kind, *(heading.kind for heading in self._headings)}
            anchors = [heading.anchor for heading in self._headings if heading.anchor]
            self._blocks.append(
                Block(
                    text=text,
                    form=form,
                    kind=next((strong for strong in _STRONGER if strong in claimed), PassageKind.BODY),
                    heading_path=tuple(heading.text for heading in self._headings if heading.text),
                    anchor=anchor or (anchors[-1] if anchors else ""),
                    page=self.page,
                    terms=tuple(
                        dict.fromkeys(term for term in islice(terms, _MOST_TERMS) if _is_term(term, text))
                    ),
                )
            )

    def document(
        self, name: str, language: str = "", title: str = "", left_out: tuple[str, ...] = ()
    ) -> ParsedDocument:
        """Return the document; `title` is for one that no heading gives a title.

        Raises `UnreadableFile` when it has no text besides headings.
        """
        if not self._blocks:
            raise UnreadableFile(
                f"{name} has no text in it.", hint="Only headings, markup or media were found."
            )
        return ParsedDocument(
            title=self.title or title or readable(name),
            blocks=tuple(self._blocks),
            language=language,
            left_out=left_out,
        )

    def _demote_title(self, title: _Heading) -> None:
        """Make a section of what was taken for the title, now that there is another heading of its level."""
        self._blocks = [
            replace(
                block, heading_path=(title.text, *block.heading_path), anchor=block.anchor or title.anchor
            )
            for block in self._blocks
        ]
        self.title, self._title, self._sectioned = "", None, True


def _is_term(term: str, text: str) -> bool:
    """Return False for a sentence or a whole paragraph in bold letters, and for what stands elsewhere."""
    return 0 < len(term) <= _LONGEST_TERM and term in text and (len(term) < len(text) or term.endswith("()"))


def fenced(code: str, language: str = "") -> str:
    """Return code as it stands in a passage: between fences, so that readers can tell it from prose; "" for none."""
    code = code.replace("\xa0", " ").expandtabs(4).strip("\n").rstrip()
    longest = max((len(run) for run in re.findall(r"^ *(`{3,})", code, re.MULTILINE)), default=2)
    fence, info = "`" * (longest + 1), re.sub(r"[^\w+#.-]", "", language)
    return f"{fence}{info}\n{code}\n{fence}" if code.strip() else ""


def ticked(code: str) -> str:
    """Return inline code between backticks, as many as it needs."""
    code = squeezed(code)
    if "`" in code:
        return f"`` {code} ``"
    return f"`{code}`" if code else ""


def readable(name: str) -> str:
    """Make a title of a file's name."""
    stem = re.sub(r"\.\w{1,8}$", "", name.rsplit("/", 1)[-1])
    words = re.sub(r"[-_\s]+", " ", re.sub(r"^\d+[-_. ]+", "", stem)).strip()
    return words[:1].upper() + words[1:] or name


def squeezed(text: str) -> str:
    """Turn every run of white space into one blank."""
    return " ".join(text.split())
