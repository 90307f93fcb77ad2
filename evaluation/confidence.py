"""Fit the confidence model on Microbiology, and measure it there (by module) and on the Python textbook (not fitted).

`python -m evaluation.confidence` needs the evaluation kit; it writes lectern/tutor/confidence/calibration.json, which holds
figures only. Every question goes through the tutor's own graph up to the point where it decides whether to answer.
"""

import argparse
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from evaluation.retrieval import COURSE_KEY, ROOT, index_passages, load_passages, read_jsonl
from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.models.minilm import MiniLMEmbeddings
from lectern.tutor.answering.judging import Verdict, judge
from lectern.tutor.confidence.fitting import RIDGE, fit
from lectern.tutor.confidence.measuring import auroc, brier, calibration_error, calibration_floor, reliability
from lectern.tutor.confidence.model import CALIBRATION, ConfidenceModel
from lectern.tutor.graph.build import build_graph
from lectern.tutor.graph.context import TutorContext

VERSION = "logistic-1"
FOLDS = 5
#: Answers every question with the same confidence, so that the graph's way depends on the words alone while we fit.
UNFITTED = ConfidenceModel(version="unfitted", features=(), means=(), scales=(), weights=(), intercept=0.0)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with what the graph found for it."""

    set_name: str
    #: Gold module, or the question's own id: what may not be split between fit and check.
    group: str
    features: Mapping[str, float]
    #: The question as it was searched for in the end.
    query: str
    #: Whether the first passage is of the gold module; what the course cannot answer is never right.
    right: bool


def main() -> None:
    """Ask, fit, measure, write."""
    options = _options()
    if not (options.kit / "eval").is_dir():
        raise SystemExit(f"{options.kit} holds no evaluation kit: name its folder with --kit.")
    options.cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        asker = _Asker(Path(folder), options.kit, options.cache)
        fitted = asker.ask_microbiology()
        foreign_course = asker.ask_python()
    report = _report(fitted, foreign_course)
    CALIBRATION.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _print(report)


class _Asker:
    """Asks the question sets of the kit, each of the course that it belongs to."""

    def __init__(self, folder: Path, kit: Path, cache: Path) -> None:
        self._folder, self._kit, self._cache = folder, kit, cache
        self._model = MiniLMEmbeddings(cache / "models")
        self._graph = build_graph().compile()

    def ask_microbiology(self) -> list[Asked]:
        course = self._kit / "data/dev_course_micro/passages.jsonl"
        left_out = (self._kit / "eval/questions/micro_nearmiss_modules.txt").read_text().split()
        whole, thinned = self._context(course), self._context(course, left_out)
        asked = [
            one
            for name in ("micro_native", "micro_keywords", "micro_typos", "micro_foreign")
            for one in self._ask(name, self._questions(name), whole)
        ]
        near_misses = [row for row in self._questions("micro_nearmiss") if not row["answerable"]]
        return asked + list(self._ask("micro_nearmiss", near_misses, thinned))

    def ask_python(self) -> list[Asked]:
        context = self._context(self._kit / "data/demo_course_python/passages.jsonl")
        names = ("python_definitions", "python_foreign")
        return [one for name in names for one in self._ask(name, self._questions(name), context)]

    def _questions(self, name: str) -> list[dict[str, Any]]:
        return read_jsonl(self._kit / f"eval/questions/{name}.jsonl")

    def _context(self, course: Path, left_out: Collection[str] = ()) -> TutorContext:
        passages = load_passages(course)[0]
        index = FtsPassageIndex(self._folder / f"{course.parent.name}-{len(left_out)}.sqlite3")
        index_passages(index, self._model, passages, self._cache)
        for module in left_out:
            index.remove_document(COURSE_KEY, module)
        return TutorContext(
            index=index,
            embeddings=self._model,
            model=self._model.name,
            confidence=UNFITTED,
            is_word=self._model.is_word,
        )

    def _ask(self, name: str, rows: Iterable[dict[str, Any]], context: TutorContext) -> Iterator[Asked]:
        course = {"id": name, "key": COURSE_KEY, "title": "", "answer_from_exercises": False}
        for row in rows:
            state = self._searched({"question": row["question"], "course": course, "history": []}, context)
            found = [ranked["passage"]["document"] for ranked in state.get("ranked", [])[:1]]
            right = bool(row["answerable"]) and found == [row["gold_module"]]
            group = row.get("gold_module") or row["id"]
            yield Asked(
                set_name=name, group=group, features=state["features"], query=state["query"], right=right
            )

    def _searched(self, question: Any, context: TutorContext) -> Mapping[str, Any]:
        """Return the graph's state when it has decided what to do with what it found."""
        state: Mapping[str, Any] = {}
        for state in self._graph.stream(question, context=context, stream_mode="values"):
            if state.get("verdict") in ("answer", "abstain"):
                break
        return state


