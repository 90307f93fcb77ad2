"""The retrieval evaluation as it is run by `make eval`."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evaluation.retrieval", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


def test_a_missing_kit_is_a_sentence_and_exit_status_1(tmp_path: Path) -> None:
    finished = run("--kit", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out"))
    assert finished.returncode == 1
    assert "is missing: name the evaluation kit's folder with --kit" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_it_indexes_asks_and_hands_the_answers_to_the_scorer(tmp_path: Path) -> None:
    scorer = tmp_path / "eval" / "score.py"
    scorer.parent.mkdir()
    scorer.write_text("print('the scorer ran')")
    base = {
        "module": "m1",
        "module_title": "Cells",
        "section": "Walls > Kinds",
        "kind": "body",
        "anchors": [],
    }
    texts = ["A cell wall protects.", "Salt is white."]
    passages, questions = tmp_path / "passages.jsonl", tmp_path / "questions.jsonl"
    passages.write_text("".join(json.dumps({**base, "id": text[0], "text": text}) + "\n" for text in texts))
    questions.write_text(json.dumps({"id": "q1", "question": "What protects a cell?"}) + "\n")
    finished = run(
        *("--kit", str(tmp_path), "--passages", str(passages), "--questions", str(questions)),
        *("--out", str(tmp_path / "out")),
    )
    assert finished.returncode == 0, finished.stderr
    assert "the scorer ran" in finished.stdout
    answer = json.loads((tmp_path / "out" / "retrieval-questions.jsonl").read_text())
    assert answer["passages"][0] == {"text": texts[0], "module": "m1"}
