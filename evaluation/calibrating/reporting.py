"""What the fit came to, for calibration.json and for a terminal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.calibrating.asking import Asked
from evaluation.calibrating.fitting import (
    FOLDS,
    FOREIGN_DECLINED,
    FOREIGN_SET,
    NEAR_MISSES,
    Fitted,
    fitted_to,
    fold_of,
    left_out,
)
from lectern.tutor.confidence.fitting import RIDGE
from lectern.tutor.confidence.measuring import (
    auroc,
    brier,
    brier_skill,
    calibration_error,
    calibration_floor,
    calibration_slope,
    reliability,
)
from lectern.tutor.confidence.model import ANSWERABLE, AnswerKind

#: The models by their names in the file, and what each predicts.
PREDICTS = {
    AnswerKind.EXTRACTIVE.value: "the passage that the answer cites first is of the module that answers the question",
    AnswerKind.COMPOSED.value: "a passage that was found is of the module that answers the question; what a language model "
    "makes of it is no part of this: no answers of one were labelled",
    ANSWERABLE: "the question is about the course, and not about another subject",
}
#: Both courses as the question files name them.
COURSES = ("micro", "pyintro")
_COLUMNS = ("n", "right", "auroc", "brier", "brier_skill", "slope", "ece", "ece_floor", "ece_excess")

Floats = NDArray[np.float64]


def report(first: Sequence[Asked], other: Sequence[Asked]) -> dict[str, Any]:
    """Return what calibration.json holds: models that are fitted to both courses, and their measures.

    They are measured on questions of modules that they did not see, and on the `other` course as fitted to the `first` alone.
    """
    both = [*first, *other]
    final, folds, alone = fitted_to(both), left_out(both, fitted_to), fitted_to(first)

    def unseen(one: Asked) -> Fitted:
        return folds[fold_of(one)]

    return {
        "fitted_on": {
            "course": "OpenStax Microbiology and Introduction to Python Programming (CC BY 4.0), own ingest without exercises "
            "and solutions",
            "ridge": RIDGE,
            "questions": _sizes(both),
            "folds": f"{FOLDS}, by module: crc32 of its name modulo {FOLDS}",
        },
        "declines": {
            "rule": f"the lowest threshold that declines {FOREIGN_DECLINED:.0%} of {FOREIGN_SET}, cross-validated",
            "cross_validated": _refusal(both, unseen),
            "other_course": _refusal(other, lambda _one: alone),
        },
        **{
            name: {
                "predicts": predicts,
                "model": asdict(final.part(name)),
                "folds": {
                    "courses": list(COURSES),
                    "models": [asdict(folds[fold].part(name)) for fold in sorted(folds)],
                },
                "cross_validated": _measures(both, name, unseen),
                "other_course": {
                    "course": "Introduction to Python Programming, by models that were fitted to Microbiology alone",
                    **_measures(other, name, lambda _one: alone),
                },
            }
            for name, predicts in PREDICTS.items()
        },
    }


def show(made: Mapping[str, Any]) -> None:
    """Print the numbers of a report as tables."""
    print("Declines below", made[ANSWERABLE]["model"]["decline_below"])
    for name in PREDICTS:
        part = made[name]
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
        for name, row in made["declines"][course]["declined"].items():
            print(f"| {course} | {name} | {row['n']} | {row['declined']} |")
    print("\nnear misses, AUROC answerable:", made["declines"]["cross_validated"].get("near_miss_auroc"))


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
    slope, intercept = calibration_slope(confidence, right) or (None, None)
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
    near = [one for one in asked if one.set_name == NEAR_MISSES]
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
