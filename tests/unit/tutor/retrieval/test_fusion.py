"""Fusion: a fair ranking from two legs, whichever of them found something."""

from collections.abc import Sequence

import pytest

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.ports.passages import Hit
from lectern.tutor.retrieval.fusion import LEG_LIMIT, Ranked, alpha_for, fuse


def hit(name: str, score: float) -> Hit:
    passage = Passage(
        id=name,
        document="d",
        title="t",
        ordinal=0,
        text=name,
        kind=PassageKind.BODY,
        heading_path=(),
        anchor="",
        start=0,
        end=len(name),
    )
    return Hit(passage=passage, score=score)


def hits(**scores: float) -> list[Hit]:
    return [hit(name, score) for name, score in scores.items()]


def scores(ranked: Sequence[Ranked]) -> dict[str, float]:
    return {one.passage.id: pytest.approx(one.score) for one in ranked}


def test_each_leg_is_stretched_to_0_1_and_weighed() -> None:
    ranked = fuse(hits(a=30, b=20, c=10), hits(c=0.9, d=0.6, a=0.5), alpha=0.4)
    assert scores(ranked) == {"a": 0.6, "c": 0.4, "b": 0.3, "d": 0.1}
    assert [one.passage.id for one in ranked] == ["a", "c", "b", "d"]


def test_raw_scores_and_legs_are_kept() -> None:
    by_id = {one.passage.id: one for one in fuse(hits(a=30, b=20), hits(a=0.5, d=0.1), alpha=0.5)}
    assert (by_id["a"].keyword_score, by_id["a"].vector_score) == (30, 0.5)
    assert by_id["a"].legs == ["keyword", "vector"]
    assert by_id["b"].vector_score is None
    assert by_id["b"].legs == ["keyword"]
    assert by_id["d"].legs == ["vector"]


def test_a_lone_hit_is_its_legs_best() -> None:
    assert scores(fuse(hits(a=3), hits(b=0.2), alpha=0.3)) == {"a": 0.7, "b": 0.3}


def test_equal_scores_are_all_the_best_and_keep_their_order() -> None:
    ranked = fuse(hits(a=2, b=2, c=2), [], alpha=0.5)
    assert scores(ranked) == {"a": 1, "b": 1, "c": 1}
    assert [one.passage.id for one in ranked] == ["a", "b", "c"]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_nothing_found_gives_nothing(alpha: float) -> None:
    assert fuse([], [], alpha=alpha) == []


def test_a_leg_that_is_away_does_not_lower_the_other() -> None:
    assert scores(fuse(hits(a=2, b=1), [], alpha=0.5)) == {"a": 1, "b": 0}
    assert scores(fuse([], hits(a=0.8, b=0.1), alpha=0.5)) == {"a": 1, "b": 0}


def test_a_leg_without_weight_takes_no_part() -> None:
    assert scores(fuse(hits(a=2, b=1), hits(z=0.9), alpha=0)) == {"a": 1, "b": 0}
    assert fuse([], hits(z=0.9), alpha=0) == []


def test_only_the_best_of_each_leg_take_part() -> None:
    many = [hit(f"k{number}", 1000 - number) for number in range(LEG_LIMIT + 20)]
    assert len(fuse(many, [], alpha=0.5)) == LEG_LIMIT


def test_fused_scores_stay_between_0_and_1() -> None:
    ranked = fuse(hits(a=9, b=0.1), hits(a=0.99, b=-0.4), alpha=0.5)
    assert scores(ranked) == {"a": 1, "b": 0}


def test_short_questions_lean_to_their_words() -> None:
    assert alpha_for("list slicing") == alpha_for("for loop example") == 0.3
    assert alpha_for("what is slicing") == 0.5
    assert alpha_for("how do I slice a list") == 0.5


def test_the_english_model_is_not_asked_in_other_scripts() -> None:
    assert alpha_for("Что такое бактерия и где она живёт?") == 0
    assert alpha_for("光合作用需要什么") == 0
