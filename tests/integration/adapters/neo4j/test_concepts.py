"""What concepts in Neo4j do when a writer dies or is overtaken; what they promise beside it is in `tests/contract`."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from lectern.adapters.neo4j import concepts as module
from lectern.adapters.neo4j import statements as cypher
from lectern.adapters.neo4j.concepts import Neo4jConceptGraph
from lectern.adapters.sql.courses import SqlCourses
from lectern.tutor.domain.concept import CourseConcepts
from lectern.tutor.errors import ConceptsUnavailable
from tests import neo4j_server
from tests.concepts import chain, concept, names, only
from tests.neo4j_server import Address


@pytest.fixture
def tea(db: None) -> int:
    """A course's key."""
    return SqlCourses().add("tea", "Tea").key


def _nodes(graph: Neo4jConceptGraph, course_key: int) -> int:
    """All nodes of a course, its own included."""
    count = "MATCH (n {course: $course}) RETURN count(n) AS nodes"
    return int(graph._server.read(lambda run: run(count, course=course_key))[0]["nodes"])


def test_replacing_leaves_no_nodes_of_before(neo4j_concepts: Neo4jConceptGraph, tea: int) -> None:
    for _ in range(2):
        neo4j_concepts.replace_course(tea, chain(3))
        assert _nodes(neo4j_concepts, tea) == 1 + 3 + 3


def test_a_course_that_is_removed_leaves_no_nodes(neo4j_concepts: Neo4jConceptGraph, tea: int) -> None:
    neo4j_concepts.replace_course(tea, chain(3))
    neo4j_concepts.remove_course(tea)
    assert _nodes(neo4j_concepts, tea) == 0
    assert tea not in neo4j_concepts.kept_courses()


