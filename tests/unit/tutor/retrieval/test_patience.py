"""What one question waits for a server has an end, however many calls it makes."""

import threading
from typing import Any, cast

from lectern.tutor.ports.passages import PassageIndex
from lectern.tutor.retrieval.patience import Patience, PatientIndex, patiently


class Clock:
    """Shows what it is set to."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class SlowIndex:
    """Waits for a server for some seconds of a clock at each call, and tells how many it was given."""

    def __init__(self) -> None:
        self.given = list[float]()

    def spelled_like(self, _course_key: int, _word: str) -> dict[str, int]:
        with patiently(1.5) as left:
            self.given.append(left)
            threading.Event().wait(0.02)
        return {}


def test_calls_one_after_the_other_wait_of_the_same_seconds() -> None:
    clock = Clock()
    patience = Patience(1.2, clock)
    for spent in (0.5, 0.6):
        with patience.waiting():
            clock.seconds += spent
        clock.seconds += 30.0  # in between nobody waits
    assert round(patience.left, 3) == 0.1
    with patience.waiting():
        clock.seconds += 5.0
        assert patience.left == 0.0
    assert patience.left == 0.0


def test_calls_at_once_take_their_time_together() -> None:
    clock = Clock()
    patience = Patience(1.2, clock)
    with patience.waiting(), patience.waiting():
        clock.seconds += 0.5
    assert round(patience.left, 3) == 0.7


def test_each_question_has_its_own_and_who_asks_none_has_the_calls_own() -> None:
    slow = SlowIndex()
    one, other = (PatientIndex(cast("PassageIndex", slow), 1.0) for _ in range(2))
    for index in (one, one, other, slow):
        cast("Any", index).spelled_like(1, "tea")
    first, second, others, plain = slow.given
    assert first == others == 1.0
    assert second <= 0.98
    assert plain == 1.5
