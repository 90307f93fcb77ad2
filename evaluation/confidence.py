"""Fit the models behind the confidence on Microbiology; measure them there by module, and on the Python textbook, which took no part.

`python -m evaluation.confidence` needs the evaluation kit; it writes lectern/tutor/confidence/calibration.json, which holds
figures only. Both books are read as an ingest reads them, exercises and solutions left out. Every question goes through the
tutor's own graph to its answer, also where the tutor would decline.
"""

import argparse
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from evaluation.measuring.remembering import RememberingEmbeddings
from evaluation.retrieval import COURSE_KEY, ROOT, index_passages, load_passages, read_jsonl
from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.models.minilm import MiniLMEmbeddings
from lectern.tutor.answering.declining import MOST_DECLINED
from lectern.tutor.answering.judging import is_enough
from lectern.tutor.answering.supporting import passage_figures
from lectern.tutor.confidence.fitting import RIDGE, fit
from lectern.tutor.confidence.measuring import (
    auroc,
    brier,
    brier_skill,
    calibration_error,
    calibration_floor,
    calibration_slope,
    reliability,
)
from lectern.tutor.confidence.model import ANSWERABLE, CALIBRATION, AnswerKind, ConfidenceModel
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.graph.build import build_graph
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import passage_from_json
from lectern.tutor.ingest.reading import read_material

VERSION = "logistic-2"
FOLDS = 5
#: The share of the foreign questions that must be declined: the threshold is the lowest that does it, so that as few as can be
#: of the course's own are. More than the 92% that are promised, since a share of some hundred questions is known to 1 or 2%.
FOREIGN_DECLINED, FOREIGN_SET = 0.95, "micro_foreign"
#: Answers every question with the same confidence, so that the graph's way depends on the words alone while we fit.
UNFITTED = ConfidenceModel(
    version="unfitted", features=(), means=(), scales=(), weights=(), intercept=0.0, decline_below=0.0
)
FITTED_COURSE, OTHER_COURSE = "dev_course_micro", "demo_course_python"
_MODULE = re.compile(r"m\d{5}")

#: The models by their names in the file, and what each predicts.
PREDICTS = {
    AnswerKind.EXTRACTIVE.value: "the passage that the answer cites first is of the module that answers the question",
    AnswerKind.COMPOSED.value: "a passage that was found is of the module that answers the question; what a language model "
    "makes of it is no part of this: no answers of one were labelled",
    ANSWERABLE: "the question is about the course, and not about another subject",
}

Floats = NDArray[np.float64]
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


def main() -> None:
    """Ask, fit, measure, write."""
    options = _options()
    if not (options.kit / "eval").is_dir():
        raise SystemExit(f"{options.kit} holds no evaluation kit: name its folder with --kit.")
    options.cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        asker = _Asker(Path(folder), options.kit, options.cache, as_given=options.as_given)
        fitted, other = asker.ask_microbiology(), asker.ask_python()
    report = _report(fitted, other)
    if not options.as_given:  # the product cuts its passages itself
        CALIBRATION.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _print(report)


