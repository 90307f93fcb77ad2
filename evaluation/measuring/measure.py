"""The whole of it: courses are made, asked and scored; the report is written and compared with what was stored."""

import json
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.measuring import baseline, matching, plots, report, scoring
from evaluation.measuring.asking import Asker, Known
from evaluation.measuring.calibrations import Calibrations
from evaluation.measuring.installation import material_of, own_installation, present_installation, put_course
from evaluation.measuring.material import read_files, read_passages
from evaluation.measuring.outcomes import RULES, Outcome, outcomes
from evaluation.measuring.plain_fusion import PlainFusion
from evaluation.measuring.predictions import Prediction, found
from evaluation.measuring.questions import QuestionSet
from evaluation.measuring.remembering import RememberingEmbeddings
from evaluation.measuring.targets import targets
from evaluation.measuring.trials import Trial, kit_trials, trial
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.workload import TUTOR

if TYPE_CHECKING:
    from lectern.bootstrap import Lectern

_ROOT = Path(__file__).resolve().parents[2]
#: Stored outcomes of the kit, answered without a language model, and the report that the README links.
_BASELINES, _PUBLISHED = _ROOT / "evaluation/baselines", _ROOT / "docs/evaluation"
_STORE = "run `make eval BASELINE=store` and commit the outcomes with the change that explains them."
#: Questions of a set that a language model is asked where nobody says how many: each costs money.
_SAMPLE_WITH_MODEL = 100
#: Questions asked before the time of others is taken: models, matrices and connections are there then.
_WARMING = 5
_SEED = 7


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be measured; see the command's help."""

    kit: Path
    variants: tuple[str, ...]
    sets: tuple[str, ...]
    course: str
    material: tuple[Path, ...]
    passages: Path | None
    questions: tuple[Path, ...]
    rule: str
    sample: int | None
    latency: int
    out: Path
    store: bool

    @property
    def is_kit(self) -> bool:
        """True when the evaluation kit is asked, and no course of one's own."""
        return not self.questions


def measure(order: Order) -> int:
    """Do it, print where the report is, and return the exit status. Raises `WrongInput`."""
    given = (
        [] if order.course else _given(order)
    )  # read first: what is wrong with it is told before anything is made
    order.out.mkdir(parents=True, exist_ok=True)
    lectern = present_installation() if order.course else own_installation(order.out / "installation")
    context = lectern.engine.workloads[TUTOR].context
    assert isinstance(context, TutorContext)
    sample = _SAMPLE_WITH_MODEL if context.llm and order.sample is None else order.sample or 0
    memory = RememberingEmbeddings(context.embeddings, context.model, order.out / "vectors.sqlite3")
    trials = [_sampled(one, sample) for one in given or [_ingested(order, lectern)]]
    for one in given:
        put_course(lectern, one.name, one.material, memory)
    asking = _Asking(lectern, memory, trials, order)
    made: dict[str, Any] = {"rule": order.rule, "sample": sample, "language_model": asking.language_model}
    made["trials"] = [asking.scored(one) for one in trials]
    made["latency"] = None if context.llm else asking.latency(trials[0], order.latency)
    made["targets"] = targets(made) if order.is_kit and not context.llm and not sample else []
    _compare(order, trials, asking.outcomes, made)
    return finish(order, made)


class _Asking:
    """Asks courses and scores what they say."""

    def __init__(
        self, lectern: "Lectern", memory: RememberingEmbeddings, trials: Sequence[Trial], order: Order
    ) -> None:
        context = lectern.engine.workloads[TUTOR].context
        assert isinstance(context, TutorContext)
        self._lectern, self._memory, self._order = lectern, memory, order
        self._embeddings, self._calibrations = context.embeddings, Calibrations(context.confidence)
        self._known = Known(passages={one.name: {p.id: p for p in one.material.passages} for one in trials})
        self._asker = Asker(lectern, self._known, memory)
        self.language_model = self._asker.language_model
        #: By course, then by question.
        self.outcomes: dict[str, dict[str, Outcome]] = {}

    def scored(self, one: Trial) -> dict[str, Any]:
        """Ask a course all its questions and return its part of the report."""
        predictions: dict[str, Prediction] = {}
        for asked in one.sets:
            title = f"{one.name}, {asked.name}"
            said = self._asker.ask(one.name, asked.questions, self._calibrations.models_for, title)
            predictions |= {prediction.id: prediction for prediction in said}
        _write(self._order.out / f"predictions-{one.name}.jsonl", predictions.values())
        judged = outcomes(one.questions, predictions, self._order.rule)
        self.outcomes[one.name] = {outcome.id: outcome for outcome in judged}
        scored = scoring.Scored(
            sets=one.sets,
            predictions=predictions,
            rule=self._order.rule,
            reference=self._plain_ranks(one),
            course_text=" ".join(passage.text for passage in one.material.passages),
        )
        return {
            "name": one.name,
            "documents": len(one.material.documents),
            "passages": len(one.material.passages),
            "problems": list(one.material.problems),
            "calibration": self._calibrations.said(one.questions[0]),
            **scoring.score(scored),
        }

    def latency(self, one: Trial, count: int) -> dict[str, Any] | None:
        """Return how long a course's answers take, with nothing remembered; None of no question."""
        own = [question for question in one.questions if question.answerable]
        chosen = random.Random(_SEED).sample(own, min(count, len(own)))
        if not chosen:
            return None
        asker = Asker(self._lectern, self._known, self._embeddings)
        asker.ask(one.name, own[:_WARMING], self._calibrations.models_for, "to warm up")
        said = asker.ask(one.name, chosen, self._calibrations.models_for, "for the time that it takes")
        times = {
            "wall": [prediction.seconds for prediction in said],
            "cpu": [prediction.cpu_seconds for prediction in said],
        }
        points = {
            name: {f"p{point}": round(float(np.percentile(values, point)) * 1000, 1) for point in (50, 95)}
            for name, values in times.items()
        }
        return {"course": one.name, "passages": len(one.material.passages), "n": len(said), **points}

    def _plain_ranks(self, one: Trial) -> dict[str, int]:
        """Return the ranks of the plain fusion over the same passages."""
        asked = [question for question in one.questions if question.has_gold]
        if not asked:
            return {}
        passages = one.material.passages
        plain = PlainFusion(passages, self._memory.vectors([passage.text for passage in passages]))
        vectors = self._memory.vectors([question.question for question in asked])
        return {
            question.id: matching.rank_of_gold(question, found(plain.best(question.question, vector)))
            for question, vector in zip(asked, vectors, strict=True)
        }


