"""A server that does not answer is asked by nobody for a while, then by one."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lectern.adapters.absence import Absence
from lectern.adapters.sparing import Sparing
from lectern.tutor.errors import ConceptsUnavailable, UnknownConcept


def _fails(sparing: Sparing, error: Exception) -> None:
    with pytest.raises(type(error)), sparing.call():
        raise error


def test_after_failures_in_a_row_the_server_is_not_asked() -> None:
    sparing = Sparing(ConceptsUnavailable, what="Neo4j", failures=2, pause_seconds=1000)
    _fails(sparing, ConceptsUnavailable("away"))
    with sparing.call():
        pass
    _fails(sparing, ConceptsUnavailable("away"))
    assert not sparing.spares
    _fails(sparing, ConceptsUnavailable("away"))
    assert sparing.spares
    asked = False
    with pytest.raises(ConceptsUnavailable, match="is not asked"), sparing.call():
        asked = True
    assert not asked


def test_an_answer_that_is_an_error_is_an_answer() -> None:
    sparing = Sparing(ConceptsUnavailable, what="Neo4j", failures=1, pause_seconds=1000)
    _fails(sparing, UnknownConcept("There is none."))
    assert not sparing.spares


def test_a_single_caller_tries_whether_it_is_back_and_the_others_go_on_without() -> None:
    sparing = Sparing(ConceptsUnavailable, what="Neo4j", failures=1, pause_seconds=0.000001)
    _fails(sparing, ConceptsUnavailable("away"))
    trying, done = threading.Event(), threading.Event()

    def attempt() -> None:
        with sparing.call():
            trying.set()
            done.wait(60)

    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(attempt)
        assert trying.wait(30)
        with pytest.raises(ConceptsUnavailable, match="is not asked"), sparing.call():
            pass
        done.set()
        trial.result(30)
    with sparing.call():  # it is back
        pass


def _told(caplog: pytest.LogCaptureFixture) -> list[tuple[Any, ...]]:
    """Return level, action, calls and seconds of what was told since the last look."""
    records = [(one.levelname, one.msg) for one in caplog.records if one.name == "lectern.adapters.absence"]
    caplog.clear()
    return [(level, it["event"], it["missed"], it["seconds"]) for level, it in records]  # type: ignore[index]


def test_an_absence_is_told_when_it_begins_each_minute_in_which_it_is_missed_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    now, away = [100.0], ConceptsUnavailable("away")
    absence = Absence("Neo4j", lambda: now[0])
    absence.over()
    for _ in range(1000):
        absence.missed(away)
    assert _told(caplog) == [("WARNING", "server_away", 1, 0)]
    for _ in range(4):
        now[0] += 40
        absence.missed(away)
    assert _told(caplog) == [("WARNING", "server_away", 1002, 80), ("WARNING", "server_away", 1004, 160)]
    absence.over()
    absence.over()
    assert _told(caplog) == [("INFO", "server_back", 1004, 160)]


def test_of_a_server_that_comes_and_goes_not_more_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = [100.0]
    absence = Absence("Neo4j", lambda: now[0])
    for _ in range(60):
        absence.missed(ConceptsUnavailable("away"))
        absence.over()
        now[0] += 2
    assert [action for _, action, _, _ in _told(caplog)] == ["server_away", "server_back"] * 2


def test_one_that_goes_for_good_within_a_minute_is_told_before_the_minute_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    absence = Absence("Neo4j", lambda: 100.0)
    absence.missed(ConceptsUnavailable("away"))
    absence.over()
    assert [action for _, action, _, _ in _told(caplog)] == ["server_away", "server_back"]
    for _ in range(5):
        absence.missed(ConceptsUnavailable("away"))
    assert _told(caplog) == [("WARNING", "server_away", 2, 0)]


def test_calls_of_a_server_that_is_away_and_those_that_are_not_made_are_one_absence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    sparing = Sparing(ConceptsUnavailable, what="Neo4j", failures=1, pause_seconds=0.2)
    for _ in range(50):
        _fails(sparing, ConceptsUnavailable("away"))
    assert _told(caplog) == [("WARNING", "server_away", 1, 0)]
    while sparing.spares:
        pass
    _fails(sparing, UnknownConcept("There is none."))  # an answer
    assert [(action, missed) for _, action, missed, _ in _told(caplog)] == [("server_back", 50)]