class _Asker:
    """Asks the question sets of the kit, each of the course that it belongs to."""

    def __init__(self, folder: Path, kit: Path, cache: Path, *, as_given: bool) -> None:
        self._folder, self._kit, self._cache, self._as_given = folder, kit, cache, as_given
        self._model = MiniLMEmbeddings(cache / "models")
        self._memory = RememberingEmbeddings(self._model, self._model.name, cache / "vectors.sqlite3")
        self._graph = build_graph().compile()

    def ask_microbiology(self) -> list[Asked]:
        left_out = (self._kit / "eval/questions/micro_nearmiss_modules.txt").read_text().split()
        whole = self._context(FITTED_COURSE)
        sets = ("micro_native", "micro_keywords", "micro_typos", "micro_foreign")
        asked = [one for name in sets for one in self._ask(name, whole)]
        return asked + list(self._ask("micro_nearmiss", self._context(FITTED_COURSE, left_out)))

    def ask_python(self) -> list[Asked]:
        context = self._context(OTHER_COURSE)
        names = ("python_definitions", "python_foreign")
        return [one for name in names for one in self._ask(name, context)]

    def _context(self, course: str, left_out: Collection[str] = ()) -> TutorContext:
        passages = self._passages(self._kit / "data" / course)
        index = FtsPassageIndex(self._folder / f"{course}-{len(left_out)}.sqlite3")
        index_passages(index, self._model, passages, self._cache)
        for document in {one.document for one in passages}:
            if _module(document) in left_out:
                index.remove_document(COURSE_KEY, document)
        return TutorContext(
            index=index,
            embeddings=self._memory,
            model=self._model.name,
            confidence=UNFITTED,
            is_word=self._model.is_word,
        )

    def _passages(self, course: Path) -> list[Passage]:
        if self._as_given:
            return load_passages(course / "passages.jsonl")[0]
        read = [
            one for document in read_material([course / "raw_cnxml"]).documents for one in document.passages
        ]
        return [one for one in read if one.kind in (PassageKind.BODY, PassageKind.SUMMARY)]

    def _ask(self, name: str, context: TutorContext) -> Iterator[Asked]:
        course = {"id": name, "key": COURSE_KEY, "title": "", "answer_from_exercises": False}
        for row in read_jsonl(self._kit / f"eval/questions/{name}.jsonl"):
            asked: Any = {"question": row["question"], "course": course, "history": []}
            *_, state = self._graph.stream(asked, context=context, stream_mode="values")
            yield _asked(name, row, state)


def _asked(name: str, row: Mapping[str, Any], state: Mapping[str, Any]) -> Asked:
    gold = row.get("gold_module") if row["answerable"] else None
    ranked = state.get("ranked", [])
    passages = [passage_from_json(one["passage"]) for one in ranked]
    right = [gold is not None and _module(one.document) == gold for one in passages]
    figures = passage_figures(passages, [one["score"] for one in ranked])
    pieces = state.get("pieces", [])
    return Asked(
        set_name=name,
        kind=row["kind"],
        group=row.get("gold_module") or row["id"],
        query=state.get("query", row["question"]),
        answerable=row["answerable"],
        found=[({**state["features"], **one}, each) for one, each in zip(figures, right, strict=True)],
        answer=state["features"] if pieces else None,
        right=bool(pieces) and right[pieces[0]["rank"]],
    )


def _module(document: str) -> str:
    found = _MODULE.search(document)
    return found[0] if found else document


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """All three models."""

    extractive: ConfidenceModel
    composed: ConfidenceModel
    answerable: ConfidenceModel

    def part(self, name: str) -> ConfidenceModel:
        """Return the model that stands in the file under `name`."""
        return {
            ANSWERABLE: self.answerable,
            AnswerKind.EXTRACTIVE: self.extractive,
            AnswerKind.COMPOSED: self.composed,
        }[name]

    def stated(self, asked: Asked) -> float:
        """Return the confidence that the result has, be it an answer or a refusal."""
        if not self.declines(asked):
            return self.extractive.probability(asked.answer or {})
        best = asked.found[0][0] if asked.found else None
        estimates = (
            [model.probability(best) for model in (self.extractive, self.answerable)] if best else [0.0]
        )
        return min(MOST_DECLINED, *estimates)

    def declines(self, asked: Asked) -> bool:
        """Return what the graph does: it judges the search by the best passage, and declines where nothing can be quoted."""
        if not asked.found or not asked.answer:
            return True
        best, model = asked.found[0][0], self.answerable
        return not is_enough(asked.query, model.probability(best), best, model.decline_below)


def fitted_to(asked: Sequence[Asked]) -> Fitted:
    """Return models; the threshold was chosen on probabilities of models that did not see the question's module.

    A confidence is a promise about answers that are given, so it is fitted to what is not declined.
    """
    left_out = _left_out(asked, _fit)
    limit = _threshold(asked, left_out)
    given = [one for one in asked if not _declining(left_out[_fold(one)], limit).declines(one)]
    return _declining(replace(_fit(given), answerable=_fit(asked).answerable), limit)


