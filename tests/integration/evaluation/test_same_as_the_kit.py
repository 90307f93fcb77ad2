"""The scorer against the evaluation kit's, where that is at hand: equal numbers from the same predictions."""

import importlib
import json
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evaluation.measuring.predictions import Cited, Found, Prediction
from evaluation.measuring.questions import Question, QuestionSet, read_questions
from evaluation.measuring.scoring import Scored, score

KIT = Path(__file__).resolve().parents[4] / "shared/eval"
#: Of each set, the first and the last: both scorers take seconds for all.
ROWS = 60
SETS = ("micro_native", "micro_nearmiss", "micro_foreign", "python_definitions", "beginner_python")

pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason="the evaluation kit is not in ../shared")


@pytest.fixture(scope="module")
def kit() -> ModuleType:
    sys.path.insert(0, str(KIT))
    try:
        return importlib.import_module("score")
    finally:
        sys.path.remove(str(KIT))


def lines(name: str) -> list[str]:
    every = (KIT / f"questions/{name}.jsonl").read_text().splitlines()
    return every if len(every) <= 2 * ROWS else every[:ROWS] + every[-ROWS:]


def questions(name: str, folder: Path) -> QuestionSet:
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(lines(name)))
    read = read_questions(path)
    return QuestionSet(
        name=name,
        questions=tuple(
            Question(**{**vars(one), "gold_document": one.gold_module}) for one in read.questions
        ),
    )


def made_up(question: Question, chance: random.Random) -> Prediction:
    """A prediction with everything that can be scored, right about as often as not."""
    gold = question.gold_passage_text or f"{question.answer} and more of the gold passage."
    texts = [
        gold if chance.random() < 0.2 else f"Passage {at} says something else altogether." for at in range(10)
    ]
    documents = [question.gold_module if chance.random() < 0.3 else f"d{at}" for at in range(10)]
    passages = tuple(
        Found(id=str(at), document=document, text=text)
        for at, (document, text) in enumerate(zip(documents, texts, strict=True))
    )
    place = chance.randrange(10)
    quote = texts[place][: chance.choice((20, 400))] if chance.random() < 0.8 else "made up by nobody at all"
    cited = Cited(passage_id="p", document=documents[place], quote=quote, passage_text=texts[place])
    return Prediction(
        id=question.id, passages=passages, answer=f"{question.answer if chance.random() < 0.5 else 'Nothing.'} [1] More.",
        confidence=round(chance.random(), 2), declined=chance.random() < 0.3, citations=(cited,),
    )  # fmt: skip


def test_every_number_is_that_of_the_kits_scorer(kit: ModuleType, tmp_path: Path) -> None:
    chance = random.Random(3)
    sets = [questions(name, tmp_path) for name in SETS]
    asked = [question for one in sets for question in one.questions]
    predictions = {one.id: made_up(one, chance) for one in asked if chance.random() < 0.97}
    text = "Introduction. " + " ".join(f"{question.question}" for question in asked[:5])
    mine = score(Scored(sets=sets, predictions=predictions, rule="cited", reference={}, course_text=text))
    rows = {name: [json.loads(line) for line in lines(name)] for name in SETS}
    theirs = kit.score(
        rows, {name: one.to_json() for name, one in predictions.items()}, rule="cited", course_text=text
    )
    for name in SETS:
        _compare_sets(mine["sets"][name], theirs["sets"][name])
    leaked = sum(part.get("questions_in_course_text", 0) for part in theirs["sets"].values())
    assert mine["leaks"]["questions_in_course_text"] == leaked > 0
    assert (
        mine["leaks"]["left_out_document_found"]
        == theirs["sets"]["micro_nearmiss"]["left_out_module_returned"]
        > 0
    )


def _compare_sets(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    if "retrieval" in theirs:
        for name in ("hit@1", "hit@5", "hit@10", "mrr@10"):
            assert mine["retrieval"][name]["value"] == theirs["retrieval"][name]["value"]
            assert mine["retrieval"][name]["ci95"] == theirs["retrieval"][name]["ci95"]
        said, told = mine["confidence"], theirs["confidence"]
        # Slope and intercept are left to tests of their own: with confidences as random as these the kit's steps run past the best.
        for name in ("brier", "brier_skill", "auroc"):
            assert said[name]["value"] == told[name]["value"], name
            assert said[name]["ci95"] == told[name]["ci95"], name
        assert said["ece"] == {name: told["ece"][name] for name in ("value", "floor", "excess")}
        assert (said["n"], said["base_rate"]) == (told["n"], told["base_rate"])
    if "refusal" in theirs:
        for name in ("foreign_declined", "own_declined"):
            assert mine["refusal"][name]["value"] == theirs["refusal"][name]["value"]
        assert mine["refusal"]["auroc_answerable"] == theirs["refusal"]["auroc_answerable"]
    if "definitions" in theirs:
        assert mine["definitions"]["first_sentence"]["value"] == theirs["definitions"]["value"]
    if "expected_words" in theirs:
        assert mine["expected_words"]["answer"]["value"] == theirs["expected_words"]["answer"]["value"]
        assert mine["expected_words"]["passages"]["value"] == theirs["expected_words"]["passages@5"]["value"]
