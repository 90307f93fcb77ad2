"""Outcomes that later ones are compared with: stored by question, without any text, and paired by its id.

A drop counts when the whole 95% interval of the paired difference is below zero.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.measuring import statistics
from evaluation.measuring.outcomes import Outcome
from evaluation.measuring.questions import Question, QuestionSet, WrongInput
from evaluation.measuring.statistics import Figure, Floats

_COLUMNS = ("id", "rank", "right", "confidence", "declined", "cites_gold", "defines")


def store(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write outcomes as CSV, by id."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for one in sorted(outcomes, key=lambda one: one.id):
            said = "" if one.confidence is None else f"{one.confidence:.3f}"
            flags = (one.declined, one.cites_gold, one.defines)
            writer.writerow([one.id, one.rank, int(one.right), said, *map(int, flags)])


def load(path: Path) -> dict[str, Outcome]:
    """Read what `store` wrote. Raises `WrongInput`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["id"]: _outcome(row) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError, TypeError) as exc:
        raise WrongInput(
            f"The baseline {path} cannot be read ({exc}). Store it anew: make eval BASELINE=store."
        ) from exc


def compare(
    sets: Sequence[QuestionSet], outcomes: Mapping[str, Outcome], baseline: Mapping[str, Outcome]
) -> dict[str, dict[str, Figure]]:
    """Return for each set the paired differences, new less old, signed so that below zero is worse.

    Of a measure: hit@5, mrr@10, right, first_sentence, declined_rightly (foreign ones), answered (own ones), and
    confidence (squared errors). Questions that the baseline lacks take no part.
    """
    compared = {}
    for one in sets:
        asked = [question for question in one.questions if question.id in baseline]
        pairs = [(outcomes[question.id], baseline[question.id]) for question in asked]
        figures = {
            name: statistics.mean(values, statistics.draws([question.id for question in of]))
            for name, (of, values) in _differences(asked, pairs).items()
            if of
        }
        if figures:
            compared[one.name] = {name: figure for name, figure in figures.items() if figure}
    return compared


def drops(compared: Mapping[str, Mapping[str, Figure]]) -> list[str]:
    """Return a sentence for each measure that fell, and not by chance."""
    return [
        f"{name}: {measure} fell by {-figure['value']:.4f} "
        f"(95% {-figure['ci95'][1]:.4f} to {-figure['ci95'][0]:.4f}, {figure['n']} questions)."
        for name, measures in compared.items()
        for measure, figure in measures.items()
        if statistics.is_drop(figure)
    ]


def _differences(
    asked: Sequence[Question], pairs: Sequence[tuple[Outcome, Outcome]]
) -> dict[str, tuple[list[Question], Floats]]:
    def of(places: list[int], value: Any) -> tuple[list[Question], Floats]:
        differences = [float(value(pairs[at][0])) - float(value(pairs[at][1])) for at in places]
        return [asked[at] for at in places], np.array(differences)

    gold = [at for at, question in enumerate(asked) if question.has_gold]
    own = [at for at, question in enumerate(asked) if question.answerable]
    foreign = [at for at, question in enumerate(asked) if not question.answerable]
    defined = [at for at in own if asked[at].kind == "definition" and asked[at].answer]
    return {
        "hit@5": of(gold, lambda one: 0 < one.rank <= 5),
        "mrr@10": of(gold, lambda one: 1 / one.rank if one.rank else 0.0),
        "right": of(gold, lambda one: one.right),
        "first_sentence": of(defined, lambda one: one.defines),
        "declined_rightly": of(foreign, lambda one: one.declined),
        "answered": of(own, lambda one: not one.declined),
        "confidence": of(gold, lambda one: -(((one.confidence or 0.0) - one.right) ** 2)),
    }


def _outcome(row: Mapping[str, str]) -> Outcome:
    return Outcome(
        id=row["id"],
        rank=int(row["rank"]),
        right=row["right"] == "1",
        confidence=float(row["confidence"]) if row["confidence"] else None,
        declined=row["declined"] == "1",
        cites_gold=row["cites_gold"] == "1",
        defines=row["defines"] == "1",
    )