def _fit(asked: Sequence[Asked]) -> Fitted:
    # The near misses that are still answerable are the native questions once more.
    used = [one for one in asked if one.set_name != "micro_nearmiss" or not one.answerable]
    return Fitted(
        **{
            name: fit([row for row, _ in rows], [right for _, right in rows], version=VERSION)
            for name, rows in {
                "extractive": [(one.answer, one.right) for one in used if one.answer],
                "composed": [each for one in used for each in one.found],
                # A near miss is about the course: what tells it from a question that is answered is the confidence.
                "answerable": [
                    (one.found[0][0], one.answerable)
                    for one in used
                    if one.found and one.set_name != "micro_nearmiss"
                ],
            }.items()
        }
    )


def _fold(one: Asked) -> int:
    return crc32(one.group.encode()) % FOLDS


def _left_out(asked: Sequence[Asked], make: Callable[[Sequence[Asked]], Fitted]) -> dict[int, Fitted]:
    """Return for each fold what `make` makes of the others."""
    folds = sorted({_fold(one) for one in asked})
    return {fold: make([one for one in asked if _fold(one) != fold]) for fold in folds}


def _threshold(asked: Sequence[Asked], models: Mapping[int, Fitted]) -> float:
    """Return the lowest threshold, in steps of .005, at which enough foreign questions are declined."""
    foreign = [one for one in asked if one.set_name == FOREIGN_SET]
    limits = np.arange(0.005, 1, 0.005)
    enough = (
        limit
        for limit in limits
        if np.mean([_declining(models[_fold(one)], limit).declines(one) for one in foreign])
        >= FOREIGN_DECLINED
    )
    return float(next(enough, limits[-1]))


def _declining(models: Fitted, limit: float) -> Fitted:
    return replace(models, answerable=replace(models.answerable, decline_below=_rounded(limit)))


def _rounded(value: Any) -> float:
    return round(float(value), 3)


def _report(fitted: Sequence[Asked], other: Sequence[Asked]) -> dict[str, Any]:
    final, folds = fitted_to(fitted), _left_out(fitted, fitted_to)

    def unseen(one: Asked) -> Fitted:
        return folds[_fold(one)]

    return {
        "fitted_on": {
            "course": "OpenStax Microbiology (CC BY 4.0), own ingest without exercises and solutions",
            "ridge": RIDGE,
            "questions": _sizes(fitted),
            "folds": f"{FOLDS}, by module: crc32 of its name modulo {FOLDS}",
        },
        "declines": {
            "rule": f"the lowest threshold that declines {FOREIGN_DECLINED:.0%} of {FOREIGN_SET}, cross-validated",
            "cross_validated": _refusal(fitted, unseen),
            "other_course": _refusal(other, lambda _one: final),
        },
        **{
            name: {
                "predicts": predicts,
                "model": asdict(final.part(name)),
                "folds": {
                    "course": "micro",
                    "models": [asdict(folds[fold].part(name)) for fold in sorted(folds)],
                },
                "cross_validated": _measures(fitted, name, unseen),
                "other_course": {
                    "course": "OpenStax Introduction to Python Programming (CC BY 4.0)",
                    **_measures(other, name, lambda _one: final),
                },
            }
            for name, predicts in PREDICTS.items()
        },
    }


def _measures(asked: Sequence[Asked], name: str, models: Callable[[Asked], Fitted]) -> dict[str, Any]:
    """Return the honesty of a model over all answers that are given, and over each set by itself where the course answers any."""
    rows = []
    for one in asked:
        model = models(one).part(name)
        if name != ANSWERABLE and models(one).declines(one):
            continue
        if name == AnswerKind.COMPOSED:
            rows += [(one.set_name, model.probability(figures), right) for figures, right in one.found]
        elif name == ANSWERABLE and one.found:
            rows.append((one.set_name, model.probability(one.found[0][0]), one.answerable))
        elif one.answer:
            rows.append((one.set_name, model.probability(one.answer), one.right))
    sets = np.array([name for name, _, _ in rows])
    confidence, right = np.array([c for _, c, _ in rows]), np.array([float(r) for _, _, r in rows])
    return {
        "all": {**_honesty(confidence, right), "reliability": reliability(confidence, right)},
        **{
            each: _honesty(confidence[sets == each], right[sets == each])
            for each in dict.fromkeys(sets.tolist())
            if 0 < right[sets == each].mean() < 1
        },
    }


