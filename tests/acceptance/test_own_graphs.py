"""The page on own graphs, played as it is written: its files, its command, its Python."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playground import ROOT, Playground, free_port, playground

PAGE = (ROOT / "docs/how-to/run-your-own-graph.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
AGENT, PYTHON = [text for language, text in BLOCKS if language == "python"]
CONFIG, RESULT = [text for language, text in BLOCKS if language == "json"]
[COMMAND] = [text for language, text in BLOCKS if language == ""]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with playground(tmp_path_factory.mktemp("p")) as place:
        (place.var / "agent.py").write_text(AGENT)
        (place.var / "langgraph.json").write_text(CONFIG)
        place.langgraph_config = str(place.var / "langgraph.json")
        assert place.manage("migrate").returncode == 0
        place.valkey()
        place.worker()
        yield place


def test_the_page_works_as_written(place: Playground) -> None:
    assert len([line for line in AGENT.splitlines() if line]) <= 20
    program, *arguments = shlex.split(COMMAND)
    assert (program, arguments[0]) == ("python", "manage.py")
    ended = place.manage(*arguments[1:])
    assert (ended.returncode, json.loads(ended.stdout)) == (0, json.loads(RESULT)), ended.stderr
    assert "Saying hello" in ended.stderr
    assert place.python(PYTHON).split("\n")[:2] == ["PENDING", "HELLO ADA!"]


def test_a_graphs_status_is_served_over_http(place: Playground) -> None:
    ended = place.manage("run_graph", "greeter", "--input", '{"name": "Bo"}')
    run_id = ended.stderr.splitlines()[0].removeprefix("Run ")
    address = place.web(free_port())
    with urllib.request.urlopen(f"{address}/api/ai/tasks/{run_id}/status/", timeout=60) as reply:
        body = json.load(reply)
    assert (body["status"], body["result"]) == ("SUCCESS", {"name": "Bo", "greeting": "HELLO BO!"})


def test_who_only_submits_loads_neither_the_graph_nor_langgraph(place: Playground) -> None:
    code = "import django, sys\ndjango.setup()\nfrom lectern.runs import submit_graph\nsubmit_graph('greeter', {'name': 'Di'})\n"
    code += "print([name for name in sys.modules if name.startswith(('langgraph', 'graph_file'))])"
    # Not `place.python`: the process that it forks has LangGraph already.
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, cwd=ROOT, env=place.environment, text=True).strip() == "[]"


def test_ctrl_c_leaves_the_run_to_the_workers(place: Playground) -> None:
    (worker,) = place.processes[1:2]
    os.kill(worker.pid, signal.SIGSTOP)  # or it might be done before the signal comes
    command = [sys.executable, "manage.py", "run_graph", "greeter", "--input", '{"name": "Cy"}']
    process = subprocess.Popen(
        command, cwd=ROOT, env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    run_id = process.stderr.readline().strip().removeprefix("Run ")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    os.kill(worker.pid, signal.SIGCONT)
    assert process.returncode == 1
    assert f"Run {run_id} goes on." in told
    assert "Traceback" not in told
    code = f"from lectern.runs import find_run\nprint(find_run({run_id!r}).result(60)['greeting'])"
    assert place.python(code).strip() == "HELLO CY!"


def test_a_wrong_file_stops_every_start_with_a_sentence(place: Playground, tmp_path: Path) -> None:
    (tmp_path / "langgraph.json").write_text('{"graphs": {"greeter": {"path": "agent.py"}}}')
    wrong = Playground(place.var, langgraph_config=str(tmp_path / "langgraph.json"))
    for ended in (wrong.manage("list_courses"), wrong.celery("worker", "--queues=langgraph")):
        assert ended.returncode != 0
        assert 'graphs.greeter.path = "agent.py": expected "./file.py:variable"' in ended.stderr
        assert "Traceback" not in ended.stderr
