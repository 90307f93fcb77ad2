import json

import pytest

from lectern.engine.domain.run import Run, RunStatus
from lectern.engine.finishing import fail
from lectern.engine.submitting import RunRequest
from tests.engine_house import claim
from tests.integration.entrypoints.commands.conftest import Console


@pytest.fixture
def failed(console: Console) -> list[Run]:
    """Two questions that failed, each in its own way."""
    return [_failed(console, "anna", "deadline"), _failed(console, "ben", "failed")]


def _failed(console: Console, student: str, code: str) -> Run:
    engine = console.lectern.engine
    asked = {"question": f"What does {student} drink?", "context": {}}
    run = engine.submit(RunRequest(workload="tutor", input=asked, owner=student, tenant="tea"))
    claimed = claim(run.id, run.id, "", engine.runs)
    assert claimed
    return fail(claimed, "It failed.", code, engine.runs)


def _queued(console: Console) -> int:
    return console.lectern.engine.counts().get(("langgraph", RunStatus.QUEUED), 0)


def test_a_dry_run_lists_and_changes_nothing(console: Console, failed: list[Run]) -> None:
    ended = console.run("retry_runs", "--dry-run")
    assert ended.status == 0
    for run in failed:
        assert str(run.id) in ended.out
        assert run.input["question"] in ended.out
    assert _queued(console) == 0


def test_what_failed_is_asked_again_once(console: Console, failed: list[Run]) -> None:
    ended = console.run("retry_runs", "--yes", "--json")
    report = json.loads(ended.out)
    assert [one["retry_of"] for one in report["retried"]] == [str(run.id) for run in failed]
    assert _queued(console) == 2
    again = console.run("retry_runs", "--yes")
    assert "Failed runs: none" in again.out
    assert _queued(console) == 2


def test_without_an_answer_nothing_is_asked(
    console: Console, failed: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "")
    ended = console.run("retry_runs")
    assert (ended.status, _queued(console)) == (1, 0)
    assert "Nothing was asked." in ended.err


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        pytest.param(["--code", "deadline"], 1, id="code"),
        pytest.param(["--course", "tea"], 2, id="course"),
        pytest.param(["--course", "coffee"], 0, id="another course"),
        pytest.param(["--limit", "1"], 1, id="limit"),
        pytest.param(["--limit", "9" * 30], 2, id="a limit without end"),
        pytest.param(["--since", "1h"], 2, id="since an hour ago"),
        pytest.param(["--since", "2999-01-01"], 0, id="since a day to come"),
    ],
)
def test_options_say_which(console: Console, failed: list[Run], options: list[str], runs: int) -> None:
    report = json.loads(console.run("retry_runs", "--dry-run", "--json", *options).out)
    assert len(report["failed"]) == runs


@pytest.mark.parametrize(
    "since", ["yesterday", "99999999d", "-1h", "nand", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"]
)
def test_a_time_that_is_none_is_named(console: Console, since: str) -> None:
    ended = console.run("retry_runs", f"--since={since}")
    assert ended.status
    assert f"{since!r} is neither a time nor a length of time" in ended.err
