"""`langgraph.json`: what of it is used, and what a wrong value is answered with."""

import json
from pathlib import Path
from typing import Any

import pytest

from config import env, graphs


def _file(folder: Path, content: object) -> Path:
    path = folder / "langgraph.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def _one(spec: object) -> dict[str, Any]:
    return {"dependencies": ["."], "graphs": {"g": spec}}


def test_the_ecosystems_ways_to_name_a_graph_are_read(tmp_path: Path) -> None:
    named = {"a": "./src/a.py:graph", "b": "pack.b:make", "c": {"path": "c.py:graph", "description": "C"}}
    read = graphs.read(_file(tmp_path, {"dependencies": [".", "./src", "langchain-openai"], "graphs": named}))
    assert [(one.name, one.file, one.module, one.variable) for one in read.graphs] == [
        ("a", tmp_path / "src/a.py", "./src/a.py", "graph"),
        ("b", None, "pack.b", "make"),
        ("c", tmp_path / "c.py", "c.py", "graph"),
    ]
    assert read.graphs[0].folders == (tmp_path, tmp_path / "src")


def test_a_graphs_own_options_are_read(tmp_path: Path) -> None:
    options = {
        "deadline_seconds": 600,
        "max_attempts": 3,
        "retry": {
            "first_pause_seconds": 2,
            "longest_pause_seconds": 60.5,
            "again": ["a.Busy"],
            "never": ["Gone"],
        },
        "steps": {"think": "Thinking"},
    }
    [one] = graphs.read(_file(tmp_path, _one({"path": "a.py:g", "lectern": options}))).graphs
    assert (one.deadline_seconds, one.max_attempts, one.steps) == (600, 3, {"think": "Thinking"})
    assert (one.first_pause_seconds, one.longest_pause_seconds) == (2, 60.5)
    assert (one.again, one.never) == (["a.Busy"], ["Gone"])


def test_keys_of_the_ecosystem_that_have_no_effect_are_known(tmp_path: Path) -> None:
    content = {
        **_one("a.py:g"),
        "auth": {"path": "x"},
        "env": ".env",
        "python_version": "3.11",
        "store": None,
    }
    assert graphs.read(_file(tmp_path, content)).unused == ("auth", "env")


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        pytest.param("agent.py", 'graphs.g = "agent.py": expected "./file.py:variable"', id="no variable"),
        pytest.param("agent.ts:graph", 'graphs.g = "agent.ts:graph": expected "./file.py', id="TypeScript"),
        pytest.param("a b.c:graph", "graphs.g = ", id="no module"),
        pytest.param(7, "graphs.g = 7", id="number"),
        pytest.param({"description": "x"}, "graphs.g.path = null", id="no path"),
        pytest.param({"path": "a.py:g", "max_attempts": 3}, "graphs.g.max_attempts = 3: expected it within", id="beside"),
        pytest.param({"path": "a.py:g", "lectern": 3}, "graphs.g.lectern = 3: expected an object", id="no object"),
        pytest.param({"path": "a.py:g", "lectern": {"deadline": 3}}, "graphs.g.lectern.deadline = 3: expected one of the keys", id="unknown"),
        pytest.param({"path": "a.py:g", "lectern": {"deadline_seconds": 0}}, "deadline_seconds = 0: expected a number of seconds", id="deadline"),
        pytest.param({"path": "a.py:g", "lectern": {"deadline_seconds": True}}, "deadline_seconds = true", id="deadline true"),
        pytest.param({"path": "a.py:g", "lectern": {"max_attempts": 1.5}}, "max_attempts = 1.5: expected a whole number", id="attempts"),
        pytest.param({"path": "a.py:g", "lectern": {"retry": {"first_pause_seconds": "1"}}}, 'retry.first_pause_seconds = "1"', id="retry"),
        pytest.param(
            {"path": "a.py:g", "lectern": {"retry": {"first_pause_seconds": 9, "longest_pause_seconds": 8}}},
            "longest_pause_seconds = 8: expected at least first_pause_seconds, 9", id="pauses",
        ),
        pytest.param({"path": "a.py:g", "lectern": {"retry": {"again": "Busy"}}}, 'retry.again = "Busy": expected a list', id="again"),
        pytest.param({"path": "a.py:g", "lectern": {"retry": {"never": ["Busy()"]}}}, 'retry.never = ["Busy()"]: expected a list', id="never"),
        pytest.param({"path": "a.py:g", "lectern": {"retry": {"again": ["A", "B"], "never": ["B"]}}}, 'retry.never = "B": expected no class that', id="both"),
        pytest.param({"path": "a.py:g", "lectern": {"steps": {"n": 1}}}, 'steps = {"n": 1}: expected an object', id="steps"),
    ],
)  # fmt: skip
def test_each_wrong_value_is_named_with_file_graph_and_key(tmp_path: Path, spec: object, named: str) -> None:
    path = _file(tmp_path, _one(spec))
    with pytest.raises(env.WrongSettings) as stopped:
        graphs.read(path)
    assert f"{path}: " in str(stopped.value)
    assert named in str(stopped.value)


def test_every_wrong_value_is_named_at_once(tmp_path: Path) -> None:
    content = {"dependencies": ".", "graphs": {"tutor": "a.py:g", "b": 1}}
    with pytest.raises(env.WrongSettings) as stopped:
        graphs.read(_file(tmp_path, content))
    for key in ("dependencies", "graphs.tutor", "graphs.b"):
        assert f"{key} = " in str(stopped.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"graphs": []}',
        "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
        "[" * 10_000,
    ],
)
def test_a_file_that_is_no_such_file_stops_the_start_with_its_name(tmp_path: Path, text: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(env.WrongSettings, match=str(path)):
        graphs.read(path)


def test_a_named_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(env.WrongSettings, match=r"LANGGRAPH_CONFIG = .*expected a file that is there"):
        env.read({"LANGGRAPH_CONFIG": str(tmp_path / "langgraph.json")})
