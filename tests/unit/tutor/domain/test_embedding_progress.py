"""How far an embedding is, how fast lately, and how long the rest takes."""

import pytest

from lectern.tutor.domain.course import EmbeddingProgress


def reached(passages: int = 0, of: int = 5000, per_second: float = 0.0) -> EmbeddingProgress:
    return EmbeddingProgress(passages=passages, of=of, per_second=per_second)


def test_before_the_first_batch_nobody_knows_how_long_it_takes() -> None:
    assert (reached().seconds_left, str(reached())) == (None, "Embedding passages: 0 of 5,000")


def test_the_rate_follows_the_latest_batches_and_not_a_single_one() -> None:
    first = reached().after(64, 64, 2.0)
    slow = first.after(128, 64, 8.0)
    assert (first.per_second, slow.per_second) == (32, 26)
    for count in range(3, 30):
        slow = slow.after(64 * count, 64, 8.0)
    assert slow.per_second == pytest.approx(8, rel=0.01)


def test_a_batch_that_was_embedded_already_counts_and_leaves_the_rate() -> None:
    assert reached(64, per_second=32.0).after(128, 0, 0.01) == reached(128, per_second=32.0)


def test_a_batch_that_is_done_again_does_not_count_twice() -> None:
    assert reached(4990, per_second=32.0).after(5054, 64, 2.0).passages == 5000
    assert reached(128, per_second=32.0).after(64, 64, 2.0).passages == 64


@pytest.mark.parametrize(
    ("of", "left"),
    [(1000, "42 s"), (5000, "3 min"), (100_000, "1 h 9 min")],
    ids=["seconds", "minutes", "hours"],
)
def test_the_rest_is_told_in_words(of: int, left: str) -> None:
    assert str(reached(0, of, 24.0)) == f"Embedding passages: 0 of {of:,}, 24.0 a second, about {left} left"
