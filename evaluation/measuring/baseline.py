"""Outcomes that later ones are compared with: stored by question, without any text, and paired by its id.

A drop counts when the whole 95% interval of the paired difference is below zero.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.measuring import statistics
from evaluation.measuring.outcomes import Outcome
from evaluation.measuring.questions import Question, QuestionSet, WrongInput
from evaluation.measuring.statistics import Figure, Floats

#: Questions that a sentence names; the report's JSON has all.
_NAMED = 10
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


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """New outcomes of a course beside the stored ones."""

    #: By set and measure: the paired difference, new less old, with the ids of the questions that are `worse`, those that lost
    #: most first, and the count of those that are `better`.
    differences: dict[str, dict[str, Figure]]
    #: Questions that were asked and are stored.
    pairs: int
    #: Stored questions that were not asked.
    not_asked: int
    #: Ids of asked questions of which nothing is stored: they take no part.
    not_stored: tuple[str, ...]


def compare(
    sets: Sequence[QuestionSet], outcomes: Mapping[str, Outcome], baseline: Mapping[str, Outcome]
) -> Comparison:
    """Pair each question's new outcome with its stored one; differences are signed so that below zero is worse.

    Of a measure: hit@5, mrr@10, right, first_sentence, declined_rightly (foreign ones), answered (own ones), and
    confidence (squared errors).
    """
    compared = {}
    for one in sets:
        asked = [question for question in one.questions if question.id in baseline]
        pairs = [(outcomes[question.id], baseline[question.id]) for question in asked]
        figures = {
            name: _difference([question.id for question in of], values)
            for name, (of, values) in _differences(asked, pairs).items()
            if of
        }
        if figures:
            compared[one.name] = figures
    ids = {question.id for one in sets for question in one.questions}
    return Comparison(
        differences=compared,
        pairs=len(ids & baseline.keys()),
        not_asked=len(baseline.keys() - ids),
        not_stored=tuple(sorted(ids - baseline.keys())),
    )


def drops(compared: Mapping[str, Mapping[str, Figure]]) -> list[str]:
    """Return a sentence for each measure that fell, and not by chance: by how much, and at which questions."""
    return [
        f"{name}: {measure} fell by {-figure['value']:.4f} "
        f"(95% {-figure['ci95'][1]:.4f} to {-figure['ci95'][0]:.4f}, {figure['n']} questions). "
        f"{_count(len(figure['worse']))} worse: {named(figure['worse'])}; {_count(figure['better'])} better."
        for name, measures in compared.items()
        for measure, figure in measures.items()
        if statistics.is_drop(figure)
    ]


def named(ids: Sequence[str]) -> str:
    """Return the first ids in words, and how many more there are."""
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return ", ".join(ids[:_NAMED]) + more


def _count(questions: int) -> str:
    return f"{questions or 'none'} {'is' if questions == 1 else 'are'}"


def _difference(ids: Sequence[str], values: Floats) -> Figure:
    order = np.argsort(values, kind="stable")
    figure = statistics.mean(values, statistics.draws(ids)) or {}
    return {
        **figure,
        "worse": [ids[at] for at in order if values[at] < 0],
        "better": int((values > 0).sum()),
    }


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