def test_what_is_written_twice_comes_to_the_same(
    neo4j_concepts: Neo4jConceptGraph, tea: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers to its commits were lost with the connection, each."""
    write = neo4j_concepts._server.write

    def twice(work: Any) -> Any:
        write(work)
        return write(work)

    monkeypatch.setattr(neo4j_concepts._server, "write", twice)
    for given in (only(concept("old", 0)), chain(5)):
        neo4j_concepts.replace_course(tea, given)
        assert neo4j_concepts.read_course(tea) == given
    assert _nodes(neo4j_concepts, tea) == 1 + 5 + 5


@pytest.mark.parametrize("batches_written", range(5))
def test_what_a_killed_process_wrote_is_seen_by_nobody_and_cleared_away(
    neo4j_concepts: Neo4jConceptGraph, tea: int, monkeypatch: pytest.MonkeyPatch, batches_written: int
) -> None:
    neo4j_concepts.replace_course(tea, only(concept("old", 0)))
    batches = module._batches

    def dying(concepts: CourseConcepts) -> Iterator[Any]:
        for number, batch in enumerate(batches(concepts)):
            if number == batches_written:
                raise KeyboardInterrupt
            yield batch
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_batches", dying)
        with pytest.raises(KeyboardInterrupt):
            neo4j_concepts.replace_course(tea, chain(9, "m2"))
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["old"]
    assert neo4j_concepts.named(tea, "c0") is None
    assert neo4j_concepts.stats(tea).material == "m1"
    neo4j_concepts.replace_course(tea, only(concept("new", 0), material="m3"))
    assert _nodes(neo4j_concepts, tea) == 1 + 1 + 1


def test_a_process_that_is_killed_between_the_switch_and_cleaning_up_leaves_the_new_state(
    neo4j_concepts: Neo4jConceptGraph, tea: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_concepts.replace_course(tea, only(concept("old", 0)))
    cleaned = list[int]()
    delete = Neo4jConceptGraph._delete_unread

    def once(self: Neo4jConceptGraph, course_key: int) -> None:
        if cleaned:
            raise KeyboardInterrupt
        cleaned.append(course_key)
        delete(self, course_key)

    with monkeypatch.context() as patch:
        patch.setattr(Neo4jConceptGraph, "_delete_unread", once)
        with pytest.raises(KeyboardInterrupt):
            neo4j_concepts.replace_course(tea, only(concept("new", 0), material="m2"))
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["new"]
    assert neo4j_concepts.named(tea, "old") is None
    neo4j_concepts.remove_course(tea)
    assert _nodes(neo4j_concepts, tea) == 0


@pytest.mark.parametrize("batches_written", [1, 2, 4])
def test_a_writer_that_was_overtaken_makes_nothing_half_visible_and_leaves_nothing(
    neo4j_concepts: Neo4jConceptGraph, tea: int, monkeypatch: pytest.MonkeyPatch, batches_written: int
) -> None:
    """Its worker was taken for dead; the run's next attempt cleared its nodes away."""
    batches = module._batches

    def overtake() -> None:
        monkeypatch.setattr(module, "_batches", batches)
        neo4j_concepts.replace_course(tea, only(concept("new", 0), material="m2"))

    def overtaken(concepts: CourseConcepts) -> Iterator[Any]:
        given = list(batches(concepts))
        yield from given[:batches_written]
        overtake()
        yield from given[batches_written:]

    monkeypatch.setattr(module, "_batches", overtaken)
    with pytest.raises(ConceptsUnavailable, match="at the same time"):
        neo4j_concepts.replace_course(tea, chain(9))
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["new"]
    assert _nodes(neo4j_concepts, tea) == 1 + 1 + 1


@pytest.mark.parametrize("step", range(6))
def test_a_writer_that_comes_back_while_it_is_cleared_away_leaves_nothing(
    neo4j_concepts: Neo4jConceptGraph, tea: int, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    server, version, writes = neo4j_concepts._server, 7, list[int]()
    rows = [{"id": "late", "order": 0, "body": "{}"}]
    neo4j_concepts._prepare()
    neo4j_concepts._begin(tea, version)
    write = server.write

    def after_the_late_one(work: Any) -> Any:
        writes.append(len(writes))
        if len(writes) == step + 1:
            with suppress(ConceptsUnavailable):
                neo4j_concepts._add(tea, version, 0, cypher.ADD_CONCEPTS, rows)
        return write(work)

    monkeypatch.setattr(server, "write", after_the_late_one)
    neo4j_concepts.replace_course(tea, only(concept("new", 0)))
    assert len(writes) > step
    assert _nodes(neo4j_concepts, tea) == 1 + 1 + 1


def test_what_other_installations_have_on_the_server_is_not_ours(
    neo4j_concepts: Neo4jConceptGraph, neo4j_address: Address, tea: int
) -> None:
    """What SQL does not know is deleted by who tidies up."""
    with neo4j_server.concepts(neo4j_address) as other:
        other.replace_course(tea, chain(3))
        assert other.kept_courses() == {tea}
        assert neo4j_concepts.kept_courses() == set()


def test_a_reader_that_is_overtaken_begins_again(
    neo4j_concepts: Neo4jConceptGraph, tea: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_concepts.replace_course(tea, only(concept("old", 0)))
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["old"]
    read, reads = neo4j_concepts._server.read, list[int]()

    def counted(work: Any, seconds: float | None = None) -> Any:
        reads.append(len(reads))
        return read(work, seconds)

    monkeypatch.setattr(neo4j_concepts._server, "read", counted)
    neo4j_concepts._seen[tea] += 1  # one that is deleted by now
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["old"]
    assert len(reads) == 2
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["old"]
    assert len(reads) == 3


def test_a_reader_sees_at_once_what_another_process_wrote(
    neo4j_concepts: Neo4jConceptGraph, neo4j_address: Address, tea: int
) -> None:
    with neo4j_server.concepts(neo4j_address, owner=neo4j_concepts._installation()) as other:
        for name in ("old", "new"):
            other.replace_course(tea, only(concept(name, 0)))
            assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == [name]
