"""The state of one question on its way through the graph. Plain JSON values only: every step of it is checkpointed."""

from collections.abc import Iterable
from typing import Annotated, Any, NotRequired, TypedDict

from lectern.tutor.domain.passage import Passage, PassageKind


class CourseInput(TypedDict):
    """The course that is asked."""

    id: str
    #: Its integer key in the passage index.
    key: int
    title: str
    #: Whether exercises and solutions may be quoted.
    answer_from_exercises: bool
    #: Corrections of its confidences, as `Course` has them.
    recalibration: NotRequired[dict[str, Any]]


class TurnInput(TypedDict):
    """An earlier question of the thread."""

    question: str
    answer: str
    #: Its sources, as `Source` in JSON.
    sources: list[dict[str, Any]]


class TutorInput(TypedDict):
    """What a run hands to the graph."""

    question: str
    course: CourseInput
    #: Earlier turns, oldest first, at most 10.
    history: list[TurnInput]
    #: "answer" (without one) or "hint".
    mode: NotRequired[str]


class TutorOutput(TypedDict):
    """What the graph hands back: `Answer.to_json()`."""

    result: dict[str, Any]


class FoundPassage(TypedDict):
    """A passage that one leg found."""

    passage: dict[str, Any]
    score: float


class RankedPassage(TypedDict):
    """A passage after fusion; `score` is 0..1."""

    passage: dict[str, Any]
    score: float
    legs: list[str]


class Piece(TypedDict):
    """A sentence or a block of code of the answer, with the quote that supports it."""

    text: str
    #: True for a block of code.
    code: bool
    #: Position of the cited passage in `ranked`.
    rank: int
    #: Characters of the quote within the passage's text.
    start: int
    end: int


class DraftedSentence(TypedDict):
    """A sentence as a language model wrote it, unchecked."""

    text: str
    #: Ids of the passages that it cites, which may be the wrong ones.
    passages: list[str]
    #: Why it must not reach a student; "" before it was checked, and when it is sound.
    complaint: str


class ModelCall(TypedDict):
    """A call of the language model that was answered, or given up after the time that it may take."""

    prompt: str
    version: int
    input_tokens: int
    output_tokens: int


def merged(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """Return the union of two lists, sorted: parallel branches both add to it."""
    return sorted({*old, *new})


class TutorState(TutorInput, TutorOutput, total=False):
    """What later nodes need of earlier ones."""

    #: The question as it is searched for: condensed, its typing errors put right, and perhaps rewritten.
    query: str
    #: What the conversation was about before.
    topic: str
    leans: bool
    question_type: str
    keywords: list[FoundPassage]
    vectors: list[FoundPassage]
    #: Parts that were away: "keyword", "vector", "llm", "weaviate", "neo4j".
    degraded: Annotated[list[str], merged]
    #: Sentences on what was away and what its operator does about it.
    notices: Annotated[list[str], merged]
    #: What the course explains before, as `BuildsOn` in JSON.
    builds_on: list[dict[str, Any]]
    #: The best passages; the legs' lists are emptied once these are known.
    ranked: list[RankedPassage]
    #: Figures about the search, from which confidence is computed.
    features: dict[str, float]
    #: Asked words that no found passage has.
    missing: list[str]
    #: Another wording that is worth a second search; "" when there is none.
    rewording: str
    #: P(the course answers this), calibrated.
    confidence: float
    #: "answer", "rewrite" or "abstain".
    verdict: str
    #: The confidence before the language model worded the question differently; its own words are no evidence for more.
    ceiling: float
    rewritten: bool
    pieces: list[Piece]
    #: True after a cited passage was found to be replaced: the course is searched anew.
    stale: bool
    #: Positions in `pieces` of what its quote does not support.
    unsupported: list[int]
    #: Calls of the language model so far.
    calls: list[ModelCall]
    #: True when the language model is not asked any more.
    model_gone: bool
    #: The model's word on whether the passages answer the question.
    answerable: bool
    draft: list[DraftedSentence]
    #: The model's question that leads on, in a hint.
    guiding: str
    was_mended: bool
    #: Sentences of the model that were not supported and left out.
    dropped: int
    #: True when `pieces` are the model's.
    composed: bool


def passage_to_json(passage: Passage) -> dict[str, Any]:
    """Return a passage as plain JSON values, without its terms: the index, from which it comes, has none."""
    values = {name: value for name, value in vars(passage).items() if name != "terms"}
    return {**values, "kind": passage.kind.value, "heading_path": list(passage.heading_path)}


def passage_from_json(data: dict[str, Any]) -> Passage:
    """Return the passage that `passage_to_json` wrote."""
    return Passage(**{**data, "kind": PassageKind(data["kind"]), "heading_path": tuple(data["heading_path"])})


def rounded(features: dict[str, float]) -> dict[str, float]:
    """Return figures as a result tells them: to six digits behind the point."""
    return {name: round(value, 6) for name, value in features.items()}
