"""The concepts of a course follow its material, and hold up neither an ingest nor an answer."""

import json

import pytest

from lectern.adapters.sql.concepts import SqlConcepts
from lectern.adapters.sql.models import ConceptGraphRow, ConceptNameRow, ConceptRow
from lectern.tutor.domain.course import Course
from tests.integration.entrypoints.commands.conftest import Console

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def tea(console: Console) -> Console:
    (console.material / "1.md").write_text("# Tea\n\nA **kettle** is a pot in which water boils.\n")
    (console.material / "2.md").write_text(
        "# Brewing\n\n**Brewing** is what one does with a kettle and leaves.\n"
    )
    console.ingest()
    return console


def _course(console: Console) -> Course:
    return console.lectern.tutor.course_for("tea")


def _names(console: Console) -> list[str]:
    page = console.lectern.tutor.concepts(_course(console), "", 0, 100)
    return [one.name for one in page.concepts]


def _shown(console: Console) -> tuple[int, bool]:
    shown = json.loads(console.run("show_course", "tea", "--json").out)
    return shown["concepts"], shown["concepts_are_current"]


def test_concepts_follow_documents_that_are_changed_and_removed(tea: Console) -> None:
    assert _names(tea) == ["kettle", "Brewing"]
    assert _shown(tea) == (2, True)
    (tea.material / "1.md").write_text("# Tea\n\nA **samovar** is a pot in which water boils.\n")
    tea.ingest()
    assert _names(tea) == ["samovar", "Brewing"]
    (tea.material / "1.md").unlink()
    tea.ingest()
    assert _names(tea) == ["Brewing"]
    assert _shown(tea) == (1, True)


def test_a_course_that_is_removed_takes_its_concepts_with_it(tea: Console) -> None:
    assert tea.run("remove_course", "tea", "--yes").status == 0
    counts = [model.objects.count() for model in (ConceptRow, ConceptNameRow, ConceptGraphRow)]
    assert counts == [0, 0, 0]


def test_a_course_that_is_embedded_anew_keeps_its_terms(tea: Console) -> None:
    assert tea.run("reembed_course", "tea").status == 0
    ConceptGraphRow.objects.update(material="of before")
    assert tea.run("build_concepts", "tea").status == 0
    assert _names(tea) == ["kettle", "Brewing"]


def test_build_concepts_builds_what_is_missing_and_is_harmless_twice(tea: Console) -> None:
    tea.lectern.tutor.indexing.concepts.remove_course(_course(tea).key)
    assert _shown(tea) == (0, False)
    assert "build_concepts tea" in tea.run("show_course", "tea").out
    for _ in range(2):
        ended = tea.run("build_concepts", "tea")
        assert (ended.status, ended.out[:20]) == (0, "tea has 2 concepts, ")
    assert _shown(tea) == (2, True)


def test_build_concepts_says_what_it_cannot_do(console: Console) -> None:
    assert "There is no course 'tea'" in console.run("build_concepts", "tea").err
    console.lectern.tutor.indexing.courses.add("tea", "Tea")
    ended = console.run("build_concepts", "tea")
    assert ended.status == 1
    assert "has no material yet" in ended.err


@pytest.mark.parametrize("error", [RuntimeError("no room"), MemoryError(), KeyError(3)], ids=repr)
def test_promise_6_concepts_that_cannot_be_written_fail_no_ingest_and_the_state_tells(
    console: Console, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(SqlConcepts, "replace_course", fail)
    (console.material / "1.md").write_text("# Tea\n\nA **kettle** is a pot.\n")
    assert console.ingest().status == 0
    assert "kettle" in console.finds("kettle")
    assert _shown(console) == (0, False)
    ended = console.run("build_concepts", "tea")
    assert ended.status == 1
    assert "could not be built" in ended.err
    monkeypatch.undo()