def _report(fitted: Sequence[Asked], foreign_course: Sequence[Asked]) -> dict[str, Any]:
    final = _fit(fitted)
    checked = _cross_validated(fitted)
    other = np.array([final.probability(one.features) for one in foreign_course])
    return {
        "model": {
            "version": final.version,
            "features": final.features,
            "means": final.means,
            "scales": final.scales,
            "weights": final.weights,
            "intercept": final.intercept,
        },
        "predicts": "the first passage that was found is of the module that answers the question",
        "fitted_on": {
            "course": "OpenStax Microbiology (CC BY 4.0)",
            "ridge": RIDGE,
            "questions": _sizes(fitted),
        },
        "cross_validated": {"folds": f"{FOLDS}, by module", **_measures(fitted, checked)},
        "other_course": {
            "course": "OpenStax Introduction to Python Programming (CC BY 4.0)",
            "questions": _sizes(foreign_course),
            **_measures(foreign_course, other),
        },
    }


def _fit(asked: Sequence[Asked]) -> ConfidenceModel:
    return fit([one.features for one in asked], [one.right for one in asked], version=VERSION)


def _cross_validated(asked: Sequence[Asked]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return for each question the confidence of a model that saw no question of its module."""
    groups = {group: place % FOLDS for place, group in enumerate(sorted({one.group for one in asked}))}
    confidence = np.zeros(len(asked))
    for fold in range(FOLDS):
        model = _fit([one for one in asked if groups[one.group] != fold])
        for place, one in enumerate(asked):
            if groups[one.group] == fold:
                confidence[place] = model.probability(one.features)
    return confidence


def _measures(asked: Sequence[Asked], confidence: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    right = np.array([one.right for one in asked], dtype=float)
    declined = np.array([_is_declined(one, each) for one, each in zip(asked, confidence, strict=True)])
    names = np.array([one.set_name for one in asked])
    return {
        "auroc": round(auroc(confidence, right) or 0.0, 4),
        "brier": round(brier(confidence, right), 4),
        "ece": round(calibration_error(confidence, right), 4),
        "ece_floor": round(calibration_floor(confidence), 4),
        "reliability": reliability(confidence, right),
        "right": {name: round(float(right[names == name].mean()), 4) for name in _sizes(asked)},
        "declined": {name: round(float(declined[names == name].mean()), 4) for name in _sizes(asked)},
    }


def _is_declined(asked: Asked, confidence: float) -> bool:
    verdict = judge(
        asked.query, confidence=confidence, features=asked.features, misspelt=False, may_rewrite=False
    )
    return verdict is Verdict.ABSTAIN


def _sizes(asked: Sequence[Asked]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for one in asked:
        sizes[one.set_name] = sizes.get(one.set_name, 0) + 1
    return sizes


def _print(report: Mapping[str, Any]) -> None:
    for part in ("cross_validated", "other_course"):
        measures = report[part]
        print(f"\n{part}: ", end="")
        print(", ".join(f"{name} {measures[name]}" for name in ("auroc", "brier", "ece", "ece_floor")))
        print("right    ", measures["right"])
        print("declined ", measures["declined"])
        print("| n | mean confidence | right |\n|---|---|---|")
        for row in measures["reliability"]:
            print(f"| {row['n']} | {row['confidence']:.3f} | {row['right']:.3f} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--kit", type=Path, default=ROOT.parent / "shared", help="folder with eval/ and data/"
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "var/evaluation", help="folder for vectors of earlier runs"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
