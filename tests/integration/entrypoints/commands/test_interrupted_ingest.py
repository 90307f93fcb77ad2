"""`ingest_course` as a process: killed, stopped, without a database, and with a worker that does its batches."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.playground import ROOT, Playground, until

pytestmark = pytest.mark.timeout(180)

LESSONS = 150


@pytest.fixture
def place(place: Playground) -> Playground:
    place.settings = "tests.integration.held_settings"
    return place


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """Lessons of one passage each, no two alike: three batches, and the one that publishes."""
    for number in range(LESSONS):
        tells = " ".join(f"The {number + leaf} leaves fell into a cup of hot water." for leaf in range(5))
        text = f"# Lesson {number}\n\n{tells}\n"
        (tmp_path / f"lesson-{number:03}.md").write_text(text)
    return tmp_path


def _begin(place: Playground, material: Path) -> "subprocess.Popen[str]":
    """Start an ingest and return in the middle of a batch that is not its first and waits for `_let`."""
    command = [sys.executable, "manage.py", "ingest_course", "c1", str(material)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    for line in process.stderr:
        if told := re.match(r"Embedding passages: (\d+) of (\d+), [\d.]+ a second, about .+ left$", line):
            assert int(told[1]) < int(told[2])
            until("the next batch is under way", lambda: _running(place))
            return process
    raise AssertionError(f"the ingest ended with {process.wait(30)}")


def _let(place: Playground) -> None:
    (place.var / "let").touch()


def _running(place: Playground) -> int:
    with closing(sqlite3.connect(place.var / "lectern.sqlite3")) as database:
        (count,) = database.execute("SELECT count(*) FROM lectern_run WHERE status = 'running'").fetchone()
    return int(count)


def _assert_complete_and_nothing_twice(place: Playground, material: Path) -> None:
    again = place.manage("ingest_course", "c1", str(material))
    assert f"{LESSONS} documents (0 new, 0 changed, {LESSONS} unchanged, 0 removed)" in again.stdout, (
        again.stderr
    )
    assert "0 of them embedded now" in again.stdout
    counted = place.python(
        """
from lectern.bootstrap import lectern
tutor = lectern().tutor
course = tutor.course_for("c1")
stats, state = tutor.indexing.index.stats(course.key), tutor.state(course)
print("COUNTED", stats.documents == state.documents, stats.passages == state.passages, state.passages)
"""
    )
    assert "COUNTED True True" in counted


def test_an_ingest_that_was_killed_is_completed_by_the_next_without_a_worker(
    place: Playground, material: Path
) -> None:
    process = _begin(place, material)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert _running(place) == 1
    _let(place)
    again = place.manage("ingest_course", "c1", str(material))
    assert again.returncode == 0, again.stderr
    assert "An earlier ingest of this course has not ended" in again.stderr
    _assert_complete_and_nothing_twice(place, material)


def test_ctrl_c_ends_an_ingest_with_a_sentence_and_the_next_one_goes_on(
    place: Playground, material: Path
) -> None:
    process = _begin(place, material)
    process.send_signal(signal.SIGINT)
    _let(place)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Stopped. Workers go on with what was begun" in err
    assert "Traceback" not in err
    assert _running(place) == 0  # given back at once
    assert place.manage("ingest_course", "c1", str(material)).returncode == 0
    _assert_complete_and_nothing_twice(place, material)


def test_a_live_worker_embeds_and_when_it_is_killed_the_command_goes_on_by_itself(
    place: Playground, material: Path
) -> None:
    place.valkey()
    worker = place.worker()
    process = _begin(place, material)
    worker.kill()
    _let(place)
    worker.wait(30)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert f"{LESSONS} new" in out
    log = (place.var / "worker-2.log").read_text()
    assert "action=claim" in log  # the first batch was the worker's
    _assert_complete_and_nothing_twice(place, material)


@pytest.mark.parametrize(
    "command", [["ingest_course", "c1", "README.md"], ["list_courses"], ["show_course", "c1"]]
)
def test_a_database_that_is_not_migrated_is_a_sentence(tmp_path: Path, command: list[str]) -> None:
    ended = Playground(tmp_path).manage(*command)
    assert ended.returncode == 1
    assert "The database is not prepared. Run: python manage.py migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_json_is_all_there_is_on_standard_output(tmp_path: Path) -> None:
    ended = Playground(tmp_path).manage("list_courses", "--json")
    assert "not prepared" in json.loads(ended.stdout)["error"]
