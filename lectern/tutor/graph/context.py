"""What the nodes of the tutor's graphs reach; LangGraph hands it to each as `runtime.context`."""

from collections.abc import Callable
from dataclasses import dataclass

from langchain_core.embeddings import Embeddings

from lectern.tutor.confidence.model import ConfidenceModel
from lectern.tutor.ingest.spooling import Spool
from lectern.tutor.ports.concepts import ConceptGraph, ConceptReadings, ConceptStore
from lectern.tutor.ports.courses import CourseCatalog, IndexingJobs
from lectern.tutor.ports.language_model import LanguageModel, ModelSlots
from lectern.tutor.ports.passages import PassageIndex


@dataclass(frozen=True, kw_only=True)
class ModelUse:
    """A language model, and how far one run may use it."""

    model: LanguageModel
    slots: ModelSlots
    #: Longest time of one call.
    timeout_seconds: float
    #: Tokens read and written.
    token_budget: int
    #: True: without the model the course is quoted. False: the run fails.
    falls_back: bool


@dataclass(frozen=True, kw_only=True)
class RunLeft:
    """What is left to the run whose attempt this is; without an engine there is no other attempt and no deadline."""

    #: Further attempts that it may get.
    attempts: int = 0
    #: Seconds on this process's monotonic clock at which it is given up.
    ends_at: float = float("inf")


@dataclass(frozen=True, kw_only=True)
class TutorContext:
    """The tutor's outside."""

    index: PassageIndex
    embeddings: Embeddings
    #: Name of the embedding model, under which vectors are kept.
    model: str
    #: For answers in the course's own sentences.
    confidence: ConfidenceModel
    #: For answers in a language model's; None: the same.
    composed_confidence: ConfidenceModel | None = None
    #: P(the question is about the course), by which it is declined; None: the same as `confidence`.
    answerable: ConfidenceModel | None = None
    #: False when the confidence was fitted to cosines of another embedding model: it then goes by words.
    fitted: bool = True
    #: Tells words of the language from typing errors: what it knows is never put right.
    is_word: Callable[[str], bool] = lambda _word: False
    #: Tells whether the course is still there, and how old its documents are; None where that is of no interest.
    courses: CourseCatalog | None = None
    #: For what a question builds on; None: nothing is told of it.
    concepts: ConceptGraph | None = None
    #: None: answers are quotes of the course.
    llm: ModelUse | None = None
    left: RunLeft = RunLeft()


@dataclass(frozen=True, kw_only=True)
class IndexingContext:
    """The outside of the indexing graph."""

    jobs: IndexingJobs
    courses: CourseCatalog
    index: PassageIndex
    concepts: ConceptStore
    readings: ConceptReadings
    embeddings: Embeddings
    #: Name of the embedding model, under which vectors are kept.
    model: str
    #: Where uploaded files wait.
    spool: Spool
