"""How often does a hint hold the answer? Ask the labelled questions of a course in the mode "hint", without a language model.

Counts the hints that hold more than half, and more than a third, of the gold answer's telling words, those of the question
left out, and those that hold a whole run of five of its words. Reported beside the same numbers for plain answers.
"""

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evaluation.calibrating.asking import Asker
from evaluation.measuring.material import read_passages
from evaluation.measuring.questions import Question, read_questions
from lectern.tutor.answering.matching import tokens
from lectern.tutor.answering.wording import plain, telling
from lectern.tutor.confidence.model import load_confidence_model
from lectern.tutor.domain.answer import Mode

_ROOT = Path(__file__).resolve().parents[1]
_RUN_WORDS = 5


def main() -> None:
    """Ask, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, default=_ROOT.parent / "shared")
    parser.add_argument(
        "--course", default="demo_course_python", help="folder of the course in the kit's data"
    )
    parser.add_argument("--questions", default="python_definitions")
    parser.add_argument("--out", type=Path, default=_ROOT / "var" / "evaluation", help="cached vectors")
    parser.add_argument("--show", type=int, default=0, help="hints to print")
    args = parser.parse_args()
    material = read_passages(args.kit / "data" / args.course / "passages.jsonl")
    asked = read_questions(args.kit / f"eval/questions/{args.questions}.jsonl").questions
    questions = [question for question in asked if question.answer]
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asker = Asker(Path(folder), args.out)
        context = asker.context("course", material, load_confidence_model())
        for mode in (Mode.HINT, Mode.ANSWER):
            results = [asker.state(one.question, context, mode=mode.value)["result"] for one in questions]
            _report(mode, questions, results)
            for one, result in list(zip(questions, results, strict=True))[
                : args.show if mode is Mode.HINT else 0
            ]:
                print(f"\n{one.question}\n  gold: {one.answer}\n  hint: {result['answer']}")


def _report(mode: Mode, questions: list[Question], results: list[dict[str, Any]]) -> None:
    given = [
        (one, _shown(result))
        for one, result in zip(questions, results, strict=True)
        if not result["declined"]
    ]
    shares = [_share(one.answer, one.question, text) for one, text in given]
    runs = sum(_holds_run(one.answer, text) for one, text in given)
    counts = {
        "more than half": sum(share > 1 / 2 for share in shares),
        "more than a third": sum(share > 1 / 3 for share in shares),
        f"a run of {_RUN_WORDS} words": runs,
    }
    told = ", ".join(f"{what}: {count} ({count / max(1, len(given)):.3f})" for what, count in counts.items())
    print(f"{mode.value}: {len(given)} of {len(questions)} not declined; of the gold answer {told}")


def _shown(result: dict[str, Any]) -> str:
    """Return all that a student is shown: the text and the quotes."""
    return "\n".join([result["answer"], *(source["quote"] for source in result["sources"])])


def _share(gold: str, question: str, text: str) -> float:
    wanted = _told([gold]) - _told([question])
    return len(wanted & _told([text])) / len(wanted) if wanted else 0.0


def _told(texts: Iterable[str]) -> set[str]:
    return {token.word for text in texts for token in telling(plain(text))}


def _holds_run(gold: str, text: str) -> bool:
    words, there = tokens(gold), f" {' '.join(tokens(text))} "
    runs = [words[at : at + _RUN_WORDS] for at in range(max(1, len(words) - _RUN_WORDS + 1))]
    return any(f" {' '.join(run)} " in there for run in runs)


if __name__ == "__main__":
    main()
