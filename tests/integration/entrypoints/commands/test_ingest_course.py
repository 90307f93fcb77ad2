"""`ingest_course` in this process: what it brings in, what it says, and what it leaves alone."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from lectern.adapters.sql.models import WorkerRow
from lectern.engine.domain.queues import Queues
from lectern.entrypoints.console import indexing
from tests.integration.entrypoints.commands.conftest import Console, Ended
from tests.written_files import Picture, lines, pdf

# A worker that has stopped leaves its event loop to the garbage collector; see `console`.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def test_a_course_can_be_asked_when_the_command_returns(console: Console) -> None:
    console.lesson("tea", "Ada")
    console.lesson("coffee", "Bo")
    ended = console.ingest()
    assert (ended.status, ended.err) == (0, "")
    assert re.fullmatch(
        r"tea can be asked: 2 documents \(2 new, 0 changed, 0 unchanged, 0 removed\), 2 passages, "
        r"2 of them embedded now, \d+\.\d s\.\n",
        ended.out,
    )
    assert "Ada" in console.finds("who found tea")


def test_a_second_ingest_of_the_same_embeds_nothing(console: Console) -> None:
    console.lesson("tea", "Ada")
    console.ingest()
    again = console.ingest()
    assert again.status == 0
    assert "(0 new, 0 changed, 1 unchanged, 0 removed), 1 passages, 0 of them embedded now" in again.out


def test_scanned_pages_are_named_each_time_and_the_file_is_in_the_course(console: Console) -> None:
    path = console.material / "tea.pdf"
    path.write_bytes(pdf(lines(["Tea was found by Ada in a garden."]), [Picture()]))
    first, again = console.ingest(), console.ingest()
    assert (first.status, again.status) == (0, 0)
    assert first.err == again.err
    assert "tea.pdf: page 2 is a picture without text" in first.err
    assert "1 unchanged" in again.out
    assert "Ada" in console.finds("who found tea")
    path.write_bytes(pdf(lines(["Tea was found by Bo in a garden."])))
    assert console.ingest().err == ""


def test_a_second_ingest_of_the_same_embeds_nothing_even_of_unreadable_files(console: Console) -> None:
    console.lesson("tea", "Ada")
    (console.material / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    first, again = console.ingest(), console.ingest()
    assert (first.status, again.status) == (1, 1)
    assert "broken.pdf is a damaged PDF. Export it again." in again.err
    assert "1 unchanged" in again.out


def test_a_changed_file_replaces_its_passages(console: Console) -> None:
    console.lesson("tea", "Ada")
    console.lesson("coffee", "Bo")
    console.ingest()
    console.lesson("tea", "Cleo")
    again = console.ingest()
    assert "(0 new, 1 changed, 1 unchanged, 0 removed), 2 passages, 1 of them embedded now" in again.out
    found = console.finds("who found it")
    assert "Cleo" in found
    assert "Ada" not in found


def test_a_removed_file_goes_from_the_course(console: Console) -> None:
    console.lesson("tea", "Ada")
    coffee = console.lesson("coffee", "Bo")
    console.ingest()
    coffee.unlink()
    again = console.ingest()
    assert "1 document (0 new, 0 changed, 1 unchanged, 1 removed)" in again.out
    assert "Bo" not in console.finds("who found coffee")


def test_files_that_cannot_be_read_are_named_with_their_reasons_and_the_rest_is_ingested(
    console: Console,
) -> None:
    console.lesson("tea", "Ada")
    (console.material / "empty.md").touch()
    (console.material / "broken.cnxml").write_text("<document><title>x</document>")
    (console.material / "binary.txt").write_bytes(bytes(range(256)) * 20)
    ended = console.ingest("tea", console.material, console.material / "nowhere")
    assert ended.status == 1
    for name in ("empty.md", "broken.cnxml", "binary.txt", "nowhere"):
        assert len([line for line in ended.err.splitlines() if name in line]) == 1, ended.err
    assert "4 could not be read, as told above; the rest can be asked." in ended.err
    assert "Ada" in console.finds("tea")


@pytest.mark.parametrize("what", ["an empty folder", "an empty file", "no such path"])
def test_material_without_a_passage_changes_nothing_and_says_why(console: Console, what: str) -> None:
    console.lesson("tea", "Ada")
    console.ingest()
    other = console.material.parent / "other"
    if what == "an empty folder":
        other.mkdir()
    elif what == "an empty file":
        other = other.with_suffix(".md")
        other.touch()
    for course in ("tea", "never_made"):
        ended = console.ingest(course, other)
        assert ended.status == 1
        assert "No passage came out of the material" in ended.err
        assert what == "an empty folder" or other.name in ended.err
    assert "Ada" in console.finds("tea")
    assert [course.id for course in console.lectern.tutor.courses()] == ["tea"]


@pytest.mark.parametrize("course", ["", "a b", "a/b", "kurs-ä", "x" * 101, "a\n"])
def test_a_course_id_that_is_none_is_refused_with_a_sentence(console: Console, course: str) -> None:
    console.lesson("tea", "Ada")
    ended = console.ingest(course)
    assert ended.status == 1
    assert "is no course id: use 1 to 100 letters" in ended.err


def test_a_job_that_fails_tells_its_reason(console: Console, tmp_path: Path) -> None:
    (tmp_path / "models").unlink()
    (tmp_path / "models").write_text("no folder")
    console.lesson("tea", "Ada")
    for workload in console.lectern.engine.workloads.values():  # the publishing batch tries again
        workload.retry.__dict__["first_pause_seconds"] = 0
    ended = console.ingest()
    assert ended.status == 1
    assert "embedding model" in ended.err.lower()
    assert console.lectern.tutor.courses()[0].id == "tea"
    assert not console.lectern.tutor.documents(console.lectern.tutor.courses()[0])


def test_batches_that_an_interrupted_ingest_left_are_done_first_and_nothing_is_there_twice(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    console.lesson("tea", "Ada")
    console.lectern.curator.ingest("tea", "Tea", [console.material])
    console.lesson("coffee", "Bo")
    ended = console.ingest()
    assert ended.status == 0
    assert "An earlier ingest of this course has not ended" in capsys.readouterr().err
    assert "2 documents (1 new, 0 changed, 1 unchanged, 0 removed), 2 passages" in ended.out
    course = console.lectern.tutor.course_for("tea")
    assert console.lectern.tutor.indexing.index.stats(course.key).passages == 2


def test_a_purged_job_tells_so_and_the_next_ingest_is_complete(console: Console) -> None:
    console.lesson("tea", "Ada")
    console.lectern.curator.ingest("tea", "Tea", [console.material])
    engine = console.lectern.engine
    engine.purge([Queues.EMBEDDINGS], engine.runs.now())
    assert "Indexing was purged" in console.run("show_course", "tea").out
    assert console.ingest().status == 0
    assert "Ada" in console.finds("tea")


@pytest.mark.parametrize("slots", [0, 4], ids=["one that embeds for itself only", "one without a broker"])
def test_a_live_worker_that_takes_nothing_is_not_waited_for_long(
    console: Console, monkeypatch: pytest.MonkeyPatch, slots: int
) -> None:
    monkeypatch.setattr(indexing, "_PATIENCE_SECONDS", 0.3 if slots else 60)
    console.lectern.engine.workers.register(
        worker_id=uuid4(), name="w@h", pid=1, slots={Queues.EMBEDDINGS: slots}
    )
    # It gives signs of life all the while.
    WorkerRow.objects.update(heartbeat_at=console.lectern.engine.runs.now() + timedelta(hours=1))
    console.lesson("tea", "Ada")
    assert console.ingest().status == 0
    assert "Ada" in console.finds("tea")


def test_exercises_are_searched_only_while_the_course_says_so(console: Console) -> None:
    (console.material / "steep.md").write_text(
        "# Steeping\n\nTea leaves give colour to hot water.\n\n## Exercises\n\nHow long does oolong steep? Say why.\n"
    )

    def ingest(*options: str) -> Ended:
        return console.run("ingest_course", "tea", str(console.material), *options)

    assert ingest().status == 0
    assert "oolong" not in console.finds("oolong")
    assert ingest("--answer-from-exercises").status == 0
    assert "oolong" in console.finds("oolong")
    assert ingest().status == 0
    assert "oolong" in console.finds("oolong")
    assert ingest("--no-answer-from-exercises").status == 0
    assert "oolong" not in console.finds("oolong")


@pytest.mark.parametrize(("course", "path"), [("tea", ""), ("..", "."), (".tea", ".")])
def test_an_empty_path_and_a_hidden_name_are_refused(console: Console, course: str, path: str) -> None:
    ended = console.run("ingest_course", course, path)
    assert ended.status == 1
    assert "a path is empty" in ended.err or "is no course id" in ended.err
    assert console.run("list_courses").out == "Courses: none\n"


def test_what_the_index_lost_is_ingested_again(console: Console) -> None:
    console.lesson("tea", "Ada")
    console.lesson("coffee", "Bo")
    console.ingest()
    tutor = console.lectern.tutor
    tutor.indexing.index.remove_document(tutor.course_for("tea").key, "tea.md")
    assert "Ada" not in console.finds("tea")
    assert console.ingest().status == 0
    assert "Ada" in console.finds("tea")


def test_an_ingest_that_nobody_waits_for_leaves_its_batches_to_workers(console: Console) -> None:
    console.lesson("tea", "Ada")
    ended = console.run("ingest_course", "tea", str(console.material), "--no-wait")
    assert (ended.status, ended.out) == (0, "tea waits for a worker, which has 1 passages to embed.\n")
    tutor = console.lectern.tutor
    (job,) = tutor.unfinished_jobs("tea")
    indexing.finish(tutor.batches(job))
    assert "Ada" in console.finds("who found tea")


def test_an_ingest_that_nobody_waits_for_begins_none_beside_an_earlier_one(console: Console) -> None:
    console.lesson("tea", "Ada")
    console.run("ingest_course", "tea", str(console.material), "--no-wait")
    console.lesson("tea", "Bo")
    again = console.run("ingest_course", "tea", str(console.material), "--no-wait")
    assert again.status == 1
    assert "has not ended, so nothing was read" in again.err
    assert len(console.lectern.tutor.unfinished_jobs("tea")) == 1


def test_if_new_leaves_a_course_alone_that_has_material_or_waits_for_it(console: Console) -> None:
    console.lesson("tea", "Ada")
    command = ("ingest_course", "tea", str(console.material), "--if-new")
    assert "waits for a worker" in console.run(*command, "--no-wait").out
    console.lesson("tea", "Bo")
    assert console.run(*command).out == "tea has material already; nothing was read.\n"
    indexing.finish(console.lectern.tutor.batches(console.lectern.tutor.unfinished_jobs("tea")[0]))
    assert console.run(*command).out == "tea has material already; nothing was read.\n"
    assert "Ada" in console.finds("who found tea")


def test_without_waiting_nothing_is_promised_to_a_worker_where_nothing_changed(console: Console) -> None:
    console.lesson("oolong", "Ada")
    assert console.ingest().status == 0
    ended = console.run("ingest_course", "tea", str(console.material), "--no-wait")
    assert "waits for a worker" not in ended.out
    assert "tea can be asked: 1 document (0 new, 0 changed, 1 unchanged" in ended.out
