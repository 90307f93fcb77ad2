"""`run_graph`, and what `doctor` says of the graphs."""

import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lectern.base.settings import GraphSettings
from lectern.engine import finishing
from lectern.engine.domain.run import RunStatus
from lectern.entrypoints import graphs
from tests.engine_house import claim, succeed
from tests.integration.entrypoints.commands.conftest import Console
from tests.web_house import Pokes

OWN = Path(__file__).parents[1] / "own_graphs.py"


def _graph(name: str, file: Path = OWN) -> GraphSettings:
    return GraphSettings(
        name=name, place=f"./{file.name}:{name}", file=file, module=f"./{file.name}", variable=name
    )


@pytest.fixture
def own(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """An installation with three graphs, of which one is not there."""
    named = (_graph("uncompiled"), _graph("amade"), _graph("gone", Path("/nowhere.py")))
    console = Console(tmp_path, monkeypatch, graphs=named, graphs_unused=("auth",))
    console.lectern.__dict__["_dispatcher"] = Pokes()
    return console


def _end(own: Console, how: Any, *arguments: Any) -> None:
    """End the run that waits, as a worker would."""
    [run_id] = own.lectern.engine.queue.take_eligible("langgraph", 5)
    run = claim(run_id, uuid4(), "Executing LangGraph workflow", own.lectern.engine.runs)
    assert run is not None
    own.lectern.engine.runs.note(run.id, run.token or run.id, step="Saying hello")
    how(run, *arguments, own.lectern.engine.runs)


@pytest.fixture
def ended_by(own: Console, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the run end while the command waits for it, at its second look."""

    def prepare(how: Any, *arguments: Any) -> None:
        monkeypatch.setattr(graphs, "sleep", lambda _seconds: _end(own, how, *arguments))

    return prepare


def test_the_result_is_json_on_standard_output_and_the_rest_is_not(
    own: Console, ended_by: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ended_by(succeed, {"said": "HELLO ADA"})
    ended = own.run("run_graph", "uncompiled", "--input", '{"name": "Ada"}')
    assert (ended.status, json.loads(ended.out)) == (0, {"said": "HELLO ADA"})
    told = capsys.readouterr().err
    assert "Waiting for a worker" in told
    assert "No worker lives" in told


def test_a_run_that_fails_is_told_in_its_sentence(own: Console, ended_by: Any) -> None:
    ended_by(finishing.fail, "The model refused.", "failed")
    ended = own.run("run_graph", "uncompiled")
    assert (ended.status, ended.out) == (1, "")
    assert "The model refused." in ended.err


def test_what_is_not_waited_for_can_be_looked_at_and_ended(own: Console) -> None:
    run_id = json.loads(own.run("run_graph", "uncompiled", "--no-wait").out)["task_id"]
    looked = json.loads(own.run("run_graph", "--status", run_id).out)
    assert (looked["status"], looked["info"]["position"]) == ("PENDING", 1)
    assert json.loads(own.run("run_graph", "--cancel", run_id).out)["status"] == "REVOKED"
    assert own.run("run_graph", "--status", "none").status == 1


def test_the_end_of_waiting_leaves_the_run_and_says_how_to_go_on(
    own: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = own.run("run_graph", "uncompiled", "--timeout", "0.1")

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(graphs, "sleep", interrupt)
    stopped = own.run("run_graph", "uncompiled")
    assert "did not end within 0.1 seconds" in late.err
    for ended in (late, stopped):
        assert ended.status == 1
        assert "goes on. Look at it: python manage.py run_graph --status " in ended.err
    assert own.lectern.engine.counts() == {("langgraph", RunStatus.QUEUED): 2}


def test_input_comes_from_a_file_or_standard_input(
    own: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.json").write_text('{"from": "file"}')
    monkeypatch.setattr("sys.stdin", io.StringIO('{"from": "stdin"}'))
    for given in (f"@{tmp_path / 'in.json'}", "-"):
        run_id = json.loads(own.run("run_graph", "uncompiled", "--no-wait", "--input", given).out)["task_id"]
        assert graphs.find(run_id).input["from"] == ("file" if given != "-" else "stdin")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["uncompiled", "--input", "{"], "--input is not JSON", id="no JSON"),
        pytest.param(["uncompiled", "--input", "[1]"], "input must be an object, not a list", id="no object"),
        pytest.param(["uncompiled", "--input", "@/none"], "/none cannot be read", id="no file"),
        pytest.param(["uncompiled", "--input", "x" * 1_000_001], "more than 1000000 characters", id="long"),
        pytest.param(["uncompiled", "--input", "[" * 100_000], "--input is not JSON", id="deep"),
        pytest.param(["uncompiled", "--thread", ""], "thread_id must be a text of 1 to 200", id="thread"),
        pytest.param(["uncompiled", "--timeout", "nan"], "must be a number of seconds", id="timeout"),
        pytest.param(["other"], "names no graph 'other'. It names uncompiled, amade, gone.", id="unknown"),
        pytest.param([], "Name the graph to run. langgraph.json names: uncompiled, amade, gone.", id="no name"),
    ],
)  # fmt: skip
def test_wrong_arguments_submit_nothing(own: Console, arguments: list[str], says: str) -> None:
    ended = own.run("run_graph", *arguments)
    assert ended.status == 1
    assert says in ended.err
    assert not own.lectern.engine.counts()


def test_doctor_names_the_graphs_and_what_no_worker_could_run(own: Console) -> None:
    part = json.loads(own.run("doctor", "--json").out)["parts"]["graphs"]
    assert part["ok"] is False
    assert "names uncompiled, amade, gone. Not used here: its auth." in part["says"]
    assert (
        "The graph 'gone' (./nowhere.py:gone) cannot be used: there is no file /nowhere.py." in part["says"]
    )
    assert "retry_runs --code graph_unusable" in part["do"]
    assert "'uncompiled'" not in part["says"]
