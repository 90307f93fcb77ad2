"""What the tutor said to one question, as it is scored and kept."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from lectern.tutor.domain.passage import Passage


@dataclass(frozen=True, kw_only=True)
class Found:
    """A passage that the search found."""

    id: str
    document: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Cited:
    """A quote of the answer, with the passage that it claims to stand in."""

    passage_id: str
    document: str
    quote: str
    #: Text of the passage; "" where the asked course has no such passage.
    passage_text: str
    #: Id of a course that has the passage while the asked one has not, or "".
    other_course: str = ""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The outcome of one question."""

    id: str
    #: At most ten, best first.
    passages: tuple[Found, ...] = ()
    answer: str = ""
    confidence: float | None = None
    declined: bool = False
    #: In the order of the answer's marks.
    citations: tuple[Cited, ...] = ()
    #: Parts that were away, such as "vector".
    degraded: tuple[str, ...] = ()
    #: Wall-clock and processor seconds of the graph, all threads together.
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    #: Calls of the language model, and the tokens that they read and wrote.
    calls: int = 0
    tokens: int = 0
    #: True when a language model wrote the answer.
    composed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the row that is written to a file, in the evaluation kit's form: a document by the last part of its name."""
        row = asdict(self)
        for part in (*row["passages"], *row["citations"]):
            part["module"] = PurePosixPath(part["document"]).name
        return row


def found(passages: Sequence[Passage]) -> tuple[Found, ...]:
    """Return passages as they are kept."""
    return tuple(Found(id=one.id, document=one.document, text=one.text) for one in passages)
