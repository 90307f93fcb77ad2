"""Graphs of one's own, from Python: loaded, run by a worker of this process, and told of."""

import gc
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from lectern import bootstrap
from lectern.adapters.graphs import loading
from lectern.base.settings import GraphSettings
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import RunStatus
from lectern.engine.errors import RunFailed, UnknownRun, UnknownWorkload
from lectern.entrypoints.here import finish_here, worker_here
from lectern.entrypoints.http.errors import InvalidRequest
from lectern.runs import GraphRun, find_run, submit_graph
from tests.engine_house import InMemoryBroker
from tests.integration.entrypoints import own_graphs
from tests.web_house import Pokes

#: Imported above, so that LangGraph is there before any graph has to be loaded in time.
GRAPHS = Path(own_graphs.__file__)


def _named(variable: str, **changes: Any) -> GraphSettings:
    values = {"place": f"./own_graphs.py:{variable}", "file": GRAPHS, "module": "./own_graphs.py"}
    return GraphSettings(**{"name": variable, "variable": variable, **values, **changes})


@pytest.fixture
def here(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[bootstrap.Lectern]:
    variables = "uncompiled compiled made made_with amade remembering looking alooking asking stopping unstorable nothing"
    variables += " unfinished raising araising ending greedy absent"
    graphs = [
        *map(_named, variables.split()),
        _named("broken", file=tmp_path / "broken.py", module="./broken.py"),
        _named("beside", file=tmp_path / "beside.py", module="./beside.py", folders=(tmp_path / "src",)),
        _named("away", file=None, module="no_such_module"),
        _named("uncompiled", name="by_module", file=None, module="tests.integration.entrypoints.own_graphs"),
    ]
    tried = tmp_path / "tried"
    (tmp_path / "broken.py").write_text(
        f"with open({str(tried)!r}, 'a') as file: file.write('x')\nimport no_such_library\n"
    )
    (tmp_path / "beside.py").write_text("from helper_of_beside import compiled as beside\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/helper_of_beside.py").write_text(
        "from tests.integration.entrypoints.own_graphs import compiled\n"
    )
    yield _installed(monkeypatch, tmp_path, *graphs)
    with warnings.catch_warnings():  # a worker that stopped leaves its event loop to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _installed(monkeypatch: pytest.MonkeyPatch, var: Path, *graphs: GraphSettings) -> bootstrap.Lectern:
    """An installation whose workers know these graphs and no others; nothing is dispatched."""
    lectern = bootstrap.build(replace(settings.LECTERN, var_dir=var, graphs=graphs), broker=InMemoryBroker())
    for name in ("tutor", "indexing"):  # their graphs are no part of this, and take their time
        monkeypatch.delitem(lectern.engine.workloads, name)
    lectern.__dict__["_dispatcher"] = Pokes()
    monkeypatch.setattr(bootstrap, "_lectern_of", lambda pid: lectern)
    monkeypatch.setattr("sys.path", [*sys.path])
    return lectern


def test_messages_of_a_result_are_taken_as_the_history_of_the_next_run(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _installed(monkeypatch, tmp_path, _named("chatting"))
    said: list[dict[str, Any]] = []
    for question in ("Who?", "And then?"):
        given = {"messages": [*said, {"role": "user", "content": question}]}
        run = submit_graph("chatting", given, thread_id="t", owner="anna")
        _finish(run)
        said = run.result()["messages"]
    told = [(one["type"], one["content"]) for one in said]
    assert told == [
        ("human", "Who?"), ("ai", "1 before this"), ("human", "And then?"), ("ai", "3 before this"),
    ]  # fmt: skip
    assert len({one["id"] for one in said}) == 4


@pytest.mark.parametrize("prefix", ["", f"{own_graphs.__name__}."], ids=["name", "module and name"])
def test_a_graph_says_which_of_its_errors_are_worth_another_attempt(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    place = {"file": None, "module": own_graphs.__name__, "max_attempts": 2, "first_pause_seconds": 0.001}
    _installed(
        monkeypatch, tmp_path, _named("buying", **place, again=[f"{prefix}Busy"], never=[f"{prefix}Closed"])
    )
    runs = {name: submit_graph("buying", {"name": name}) for name in ("busy", "closed", "bug")}
    _finish(*runs.values())
    attempts = {name: bootstrap.lectern().engine.get(run.id).attempt for name, run in runs.items()}
    assert attempts == {"busy": 2, "closed": 1, "bug": 1}


def test_a_run_wakes_the_dispatch_of_its_own_queue_alone(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = _named("compiled"), _named("made", queue=Queues.EMBEDDINGS)
    here = _installed(monkeypatch, tmp_path, *graphs)
    pokes: Pokes = here.__dict__["_dispatcher"]
    for graph in graphs:
        submit_graph(graph.name, {})
        assert pokes.queues == [graph.queue]
        pokes.queues.clear()


def _finish(*runs: GraphRun) -> None:
    with worker_here(Queues.LANGGRAPH) as worker:
        for run in runs:
            finish_here(bootstrap.lectern().engine.get(run.id), worker)


@pytest.mark.parametrize(
    "name", ["uncompiled", "compiled", "made", "made_with", "amade", "by_module", "beside"]
)
def test_each_way_to_give_a_graph_runs_its_async_and_its_sync_nodes(
    here: bootstrap.Lectern, name: str
) -> None:
    run = submit_graph(name, {"name": "Ada"})
    assert run.status == "PENDING"
    _finish(run)
    result = run.result(timeout=0)
    assert (run.status, result["said"], result["raw"]) == ("SUCCESS", "HELLO ADA", "2030-01-02")
    assert [(one["type"], one["content"]) for one in result["messages"]] == [("ai", "!")]
    assert find_run(str(run.id)).info()["result"] == result


@pytest.mark.parametrize("name", ["looking", "alooking"])
def test_nodes_see_who_asked_and_what_was_given_with_it(here: bootstrap.Lectern, name: str) -> None:
    run = submit_graph(
        name,
        {},
        thread_id="t",
        owner="anna",
        context={"tone": "kind"},
        metadata={"ticket": 7, "run_id": "forged"},
    )
    plain = submit_graph(name, {})
    _finish(run, plain)
    known = {"graph_id": name, "run_id": str(run.id), "run_attempt": 1, "thread_id": "t", "user_id": "anna"}
    assert run.result()["seen"] == {**known, "ticket": 7, "context": None, "tone": "kind"}
    assert plain.result()["seen"]["tone"] is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("asking", "stopped to ask somebody (interrupt)", id="interrupt in a node"),
        pytest.param("stopping", "interrupt_before", id="interrupt at compiling"),
        pytest.param("unstorable", "`raw` is a bytes", id="no JSON"),
        pytest.param("nothing", "it is a int: a StateGraph is needed", id="no graph"),
        pytest.param("unfinished", "ValueError: ", id="no entry"),
        pytest.param("absent", "has no attribute 'absent'", id="no variable"),
        pytest.param("raising", "RuntimeError (own_graphs.py, line", id="function raises"),
        pytest.param("araising", "RuntimeError (own_graphs.py, line", id="coroutine raises"),
        pytest.param("ending", "SystemExit: 3 (own_graphs.py, line", id="function ends the process"),
        pytest.param("greedy", "more than one argument", id="function of two"),
        pytest.param("broken", "No module named 'no_such_library' (broken.py, line 2)", id="import"),
        pytest.param("away", "No module named 'no_such_module'", id="module"),
    ],
)
def test_what_cannot_be_run_fails_with_a_sentence_and_stops_nobody_else(
    here: bootstrap.Lectern, name: str, says: str
) -> None:
    run, other = submit_graph(name, {"name": "Ada"}), submit_graph("uncompiled", {"name": "Ben"})
    _finish(run, other)
    assert run.status == "FAILURE"
    assert says in run.info()["error"]
    assert "Traceback" not in run.info()["error"]
    with pytest.raises(RunFailed, match="graph"):
        run.result()
    assert other.result()["said"] == "HELLO BEN"
    assert here.engine.get(run.id).attempt == 1


def test_a_graph_that_does_not_come_does_not_hold_a_worker(
    here: bootstrap.Lectern, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _installed(monkeypatch, tmp_path, _named("hanging"), _named("ahanging"), _named("made"))
    runs = [submit_graph(name, {"name": "Ada"}) for name in ("hanging", "ahanging", "made")]
    with monkeypatch.context() as patch:
        patch.setattr(loading, "_LOADING_SECONDS", 0.3)
        _finish(*runs[:2])
    _finish(runs[2])
    assert [run.status for run in runs] == ["FAILURE", "FAILURE", "SUCCESS"]
    assert (
        "(./own_graphs.py:hanging) cannot be used: it was not there within 0 seconds."
        in runs[0].info()["error"]
    )


def test_a_graph_that_cannot_be_loaded_is_not_tried_for_every_run(
    here: bootstrap.Lectern, tmp_path: Path
) -> None:
    runs = [submit_graph("broken", {}) for _ in range(3)]
    _finish(*runs)
    assert {run.status for run in runs} == {"FAILURE"}
    assert (tmp_path / "tried").read_text() == "x"


def test_a_compiled_graph_keeps_what_it_was_compiled_with(here: bootstrap.Lectern) -> None:
    run = submit_graph("remembering", {})
    _finish(run)
    assert run.result()["said"] == "InMemoryStore"


def test_runs_of_one_thread_are_executed_in_their_order(here: bootstrap.Lectern) -> None:
    first, second = (submit_graph("uncompiled", {"name": name}, thread_id="t", owner="o") for name in "ab")
    with worker_here(Queues.LANGGRAPH) as worker:
        assert worker.run(second.id) is None
        finish_here(here.engine.get(second.id), worker)
    assert (first.status, second.status) == ("SUCCESS", "SUCCESS")


def test_options_of_a_graph_are_those_of_its_runs(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = _named("compiled", deadline_seconds=7, max_attempts=2, first_pause_seconds=40)
    lectern = _installed(monkeypatch, tmp_path, graph)
    run = lectern.engine.get(submit_graph("compiled", {}).id)
    assert (run.deadline_seconds, run.max_attempts, run.queue) == (7, 2, Queues.LANGGRAPH)
    retry = lectern.engine.workloads["compiled"].retry
    assert (retry.first_pause_seconds, retry.longest_pause_seconds) == (40, 40)


def test_a_cancelled_run_ends_and_its_result_says_so(here: bootstrap.Lectern) -> None:
    run = submit_graph("uncompiled", {})
    run.cancel()
    assert run.status == "REVOKED"
    with pytest.raises(RunFailed, match="cancelled"):
        run.result()


def test_waiting_for_a_result_ends_with_its_time(here: bootstrap.Lectern) -> None:
    run = submit_graph("uncompiled", {})
    with pytest.raises(TimeoutError, match=f"{run.id} did not end within 0.1 seconds"):
        run.result(timeout=0.1)
    assert here.engine.get(run.id).status is RunStatus.QUEUED


def _holding_itself() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param({"input": [1]}, "input must be an object, not a list", id="list"),
        pytest.param({"input": {"a": b"x"}}, "input holds what JSON has no form for", id="bytes"),
        pytest.param({"input": {"a": float("nan")}}, "input holds a number that is not finite", id="NaN"),
        pytest.param({"input": _holding_itself()}, "input ", id="endless"),
        pytest.param({"input": {"a": "\0"}}, "input holds a NUL", id="NUL"),
        pytest.param({"input": {"a": "x" * 1_000_001}}, "input must be at most 1000000 bytes", id="long"),
        pytest.param({"thread_id": ""}, "thread_id must be a text of 1 to 200", id="no thread"),
        pytest.param({"owner": "x" * 201}, "owner must be a text", id="owner"),
        pytest.param({"metadata": {"context": 1}}, "must not have the key 'context'", id="metadata"),
        pytest.param({"context": 3}, "context must be an object", id="context"),
    ],
)
def test_what_cannot_be_stored_is_refused_before_it_is_accepted(
    here: bootstrap.Lectern, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        submit_graph("uncompiled", **{"input": {}, **arguments})
    assert says in str(refused.value)
    assert not here.engine.counts()


@pytest.mark.parametrize("name", ["none", "tutor"])
def test_a_graph_that_is_not_named_is_told_those_that_are(
    here: bootstrap.Lectern, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(here.engine.workloads, "tutor", here.engine.workloads["made"])  # type: ignore[arg-type]  # a dict
    with pytest.raises(UnknownWorkload, match=r"names no graph '.*'\. It names uncompiled, compiled"):
        submit_graph(name, {})
    with pytest.raises(UnknownRun):
        find_run("none")
