"""What the nodes of the tutor's graphs reach; LangGraph hands it to each as `runtime.context`."""

from collections.abc import Callable
from dataclasses import dataclass

from langchain_core.embeddings import Embeddings

from lectern.tutor.confidence.model import ConfidenceModel
from lectern.tutor.ports import CourseCatalog, IndexingJobs, PassageIndex


@dataclass(frozen=True, kw_only=True)
class TutorContext:
    """The tutor's outside."""

    index: PassageIndex
    embeddings: Embeddings
    confidence: ConfidenceModel
    #: Tells words of the language from typing errors: what it knows is never put right.
    is_word: Callable[[str], bool] = lambda _word: False


@dataclass(frozen=True, kw_only=True)
class IndexingContext:
    """The outside of the indexing graph."""

    jobs: IndexingJobs
    courses: CourseCatalog
    index: PassageIndex
    embeddings: Embeddings
    #: Name of the embedding model, under which vectors are kept.
    model: str
