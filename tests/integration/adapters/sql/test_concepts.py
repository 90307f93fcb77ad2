"""What concepts in SQL do when a writer dies or is overtaken; what they promise beside it is in `tests/contract`."""

from collections.abc import Iterator
from typing import Any

import pytest

from lectern.adapters.sql import concepts as sql
from lectern.adapters.sql.concepts import SqlConcepts
from lectern.adapters.sql.courses import SqlCourses
from lectern.adapters.sql.models import ConceptEdgeRow, ConceptGraphRow, ConceptNameRow, ConceptRow
from tests.concepts import chain, concept, names, only


@pytest.fixture
def graph(db: None) -> SqlConcepts:
    return SqlConcepts()


@pytest.fixture
def tea(db: None) -> int:
    """A course's key."""
    return SqlCourses().add("tea", "Tea").key


def test_replacing_leaves_no_rows_of_before(graph: SqlConcepts, tea: int) -> None:
    for _ in range(2):
        graph.replace_course(tea, chain(3, "m2"))
        counted = [model.objects.count() for model in (ConceptRow, ConceptNameRow, ConceptEdgeRow)]
        assert counted == [3, 3, 4]


def test_a_course_that_was_deleted_has_no_rows(graph: SqlConcepts, tea: int) -> None:
    graph.replace_course(tea, chain(3))
    SqlCourses().remove("tea")
    assert graph.find(tea, "", 0, 10).total == 0
    assert graph.kept_courses() == set()


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies behind its second transaction of rows."""
    batches = sql._batches

    def few(*args: Any) -> Iterator[list[Any]]:
        for number, batch in enumerate(batches(*args)):
            if number == 2:
                raise KeyboardInterrupt
            yield batch

    monkeypatch.setattr(sql, "_batches", few)


def test_what_a_killed_process_wrote_is_seen_by_nobody_and_cleared_away(
    graph: SqlConcepts, tea: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    graph.replace_course(tea, only(concept("old", 0)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "_AT_ONCE", 2)
        request.getfixturevalue("dying")
        with pytest.raises(KeyboardInterrupt):
            graph.replace_course(tea, chain(9, "m2"))
    assert names(graph.find(tea, "", 0, 10).concepts) == ["old"]
    assert graph.named(tea, "c0") is None
    assert graph.stats(tea).material == "m1"
    monkeypatch.undo()
    graph.replace_course(tea, only(concept("new", 0), material="m3"))
    assert ConceptRow.objects.count() == ConceptNameRow.objects.count() == 1


def test_a_writer_that_was_overtaken_makes_nothing_half_visible(
    graph: SqlConcepts, tea: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker was taken for dead; the run's next attempt cleared its rows away."""
    monkeypatch.setattr(sql, "_AT_ONCE", 2)
    batches = sql._batches

    def overtaken(*args: Any) -> Iterator[list[Any]]:
        for number, batch in enumerate(batches(*args)):
            yield batch
            if number == 2:
                monkeypatch.setattr(sql, "_batches", batches)
                graph.replace_course(tea, only(concept("new", 0), material="m2"))

    monkeypatch.setattr(sql, "_batches", overtaken)
    with pytest.raises(Exception, match="at the same time"):
        graph.replace_course(tea, chain(9))
    assert names(graph.find(tea, "", 0, 10).concepts) == ["new"]
    assert ConceptGraphRow.objects.get().material == "m2"


def test_a_reader_that_is_overtaken_begins_again(
    graph: SqlConcepts, tea: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.replace_course(tea, only(concept("old", 0)))
    generation, overtaken = sql._generation, list[int]()

    def replaced_meanwhile(course_key: int) -> int:
        found = generation(course_key)
        if not overtaken:
            overtaken.append(found)
            graph.replace_course(tea, only(concept("new", 0)))
        return found

    monkeypatch.setattr(sql, "_generation", replaced_meanwhile)
    assert names(graph.find(tea, "", 0, 10).concepts) == ["new"]
