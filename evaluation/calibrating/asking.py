"""Ask labelled questions by the tutor's own graph, also where it would decline, and keep what a fit needs of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.measuring.material import Material
from evaluation.measuring.questions import Question
from evaluation.measuring.remembering import RememberingEmbeddings
from evaluation.measuring.trials import Trial
from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.models.minilm import MiniLMEmbeddings
from lectern.tutor.answering.supporting import answer_figures, passage_figures
from lectern.tutor.confidence.model import ConfidenceModel
from lectern.tutor.graph.build import build_graph
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import passage_from_json

#: Answers every question with the same confidence, so that the graph's way depends on the words alone while we fit.
UNFITTED = ConfidenceModel(
    version="unfitted", features=(), means=(), scales=(), weights=(), intercept=0.0, decline_below=0.0
)
COURSE_KEY = 1
#: Figures that are known when there is an answer.
_OF_ANSWER = frozenset(answer_figures("", []))

Figures = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with what the graph made of it."""

    set_name: str
    kind: str
    #: Gold module, or the question's own id: what may not be split between fit and check.
    group: str
    #: The question as it was searched for in the end.
    query: str
    answerable: bool
    #: For each passage that was found, best first: its figures, and whether it is of the gold module.
    found: Sequence[tuple[Figures, bool]]
    #: Figures of the answer; None when nothing could be quoted.
    answer: Figures | None
    #: Whether the passage that is cited first is of the gold module; what the course cannot answer is never right.
    right: bool


class Asker:
    """Asks courses, each in an index of its own below `folder`; embeddings are remembered in `cache`."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._model = MiniLMEmbeddings(cache / "models")
        self._memory = RememberingEmbeddings(self._model, self._model.name, cache / "vectors.sqlite3")
        self._graph = build_graph().compile()

    def ask(self, trial: Trial) -> Iterator[Asked]:
        """Ask a course all its questions."""
        context = self.context(trial.name, trial.material, UNFITTED)
        for one in trial.sets:
            for question in one.questions:
                yield _asked(one.name, question, self.state(question.question, context))

    def context(self, name: str, material: Material, confidence: ConfidenceModel) -> TutorContext:
        """Return what the graph needs to answer from `material`, which is indexed under `name`."""
        index = FtsPassageIndex(self._folder / f"{name}.sqlite3")
        passages = material.passages
        vectors = self._memory.vectors([passage.text for passage in passages])
        index.store_vectors(
            self._model.name, {one.text_sha: vector for one, vector in zip(passages, vectors, strict=True)}
        )
        for document in material.documents:
            index.replace_documents(COURSE_KEY, self._model.name, {document.name: document.passages})
        return TutorContext(
            index=index,
            embeddings=self._memory,
            model=self._model.name,
            confidence=confidence,
            is_word=self._model.is_word,
        )

    def state(self, question: str, context: TutorContext, **more: str) -> dict[str, Any]:
        """Return the graph's last state; `more` goes into its input."""
        course = {"id": "course", "key": COURSE_KEY, "title": "The course", "answer_from_exercises": False}
        asked: Any = {"question": question, "course": course, "history": [], **more}
        *_, state = self._graph.stream(asked, context=context, stream_mode="values")
        return dict(state)


def _asked(set_name: str, question: Question, state: Mapping[str, Any]) -> Asked:
    ranked = state.get("ranked", [])
    passages = [passage_from_json(one["passage"]) for one in ranked]
    right = [question.answerable and one.document == question.gold_document for one in passages]
    figures = passage_figures(passages, [one["score"] for one in ranked])
    pieces = state.get("pieces", [])
    searched = {name: value for name, value in state.get("features", {}).items() if name not in _OF_ANSWER}
    return Asked(
        set_name=set_name,
        kind=question.kind,
        group=question.gold_module or question.id,
        query=state.get("query", question.question),
        answerable=question.answerable,
        found=[({**searched, **one}, each) for one, each in zip(figures, right, strict=True)],
        answer=state["features"] if pieces else None,
        right=bool(pieces) and right[pieces[0]["rank"]],
    )