def _given(order: Order) -> list[Trial]:
    if order.is_kit:
        return [one for variant in order.variants for one in kit_trials(order.kit, variant, order.sets)]
    if order.passages:
        return [trial(order.passages.parent.name or "course", read_passages(order.passages), order.questions)]
    return [trial(order.material[0].resolve().stem, read_files(order.material), order.questions)]


def _ingested(order: Order, lectern: "Lectern") -> Trial:
    course = lectern.tutor.course_for(order.course)
    return trial(course.id, material_of(lectern, course), order.questions)


def _sampled(one: Trial, count: int) -> Trial:
    """Return a trial with at most `count` questions of each set; 0: with all."""
    if not count:
        return one
    sets = []
    for asked in one.sets:
        chosen = random.Random(_SEED).sample(range(len(asked.questions)), min(count, len(asked.questions)))
        questions = tuple(asked.questions[place] for place in sorted(chosen))
        sets.append(QuestionSet(name=asked.name, questions=questions))
    return replace(one, sets=tuple(sets))


def _compare(
    order: Order, trials: Sequence[Trial], made: Mapping[str, Mapping[str, Outcome]], into: dict[str, Any]
) -> None:
    """Compare with the stored outcomes, or store these. By another rule than the usual one neither makes sense."""
    folder = _BASELINES if order.is_kit and not into["language_model"] else order.out / "baselines"
    into["compared"], into["pairs"] = None, {}
    for one in trials if order.rule == RULES[0] else ():
        path = folder / f"{one.name}{_suffix(into['language_model'])}.csv"
        stored = baseline.load(path) if path.exists() else {}
        if order.store:
            baseline.store(path, [*{**stored, **made[one.name]}.values()])
            print(f"The outcomes of {one.name} are stored in {path}.")
            continue
        found = baseline.compare(one.sets, made[one.name], stored)
        into["pairs"][one.name] = {
            "compared": found.pairs,
            "not_asked": found.not_asked,
            "not_stored": found.not_stored,
        }
        if stored:
            named = {f"{one.name}, {name}": measures for name, measures in found.differences.items()}
            into["compared"] = {**(into["compared"] or {}), **named}
    into["drops"] = baseline.drops(into["compared"] or {})


def _suffix(language_model: str) -> str:
    return (
        "".join(letter if letter.isalnum() else "-" for letter in f"-{language_model}")
        if language_model
        else ""
    )


def finish(order: Order, made: dict[str, Any]) -> int:
    """Write the report, say what is wrong, and return the exit status."""
    whole = (
        order.is_kit and order.store and not order.sets and not made["sample"] and not made["language_model"]
    )
    for folder in [order.out, _PUBLISHED] if whole else [order.out]:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.md").write_text(report.markdown(made), encoding="utf-8")
        (folder / "report.json").write_text(
            json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        for name, drawn in plots.of_report(made).items():
            (folder / name).write_text(drawn, encoding="utf-8")
    print(report.summary(made))
    print(f"The report is {order.out / 'report.md'}, with report.json and plots beside it.")
    wrong = _wrong(order, made)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return int(bool(wrong))


def _wrong(order: Order, made: Mapping[str, Any]) -> list[str]:
    """Return sentences for what must not be: drops, questions of the kit that nothing is known of, and leaks."""
    said = [f"DROP {sentence}" for sentence in made["drops"]]
    if said:
        said.append(
            f"These fell by more than chance against the stored outcomes. What the questions get now: "
            f"{order.out}/predictions-*.jsonl. Mend it; or, where it is meant, {_STORE}"
        )
    if order.is_kit and not made["language_model"]:
        said += [
            f"NOT COMPARED {name}: nothing is stored of {len(of['not_stored'])} questions "
            f"({baseline.named(of['not_stored'])}). Where they are new, {_STORE}"
            for name, of in made["pairs"].items()
            if of["not_stored"]
        ]
    if any(count for one in made["trials"] for count in one["leaks"].values()):
        said.append("LEAK: see the report.")
    return said


def _write(path: Path, predictions: Iterable[Prediction]) -> None:
    lines = (json.dumps(one.to_json(), ensure_ascii=False) for one in predictions)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
