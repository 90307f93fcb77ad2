"""A server that does not answer is asked by nobody for a while, then by one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

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
            done.wait(10)

    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(attempt)
        assert trying.wait(10)
        with pytest.raises(ConceptsUnavailable, match="is not asked"), sparing.call():
            pass
        done.set()
        trial.result(10)
    with sparing.call():  # it is back
        pass
