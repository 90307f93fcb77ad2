"""One of many like events is told each minute."""

from lectern.base.seldom import AGAIN_SECONDS, Seldom


def test_the_first_is_told_at_once_and_those_after_it_are_counted_till_a_minute_is_over() -> None:
    now = [5.0]
    seldom = Seldom(lambda: now[0])
    assert [seldom.count() for _ in range(4)] == [1, 0, 0, 0]
    now[0] += AGAIN_SECONDS
    assert [seldom.count(), seldom.count()] == [4, 0]
    now[0] += AGAIN_SECONDS
    assert seldom.count() == 2
