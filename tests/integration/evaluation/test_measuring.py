"""`make eval` on a made-up course, with the real graph, index and embedding model."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation.measuring.__main__ import main

ROOT = Path(__file__).resolve().parents[3]
WALLS = "# Walls\n\nA cell wall protects the cell of a plant from bursting. It is made of cellulose.\n"
SALT = "# Salt\n\nSalt is a white crystal that people put on food. It dissolves in water.\n"
QUESTIONS = [
    {"id": "q1", "question": "What protects the cell of a plant?", "kind": "fact", "gold_module": "walls"},
    {
        "id": "q2",
        "question": "What is salt?",
        "kind": "definition",
        "gold_module": "salt.md",
        "answer": "Salt is a white crystal that people put on food.",
    },
    {
        "id": "q3",
        "question": "and in water?",
        "previous": "What is salt?",
        "kind": "follow-up",
        "gold_module": "salt.md",
    },
    {"id": "x1", "question": "Who won the battle of Hastings?", "kind": "history", "answerable": False},
]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    (folder / "plants").mkdir()
    (folder / "plants/walls.md").write_text(WALLS)
    (folder / "plants/salt.md").write_text(SALT)
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS))
    return folder


def measured(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "evaluation.measuring", "--material", str(folder / "plants")]
    command += ["--questions", str(folder / "own.jsonl"), "--out", str(folder / "out"), *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False, env=environment
    )


def test_a_folder_and_questions_become_a_report_and_a_baseline_whose_drops_are_told(course: Path) -> None:
    finished = measured(course, "--latency", "1", "--baseline", "store")
    assert finished.returncode == 0, finished.stderr
    report = json.loads((course / "out/report.json").read_text())
    (plants,) = report["trials"]
    own = plants["sets"]["own"]
    assert plants["documents"] == 2
    assert own["failed"] == 0
    assert own["retrieval"]["hit@1"]["value"] == 1.0
    assert own["definitions"]["first_sentence"]["value"] == 1.0
    assert plants["refusal"]["foreign_declined"]["value"] == 1.0
    cited = plants["citations"]
    assert cited["quotes"] > 0
    assert [cited[name] for name in ("unresolved", "not_verbatim", "of_another_course")] == [0, 0, 0]
    assert report["latency"]["wall"]["p95"] > 0
    assert "What students get" in (course / "out/report.md").read_text()
    assert (course / "out/retrieval.svg").read_text().startswith("<svg")
    with (course / "out/baselines/plants.csv").open() as file:
        stored = {row["id"]: row for row in csv.DictReader(file)}
    assert stored["q1"]["rank"] == "1"
    assert stored["x1"]["declined"] == "1"


def test_without_a_kit_and_a_course_it_says_what_to_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["eval", "--kit", str(tmp_path), "--out", str(tmp_path / "out")])
    assert main() == 2
    assert "holds no evaluation kit" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
