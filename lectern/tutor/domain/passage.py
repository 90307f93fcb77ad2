"""A passage: the piece of course material that is searched, quoted and cited."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class PassageKind(StrEnum):
    """What a passage is good for."""

    #: Running text of the course: the only kind that is answered from by default.
    BODY = "body"
    #: A summary, key-term list or list of learning objectives: searched, seldom quoted.
    SUMMARY = "summary"
    #: A task for the student. Not answered from unless the course says so.
    EXERCISE = "exercise"
    #: The answer to a task. Not answered from unless the course says so.
    SOLUTION = "solution"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """About 100 words of one document, with the place where they stand."""

    #: Stable over re-ingestion as long as document and text stay the same; unique within a course.
    id: str
    #: Key of the document within its course: the file's path relative to the ingested folder.
    document: str
    #: Title of the document, as a reader knows it.
    title: str
    #: Position within the document, from 0.
    ordinal: int
    #: The text as it is quoted: `document_text[start:end]`.
    text: str
    kind: PassageKind
    #: Headings above the passage, outermost first, the document's title left out.
    heading_path: tuple[str, ...]
    #: Fragment that leads a browser to the place ("" when the format has none).
    anchor: str
    #: Character offsets of `text` in the document's plain text.
    start: int
    end: int
    #: Page, slide or cell on which it begins, from 1; None for formats without.
    page: int | None = None
    #: What its author set off as terms in it. The passage index does not keep them: the course's catalog does.
    terms: tuple[str, ...] = ()

    @property
    def text_sha(self) -> str:
        """SHA-256 (hex) of what is embedded: equal texts share one vector."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def location(self) -> str:
        """The place in words a person follows: title and headings."""
        return " › ".join((self.title, *self.heading_path))

    @property
    def whereabouts(self) -> str:
        """The location with its page, slide or cell, for people. Search uses `location`: a number is no word of it."""
        if self.page is None:
            return self.location
        return f"{self.location}, {counted(self.document)} {self.page}"


def counted(document: str) -> str:
    """Return what the pages of a document are called."""
    ending = document.rpartition(".")[2].lower()
    return {"pptx": "slide", "ipynb": "cell"}.get(ending, "page")


def passage_id(document: str, text: str, occurrence: int) -> str:
    """Return the id of the `occurrence`-th passage (from 0) of `document` that has this very `text`."""
    return sha256(f"{document}\0{text}\0{occurrence}".encode()).hexdigest()[:20]
