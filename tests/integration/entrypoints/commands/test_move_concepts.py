"""Concepts move to Neo4j and back, and what was put off while it was away is made up for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lectern.bootstrap import IN_NEO4J, IN_SQL
from lectern.engine.domain.run import RunStatus
from lectern.entrypoints.console import examining
from lectern.tutor import curator as curator_module
from lectern.tutor.domain.concept import CourseConcepts
from lectern.tutor.errors import ConceptsUnavailable
from tests.concepts import chain, concept, only
from tests.integration.entrypoints.commands.conftest import Console
from tests.neo4j_server import Address
from tests.waiting import free_port

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def _console(at: Address, var: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    return Console(var, monkeypatch, neo4j_uri=at.uri, neo4j_user=at.user, neo4j_password=at.password)


@pytest.fixture
def moving(
    neo4j_address: Address,
    transactional_db: None,
    tmp_path: Path,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Console]:
    """Two courses with concepts in SQL, and a Neo4j."""
    (tmp_path / "models").symlink_to(models)
    one = _console(neo4j_address, tmp_path, monkeypatch)
    server = one.lectern.neo4j
    assert server
    monkeypatch.setattr(server, "read_seconds", 30.0)
    for name in ("tea", "wine"):
        course = one.lectern.tutor.indexing.courses.add(name, name.title())
        one.lectern.concepts.stores[IN_SQL].replace_course(course.key, _concepts_of(name))
    yield one
    graph = one.lectern.concepts.stores[IN_NEO4J]
    for course_key in graph.kept_courses():
        graph.remove_course(course_key)
    server.close()


def _concepts_of(name: str) -> CourseConcepts:
    return chain(7) if name == "tea" else only(concept("grape", 0, "berry"), material="m7")


def _kept(console: Console, store: str) -> dict[str, CourseConcepts]:
    courses = console.lectern.tutor.courses()
    return {one.id: console.lectern.concepts.stores[store].read_course(one.key) for one in courses}


def test_concepts_are_served_from_neo4j_after_the_move_and_from_sql_after_the_way_back(
    moving: Console,
) -> None:
    given = _kept(moving, IN_SQL)
    ended = moving.run("move_concepts", "--to", "neo4j")
    assert (ended.status, "2 were copied now" in ended.out) == (0, True)
    assert _kept(moving, IN_NEO4J) == given
    tea = moving.lectern.tutor.course_for("tea")
    moving.lectern.concepts.stores[IN_SQL].remove_course(tea.key)
    assert moving.lectern.tutor.concepts(tea, "", 0, 10).total == 7  # read from Neo4j
    ended = moving.run("move_concepts", "--to", "sql")
    assert (ended.status, "1 were copied now" in ended.out) == (0, True)
    assert moving.lectern.concepts.serving == IN_SQL
    assert _kept(moving, IN_SQL) == given
    assert "already" in moving.run("move_concepts", "--to", "sql").out


def test_a_move_that_was_killed_goes_on_behind_what_it_copied_and_serves_the_old_until_then(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, replaced = moving.lectern.concepts.stores[IN_NEO4J], list[int]()
    replace = type(graph).replace_course

    def killed_at_the_second(self: object, course_key: int, concepts: CourseConcepts) -> None:
        if replaced:
            raise KeyboardInterrupt
        replaced.append(course_key)
        replace(graph, course_key, concepts)

    with monkeypatch.context() as patch:
        patch.setattr(type(graph), "replace_course", killed_at_the_second)
        assert moving.run("move_concepts", "--to", "neo4j").status == 1
    assert moving.lectern.concepts.serving == IN_SQL
    assert "1 were copied now" in moving.run("move_concepts", "--to", "neo4j").out


def test_stores_that_answer_differently_are_not_switched(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = moving.lectern.concepts.stores[IN_NEO4J]
    monkeypatch.setattr(type(graph), "successors", lambda *_: [])
    ended = moving.run("move_concepts", "--to", "neo4j")
    assert (ended.status, "differently" in ended.err) == (1, True)
    assert moving.lectern.concepts.serving == IN_SQL


def test_a_copy_of_before_that_counts_as_many_is_copied_anew(moving: Console) -> None:
    tea = moving.lectern.tutor.course_for("tea")
    graph = moving.lectern.concepts.stores[IN_NEO4J]
    given = _concepts_of("tea")
    graph.replace_course(
        tea.key, replace(given, concepts=(*given.concepts[:-1], concept("old", 6, id=given.concepts[-1].id)))
    )
    assert moving.run("move_concepts", "--to", "neo4j").status == 0
    assert graph.read_course(tea.key) == given


def test_a_move_has_patience_with_a_server_that_has_just_begun(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving.lectern.neo4j, "read_seconds", 0.0001)
    assert moving.run("move_concepts", "--to", "neo4j").status == 0


def test_a_course_that_is_deleted_while_it_is_copied_does_not_end_the_move(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, tea = moving.lectern.concepts.stores[IN_NEO4J], _tea(moving)
    read = type(moving.lectern.concepts.stores[IN_SQL]).read_course

    def deleted(self: object, course_key: int) -> CourseConcepts:
        found: CourseConcepts = read(self, course_key)
        if course_key == tea.key:
            moving.lectern.curator.remove("tea")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(type(moving.lectern.concepts.stores[IN_SQL]), "read_course", deleted)
        assert moving.run("move_concepts", "--to", "neo4j").status == 0
    moving.lectern.curator.tend_concepts()
    assert tea.key not in graph.kept_courses()


def test_what_was_written_where_concepts_moved_from_is_made_up_for(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.run("move_concepts", "--to", "neo4j")
    moving.run("move_concepts", "--to", "sql")
    (moving.material / "1.md").write_text("# Tea\n\nA **kettle** is a pot in which water boils.\n")
    moving.lectern.concepts.serve(IN_NEO4J)
    moving.ingest()
    moving.lectern.concepts.serve(IN_SQL)
    monkeypatch.setattr(curator_module, "_AGAIN_SECONDS", -1.0)
    assert moving.lectern.curator.tend_concepts() == 1
    assert moving.run("build_concepts", "tea").status == 0  # a worker's part, played here
    assert moving.lectern.curator.tend_concepts() == 0


def test_another_process_goes_by_the_switch_without_a_restart(
    moving: Console, neo4j_address: Address, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        other = _console(neo4j_address, tmp_path_factory.mktemp("other"), patch).lectern
        other.concepts._known_seconds = 0.0
        assert other.concepts.serving == IN_SQL
        other_before = other.concepts.serving
    moving.lectern.concepts.serve(IN_NEO4J)
    assert (other_before, other.concepts.serving) == (IN_SQL, IN_NEO4J)


def test_doctor_tells_where_concepts_are(moving: Console) -> None:
    finding = examining.examine(moving.lectern, 0.1)["concepts"]
    assert finding.ok
    assert "concepts are in SQL" in finding.says
    moving.run("move_concepts", "--to", "neo4j")
    assert "has the concepts of" in examining.examine(moving.lectern, 0.1)["concepts"].says


def test_material_that_came_while_neo4j_was_away_gets_its_concepts_when_it_is_back(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.run("move_concepts", "--to", "neo4j")
    graph = moving.lectern.concepts.stores[IN_NEO4J]
    (moving.material / "1.md").write_text("# Tea\n\nA **kettle** is a pot in which water boils.\n")

    def away(*_: object) -> None:
        raise ConceptsUnavailable("Neo4j does not answer.")

    with monkeypatch.context() as patch:
        for name in ("replace_course", "stats", "kept_courses"):
            patch.setattr(type(graph), name, away)
        assert moving.ingest().status == 0  # the passages are not lost
        assert "kettle" in moving.finds("kettle")
        with pytest.raises(ConceptsUnavailable):
            moving.lectern.curator.tend_concepts()
    assert moving.lectern.curator.tend_concepts() == 0  # its job is too young
    monkeypatch.setattr(curator_module, "_AGAIN_SECONDS", -1.0)
    assert moving.lectern.curator.tend_concepts() == 1
    assert moving.lectern.curator.tend_concepts() == 0  # its run is under way
    assert moving.run("build_concepts", "tea").status == 0  # a worker's part, played here
    assert _runs_ended(moving)
    assert [one.name for one in moving.lectern.tutor.concepts(_tea(moving), "", 0, 9).concepts] == ["kettle"]
    assert moving.lectern.curator.tend_concepts() == 0


def test_a_course_that_was_deleted_while_neo4j_was_away_leaves_nothing(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.run("move_concepts", "--to", "neo4j")
    graph, key = moving.lectern.concepts.stores[IN_NEO4J], _tea(moving).key

    def away(*_: object) -> None:
        raise ConceptsUnavailable("Neo4j does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(type(graph), "remove_course", away)
        moving.lectern.curator.remove("tea")
    assert key in graph.kept_courses()
    assert moving.lectern.curator.tend_concepts() == 1
    assert key not in graph.kept_courses()


def _tea(console: Console):  # type: ignore[no-untyped-def]
    return console.lectern.tutor.course_for("tea")


def _runs_ended(console: Console) -> bool:
    job = console.lectern.tutor.indexing.jobs.latest("tea")
    assert job
    return all(run.status == RunStatus.SUCCEEDED for run in console.lectern.tutor.batches(job))


# --- without a server ------------------------------------------------------------------------------------------------


def test_without_an_address_nothing_is_moved(console: Console) -> None:
    ended = console.run("move_concepts", "--to", "neo4j")
    assert (ended.status, "NEO4J_URI" in ended.err) == (1, True)


def test_doctor_says_when_sql_names_a_neo4j_that_this_process_does_not_know(console: Console) -> None:
    assert "concepts" not in examining.examine(console.lectern, 0.1)
    console.lectern.concepts.serve(IN_NEO4J)
    finding = examining.examine(console.lectern, 0.1)["concepts"]
    assert not finding.ok
    assert "NEO4J_URI" in finding.do
    tea = console.lectern.tutor.indexing.courses.add("tea", "Tea")
    with pytest.raises(ConceptsUnavailable, match="no address of it"):
        console.lectern.tutor.concepts(tea, "", 0, 10)
    assert console.lectern.tutor.state(tea).concepts is None
    assert console.run("move_concepts", "--to", "sql").status == 0
    assert console.lectern.concepts.serving == IN_SQL


def test_a_move_to_a_neo4j_that_is_away_changes_nothing(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Address(f"bolt://127.0.0.1:{free_port()}", "neo4j", "hidden-secret")
    one = _console(at, tmp_path, monkeypatch)
    one.lectern.tutor.indexing.courses.add("tea", "Tea")
    ended = one.run("move_concepts", "--to", "neo4j")
    assert (ended.status, "does not answer" in ended.err) == (1, True)
    assert "hidden-secret" not in ended.err + ended.out
    assert one.lectern.concepts.serving == IN_SQL
    assert one.lectern.neo4j
    one.lectern.neo4j.close()