def _honesty(confidence: Floats, right: Floats) -> dict[str, Any]:
    error, floor = calibration_error(confidence, right), calibration_floor(confidence)
    slope, intercept = calibration_slope(confidence, right)
    figures = {
        "right": right.mean(),
        "auroc": auroc(confidence, right),
        "brier": brier(confidence, right),
        "brier_skill": brier_skill(confidence, right),
        "slope": slope,
        "intercept": intercept,
        "ece": error,
        "ece_floor": floor,
        "ece_excess": error - floor,
    }
    return {
        "n": len(right),
        **{name: round(float(value), 4) for name, value in figures.items() if value is not None},
    }


def _refusal(asked: Sequence[Asked], models: Callable[[Asked], Fitted]) -> dict[str, Any]:
    """Return for each set what share is declined, foreign questions by kind too, and how near misses are told apart."""
    shares: dict[str, Any] = {}
    for name in _sizes(asked):
        for part, label in ((True, "own"), (False, "foreign")):
            mine = [one for one in asked if one.set_name == name and one.answerable is part]
            if mine:
                shares[f"{name}, {label}"] = _share(mine, models)
        kinds = dict.fromkeys(one.kind for one in asked if one.set_name == name and not one.answerable)
        for kind in kinds if len(kinds) > 1 else ():
            mine = [one for one in asked if one.set_name == name and one.kind == kind and not one.answerable]
            shares[f"{name}, {kind}"] = _share(mine, models)
    near = [one for one in asked if one.set_name == "micro_nearmiss"]
    confidence = np.array([models(one).stated(one) for one in near])
    area = auroc(confidence, np.array([float(one.answerable) for one in near])) if near else None
    return {"declined": shares, **({"near_miss_auroc": round(area, 4)} if area is not None else {})}


def _share(asked: Sequence[Asked], models: Callable[[Asked], Fitted]) -> dict[str, Any]:
    return {
        "n": len(asked),
        "declined": round(float(np.mean([models(one).declines(one) for one in asked])), 4),
    }


def _sizes(asked: Iterable[Asked]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for one in asked:
        sizes[one.set_name] = sizes.get(one.set_name, 0) + 1
    return sizes


def _print(report: Mapping[str, Any]) -> None:
    print("Declines below", report[ANSWERABLE]["model"]["decline_below"])
    for name in PREDICTS:
        part = report[name]
        print(f"\n## {name}: {part['predicts']}\n")
        print("| measured on | set | n | right | AUROC | Brier | skill | slope | ECE | floor | excess |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for course in ("cross_validated", "other_course"):
            for each, row in part[course].items():
                if each != "course":
                    figures = (row.get(one, "-") for one in _COLUMNS)
                    print(f"| {course} | {each} |", " | ".join(str(figure) for figure in figures), "|")
    print("\n## Declined\n\n| measured on | questions | n | declined |\n|---|---|---|---|")
    for course in ("cross_validated", "other_course"):
        for name, row in report["declines"][course]["declined"].items():
            print(f"| {course} | {name} | {row['n']} | {row['declined']} |")
    print("\nnear misses, AUROC answerable:", report["declines"]["cross_validated"].get("near_miss_auroc"))


_COLUMNS = ("n", "right", "auroc", "brier", "brier_skill", "slope", "ece", "ece_floor", "ece_excess")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--kit", type=Path, default=ROOT.parent / "shared", help="folder with eval/ and data/"
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "var/evaluation", help="folder for vectors of earlier runs"
    )
    parser.add_argument(
        "--as-given", action="store_true", help="measure on the kit's own passages, and write nothing"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
