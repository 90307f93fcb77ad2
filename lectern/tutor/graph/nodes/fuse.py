"""Node: join what both legs found."""

from collections.abc import Collection
from typing import Any

from langgraph.runtime import Runtime

from lectern.tutor.answering.recording import answers
from lectern.tutor.answering.rewriting import missing_words
from lectern.tutor.errors import IndexUnavailable
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.legs import hits
from lectern.tutor.graph.state import TutorState, passage_to_json
from lectern.tutor.retrieval.features import MARGIN_DEPTH, features
from lectern.tutor.retrieval.fusion import Ranked, alpha_for
from lectern.tutor.retrieval.ranking import rank

#: Features that mean nothing when a leg was away or not asked; the confidence model then takes their means.
OF_LEG = {
    "keyword": ("bm25_per_word", "bm25_margin", "agreement"),
    "vector": ("top_cosine", "cosine_margin", "agreement"),
}
#: Cosines of an embedding model that the confidence was not fitted to mean something else: it takes its means as well.
_COSINES = {"top_cosine", "cosine_margin"}
#: Features that compare with the passages behind the best: in a course of a few there are none to compare with, and how
#: rare a word is says little.
OF_MANY = {"margin", "cosine_margin", "bm25_per_word", "bm25_margin", "agreement"}
#: Passages that later nodes look at.
KEPT = 8


def fuse(state: TutorState, runtime: Runtime[TutorContext]) -> dict[str, Any]:
    """Rank all found passages, take the figures of the search, and note which words of the question found nothing.

    The legs' lists are emptied: they are the bulk of a checkpoint, and nobody reads them after this.
    """
    silent = OF_LEG.keys() & set(state.get("degraded", []))
    if silent >= {"keyword", "vector"}:
        raise IndexUnavailable(
            "Neither words nor vectors of the course can be searched.", hint="Try again in a moment."
        )
    keywords, vectors, query = hits(state["keywords"]), hits(state["vectors"]), state["query"]
    ranked = rank(query, keywords, vectors)
    texts = [f"{one.passage.location} {one.passage.text}" for one in ranked]
    return {
        "keywords": [],
        "vectors": [],
        "ranked": [
            {"passage": passage_to_json(one.passage), "score": one.score, "legs": list(one.legs)}
            for one in _to_answer_from(ranked, state)
        ],
        "features": _known(
            features(query, ranked, keywords, vectors),
            silent if alpha_for(query) else {*silent, "vector"},
            (set() if runtime.context.fitted else _COSINES)
            | (OF_MANY if len(ranked) < MARGIN_DEPTH else set()),
        ),
        "missing": missing_words(query, texts),
    }


def _to_answer_from(ranked: list[Ranked], state: TutorState) -> list[Ranked]:
    """Return the best passages; only those of the teacher's answer where there is one to this very question."""
    return ([one for one in ranked if is_taught(one.passage.document, state)] or ranked)[:KEPT]


def is_taught(document: str, state: TutorState) -> bool:
    """Return True when a document is a teacher's answer to what was asked, as it was typed or as it is searched."""
    return answers(document, state["question"]) or answers(document, state["query"])


def _known(figures: dict[str, float], silent: Collection[str], strange: Collection[str]) -> dict[str, float]:
    """Leave out `strange` figures and what a leg that was not there cannot tell; one that found nothing has told something."""
    unknown = {*strange, *(name for leg in silent for name in OF_LEG[leg])}
    return {name: value for name, value in figures.items() if name not in unknown}
