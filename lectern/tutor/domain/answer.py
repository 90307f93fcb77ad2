"""What a student gets: an answer whose sentences cite passages, or an honest refusal."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

#: Parts whose being away changes no answer: `Answer.degraded` names them, and it is as good as any.
BESIDE_ANSWER = frozenset(["neo4j"])


class QuestionType(StrEnum):
    """What kind of question it is; the guide's `question_type`."""

    SIMPLE = "simple"
    #: Needs several passages or concepts.
    COMPLEX = "complex"
    #: Leans on an earlier turn of its thread.
    FOLLOW_UP = "follow_up"
    OFF_TOPIC = "off_topic"


class Mode(StrEnum):
    """What a student gets of what the course says."""

    ANSWER = "answer"
    #: Where to read and what to think about, without the solution.
    HINT = "hint"


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a quote stands."""

    #: Headings above it, outermost first.
    heading_path: list[str]
    anchor: str
    #: Page, slide or cell of a notebook on which the passage begins, from 1; None for formats without.
    page: int | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """One cited quote."""

    #: The number that the answer's text uses: [1], [2], …
    number: int
    passage_id: str
    document: str
    title: str
    location: Location
    #: Verbatim text of the passage.
    quote: str
    #: Character offsets of the quote in the document's plain text.
    start: int
    end: int
    #: Fused retrieval score of the passage, 0..1. Not a probability.
    score: float
    #: Which legs found the passage: "keyword", "vector".
    legs: list[str]
    #: When the document's present content came into the course, in ISO form; None when that is not known.
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Where a concept is explained."""

    passage_id: str
    document: str
    title: str
    location: Location


@dataclass(frozen=True, kw_only=True)
class BuildsOn:
    """A concept that the one asked about rests on, and that the course explains before it."""

    concept_id: str
    name: str
    explained: Explained


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The guide's `result`."""

    answer: str
    sources: list[Source]
    #: P(the answer is correct and supported by what it cites), calibrated; for a refusal still
    #: P(the course's best answer would be right), so low.
    confidence: float
    #: What a student is told of it: "high", "check_source" or "low".
    confidence_band: str
    question_type: QuestionType
    #: True when the course does not answer the question.
    declined: bool = False
    #: Version of the model behind `confidence`, and whether the course's own students corrected it.
    calibration: str = ""
    #: A sentence to show beside the answer, in the question's language: check the source, or perhaps not what was asked.
    advice: str = ""
    #: The figures of the search behind `confidence`; none when nothing was searched.
    features: dict[str, float] = field(default_factory=dict)
    #: Parts that were away while this was answered, e.g. "vector".
    degraded: list[str] = field(default_factory=list)
    #: When declined, or answered with low confidence: nearest sections, in words.
    nearest: list[str] = field(default_factory=list)
    #: Sentences on parts that are away until somebody mends them, with what to do, and that the language model was.
    notices: list[str] = field(default_factory=list)
    #: The day (UTC) of the material: that of the oldest document cited; when declined, of the course's latest change.
    material_date: str | None = None
    #: What to read first, as `BuildsOn` in JSON, the weightiest first; none for a hint, whose solution it may be.
    builds_on: list[dict[str, Any]] = field(default_factory=list)
    #: A refusal is the same in both.
    mode: Mode = Mode.ANSWER
    #: What a language model did for it; None when there is none.
    llm: "ModelShare | None" = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the API sends; without a language model it has no `llm`."""
        # Its word, no member of ours: a checkpoint of a member could be read by this program's version only.
        written = {**asdict(self), "question_type": self.question_type.value, "mode": self.mode.value}
        return written if self.llm else {name: value for name, value in written.items() if name != "llm"}


@dataclass(frozen=True, kw_only=True)
class ModelShare:
    """A language model's share in an answer."""

    #: Provider and model.
    model: str
    #: True when it wrote the sentences; else they are quotes of the course, or the answer is a refusal.
    wrote: bool
    #: Sentences of it that its passages did not support, and that were left out.
    dropped: int
    #: Calls that it answered or that were given up, and what they used.
    calls: int
    input_tokens: int
    output_tokens: int
    #: The prompts that were used, each with its version.
    prompts: dict[str, int]
