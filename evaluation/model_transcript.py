"""Ask the real service 20 questions while a server plays a language model that is good, sloppy and false; write what came of it.

Everything is started here, in a folder of its own and on free ports: Valkey, worker, web, and the model's server. The
model says what `model_answers.jsonl` has, also when it is asked to mend. Exit status 1 when a false sentence reached an
answer.
"""

import argparse
import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.asking import ask
from tests.model_server import Asked, Script, model_server
from tests.playground import ROOT, Playground, free_port

COURSE = "python_101"
ANSWERS = Path(__file__).with_name("model_answers.jsonl")
#: Kinds of sentences that a student may read.
TRUE = ("good", "loose")
_PASSAGE = re.compile(r"^passage (\S+) \(.*\)\n", re.MULTILINE)


@dataclass
class WithModel(Playground):
    """An installation whose language model is the given server."""

    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """Return its variables."""
        model = {"LLM_MODEL": "openai:scripted-1", "LLM_BASE_URL": f"{self.url}/v1"}
        return {**super().environment, **model, "DEFAULT_COURSE_ID": COURSE}


@dataclass
class Model:
    """Says for each question what its row has."""

    rows: list[dict[str, Any]]
    #: Sentences whose passage was not among those that the search found, by question.
    unfound: Counter[str] = field(default_factory=Counter)

    def think(self, asked: Asked) -> Script:
        """Answer a prompt."""
        row = next((one for one in self.rows if one["question"] in asked.user), None)
        if row is None or asked.tool in ("read", "reword"):
            question = row["question"] if row else "Python"
            return Script(
                value={"question": question, "query": question, "leans": False, "question_type": "simple"}
            )
        sentences = [
            {"text": one["text"], "passages": self._cited(one, asked.user, row)} for one in row["sentences"]
        ]
        return Script(value={"answerable": True, "question_type": "simple", "sentences": sentences})

    def _cited(self, sentence: dict[str, Any], prompt: str, row: dict[str, Any]) -> list[str]:
        parts = _PASSAGE.split(prompt)[1:]
        found = [name for name, text in zip(parts[::2], parts[1::2], strict=True) if sentence["from"] in text]
        if not sentence["from"]:
            return []
        self.unfound[row["question"]] += not found
        return found[:1] or ["0000"]


def main() -> None:
    """Start, ask, write, end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/llm-transcript.md"))
    out: Path = parser.parse_args().out
    rows = [json.loads(line) for line in ANSWERS.read_text().splitlines()]
    model = Model(rows)
    with model_server() as server, tempfile.TemporaryDirectory(prefix="lt") as folder:
        server.think = model.think
        place = WithModel(Path(folder), url=server.url)
        try:
            results = _asked(place, rows)
        finally:
            place.end()
    lines, tally = _written(rows, results, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(lines))
    print("\n".join(lines[:12]))
    print(f"transcript in {out}")
    if tally["false kept"]:
        raise SystemExit(1)


def _asked(place: Playground, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for command in (["migrate", "--verbosity", "0"], ["ingest_course", COURSE, str(ROOT / "demo" / COURSE)]):
        ended = place.manage(*command, timeout=300)
        if ended.returncode:
            raise SystemExit(f"manage.py {command[0]}: {ended.stderr}")
    place.valkey()
    place.worker("--concurrency=4")
    address = place.web(free_port())
    bodies = [ask(address, row["question"], COURSE, student_id="reader") for row in rows]
    return [body.get("result") or {"answer": body.get("error", ""), "sources": []} for body in bodies]


def _written(
    rows: list[dict[str, Any]], results: list[dict[str, Any]], model: Model
) -> tuple[list[str], Counter[str]]:
    tally, parts = Counter[str](), list[str]()
    for number, (row, result) in enumerate(zip(rows, results, strict=True), 1):
        answer = _bare(result["answer"])
        parts += [
            "",
            f"## {number}. {row['question']}",
            "",
            "| the model wrote | kind | reached the student |",
            "|---|---|---|",
        ]
        for one in row["sentences"]:
            kept = bool(result.get("llm", {}).get("wrote")) and _bare(one["text"]) in answer
            kind = "true" if one["kind"] in TRUE else "false"
            tally[f"{kind} {'kept' if kept else 'dropped'}"] += 1
            tally[f"{one['kind']}: {'kept' if kept else 'dropped'}"] += 1
            mark = "**yes: FALSE**" if kept and kind == "false" else "yes" if kept else "dropped"
            parts.append(f"| {one['text'].replace('|', '&#124;')} | {one['kind']} | {mark} |")
        share = result.get("llm") or {}
        parts += ["", "The student got:", "", *(f"> {line}" for line in result["answer"].splitlines()), ""]
        parts += [f"> {one['number']}. *{one['title']}*: “{one['quote']}”" for one in result["sources"]]
        parts += ["", f"confidence {result.get('confidence')}, degraded {result.get('degraded')}, written by the model:"
                  f" {share.get('wrote')}, dropped {share.get('dropped')}, calls {share.get('calls')},"
                  f" not among the passages: {model.unfound[row['question']]}"]  # fmt: skip
    head = [
        "# Answers through a language model",
        "",
        f"{len(rows)} questions; true sentences: {tally['true kept']} kept, {tally['true dropped']} dropped; "
        f"sentences that are false, uncited or cite another passage: {tally['false kept']} kept, "
        f"{tally['false dropped']} dropped.",
        "",
        *(f"- {name}: {count}" for name, count in sorted(tally.items()) if ":" in name),
        "",
        "FALSE SENTENCES REACHED A STUDENT."
        if tally["false kept"]
        else "No false sentence reached a student.",
    ]
    return [*head, *parts, ""], tally


def _bare(text: str) -> str:
    """Return a text without the numbers of its sources, in single blanks."""
    return " ".join(re.sub(r"\s*\[\d+\]", "", text).split())


if __name__ == "__main__":
    main()
