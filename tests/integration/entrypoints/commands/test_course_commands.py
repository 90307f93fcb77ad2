"""The commands that look at courses and remove them: what they show to people and to machines."""

import json

import pytest

from tests.integration.entrypoints.commands.conftest import Console
from tests.written_files import lines, pdf

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def tea(console: Console) -> Console:
    console.lesson("tea", "Ada")
    console.lesson("coffee", "Bo")
    (console.material / "empty.md").touch()
    console.ingest()
    return console


def test_list_courses_tells_which_can_be_asked(tea: Console) -> None:
    ended = tea.run("list_courses")
    assert ended.status == 0
    assert ended.out.splitlines()[2].split()[:5] == ["tea", "Tea", "ready", "2", "2"]
    (listed,) = json.loads(tea.run("list_courses", "--json").out)
    assert (listed["course_id"], listed["state"], listed["documents"], listed["passages"]) == (
        "tea",
        "ready",
        2,
        2,
    )
    assert listed["indexed_at"].startswith("20")


def test_list_courses_without_any_says_none(console: Console) -> None:
    assert console.run("list_courses").out == "Courses: none\n"
    assert json.loads(console.run("list_courses", "--json").out) == []


def test_show_course_names_documents_and_what_could_not_be_read(tea: Console) -> None:
    out = tea.run("show_course", "tea").out
    assert "2 of 2 batches done" in out
    assert "coffee.md" in out
    assert "Not read: empty.md is empty." in out
    shown = json.loads(tea.run("show_course", "tea", "--json").out)
    assert [one["name"] for one in shown["documents"]] == ["coffee.md", "tea.md"]
    assert [one["document"] for one in shown["problems"]] == ["empty.md"]


def test_search_course_ranks_passages_with_score_legs_and_place(tea: Console) -> None:
    first, *_ = json.loads(tea.run("search_course", "tea", "who", "found", "tea", "--json").out)
    assert first["document"] == "tea.md"
    assert first["legs"] == ["keyword", "vector"]
    assert "Ada" in first["text"]
    out = tea.run("search_course", "tea", "tea", "--limit", "1").out
    assert len(out.splitlines()) == 3  # title, columns, one row
    assert "keyword+vector" in out


def test_search_course_tells_the_page_the_slide_or_the_cell(console: Console) -> None:
    (console.material / "tea.pdf").write_bytes(
        pdf(lines(["Coffee is another thing."]), lines(["Tea was found by Ada in a garden."]))
    )
    (console.material / "old.md").write_text("# Tea\n\nTea is a drink.\n")
    assert console.ingest().status == 0
    found = json.loads(console.run("search_course", "tea", "who", "found", "tea", "--json").out)
    assert {one["document"]: one["page"] for one in found if "Tea" in one["text"]} == {
        "tea.pdf": 2,
        "old.md": None,
    }
    assert "Tea, page 2" in console.run("search_course", "tea", "who", "found", "tea", "--limit", "1").out


def test_text_of_a_course_is_never_taken_for_markup_nor_obeyed_by_the_terminal(console: Console) -> None:
    (console.material / "odd.md").write_text(
        "# Odd\n\nWrite items[0] or [/b] or :smile: or \x1b[31mred\x1b[0m here.\n"
    )
    assert console.ingest().status == 0
    out = console.run("search_course", "tea", "write items").out
    assert "items[0] or [/b] or :smile:" in out
    assert "\x1b" not in out


def test_a_table_in_a_pipe_has_one_line_a_row(console: Console) -> None:
    (console.material / "long.md").write_text(f"# {'Long title ' * 20}\n\nSome words that stand below it.\n")
    console.ingest()
    assert len(console.run("show_course", "tea").out.rstrip().splitlines()) == 7


@pytest.mark.parametrize(
    "command",
    [["show_course", "nope"], ["search_course", "nope", "tea"], ["remove_course", "nope", "--yes"]],
    ids=lambda command: command[0],
)
def test_an_unknown_course_is_a_sentence_for_people_and_for_machines(
    console: Console, command: list[str]
) -> None:
    ended = console.run(*command)
    assert ended.status == 1
    assert ended.err == "There is no course 'nope'. `manage.py list_courses` lists them."
    assert json.loads(console.run(*command, "--json").out) == {"error": ended.err}


def test_remove_course_deletes_when_it_is_told_so(tea: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    assert tea.run("remove_course", "tea").status == 1
    assert tea.run("remove_course", "tea", "--json").status == 1
    key = tea.lectern.tutor.course_for("tea").key
    assert json.loads(tea.run("remove_course", "tea", "--yes", "--json").out) == {
        "course_id": "tea",
        "passages": 2,
    }
    assert tea.run("show_course", "tea").status == 1
    assert tea.lectern.tutor.indexing.index.stats(key).passages == 0
    assert "2 new" in tea.ingest().out
