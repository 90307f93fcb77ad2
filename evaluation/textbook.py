"""Ingest a real textbook (CNXML) into a running service and ask it ten questions.

Prints each answer; exit status 1 if the ingest fails, or fewer than eight questions get an answer that cites the module
in which the book defines the term. Run by CI against `make run`.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path

from evaluation.asking import ask

COURSE = "python_textbook"
QUESTIONS, ENOUGH = 10, 8


def main() -> int:
    """Ingest, ask, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, default=Path("../shared"))
    parser.add_argument("--base-url", default="http://localhost:8000")
    args = parser.parse_args()
    began = time.monotonic()
    material = args.kit / "data/demo_course_python/raw_cnxml"
    ingest = subprocess.run(
        [sys.executable, "manage.py", "ingest_course", COURSE, str(material)], check=False
    )
    print(f"ingest_course ended with {ingest.returncode} after {time.monotonic() - began:.1f} s")
    rows = [json.loads(line) for line in (args.kit / "eval/questions/python_definitions.jsonl").open()]
    chosen = random.Random(1).sample(rows, QUESTIONS)
    right = sum(_asked(args.base_url, row["question"], row["gold_module"]) for row in chosen)
    print(f"{right} of {QUESTIONS} answers cite the module that defines the term")
    return int(ingest.returncode != 0 or right < ENOUGH)


def _asked(base_url: str, question: str, gold_module: str) -> bool:
    began = time.monotonic()
    result = ask(base_url, question, COURSE, student_id="ci")["result"]
    cited = [source["document"] for source in result["sources"]]
    hit = any(gold_module in document for document in cited)
    print(
        f"{'ok  ' if hit else 'MISS'} {time.monotonic() - began:.2f} s  {question}\n     {result['answer']}"
    )
    return hit


if __name__ == "__main__":
    sys.exit(main())
