"""Ask a running service the kit's beginner questions, in their conversations, and a sample of foreign ones.

Writes every question with its answer, sources and confidence as Markdown, and prints how many beginner answers hold one
of the expected words and how many foreign questions were declined.
"""

import argparse
import json
import random
import time
import uuid
from pathlib import Path
from typing import Any

from evaluation.asking import ask

FOREIGN, SEED = 20, 1


def main() -> None:
    """Ask and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, default=Path("../shared/eval/questions"))
    parser.add_argument("--base-url", default="http://localhost:8000")
    parser.add_argument("--out", type=Path, default=Path("var/transcript.md"))
    args = parser.parse_args()
    lines: list[str] = []
    hits, declined_own, times = 0, 0, 0.0
    rows = [json.loads(line) for line in (args.kit / "beginner_python.jsonl").open()]
    for row in rows:
        result, seconds = _answer(args.base_url, row)
        hit = any(word.lower() in result["answer"].lower() for word in row["must_contain_any"])
        hits, times, declined_own = hits + hit, times + seconds, declined_own + result["declined"]
        lines += _entry(row, result, seconds, "" if hit else " · expected word missing")
    foreign = [json.loads(line) for line in (args.kit / "python_foreign.jsonl").open()]
    declined = 0
    for row in random.Random(SEED).sample(foreign, FOREIGN):
        result, seconds = _answer(args.base_url, row)
        declined += result["declined"]
        lines += _entry(row, result, seconds, "" if result["declined"] else " · NOT declined")
    args.out.write_text("\n".join(lines))
    print(
        f"beginner: {hits} of {len(rows)} hold an expected word, {declined_own} declined, mean {times / len(rows):.2f} s"
    )
    print(f"foreign (seed {SEED}): {declined} of {FOREIGN} declined; transcript in {args.out}")


def _answer(base_url: str, row: dict[str, Any]) -> tuple[dict[str, Any], float]:
    thread = str(uuid.uuid4())
    if row.get("previous"):
        ask(base_url, row["previous"], "python_101", student_id="reader", thread_id=thread)
    began = time.monotonic()
    body = ask(base_url, row["question"], "python_101", student_id="reader", thread_id=thread)
    if body["status"] != "SUCCESS":
        raise SystemExit(f"{row['question']!r} ended {body['status']}: {body.get('error')}")
    return body["result"], time.monotonic() - began


def _entry(row: dict[str, Any], result: dict[str, Any], seconds: float, mark: str) -> list[str]:
    asked = f"{row['previous']} → {row['question']}" if row.get("previous") else row["question"]
    sources = "; ".join(
        f"[{source['number']}] {source['title']} › {' › '.join(source['location']['heading_path'])}"
        for source in result["sources"]
    )
    facts = f"{result['question_type']} · confidence {result['confidence']:.2f} · {'declined · ' if result['declined'] else ''}{seconds:.2f} s{mark}"
    return [f"**{asked}**  ", f"{facts}  ", result["answer"], "", f"*{sources}*" if sources else "", ""]


if __name__ == "__main__":
    main()
