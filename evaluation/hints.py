"""How often does a hint hold the answer? Ask the labelled questions of a course in the mode "hint", without a language model.

Counts the hints that hold more than half, and more than a third, of the gold answer's telling words, those of the question
left out, and those that hold a whole run of five of its words. Reported beside the same numbers for plain answers.
"""

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evaluation.retrieval import ROOT, index_passages, load_passages, read_jsonl
from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.models.minilm import MiniLMEmbeddings
from lectern.tutor.answering.matching import tokens
from lectern.tutor.answering.wording import plain, telling
from lectern.tutor.confidence.model import load_confidence_model
from lectern.tutor.domain.answer import Mode
from lectern.tutor.graph.build import build_graph
from lectern.tutor.graph.context import TutorContext

_RUN_WORDS = 5
_COURSE = {"id": "c", "key": 1, "title": "The course", "answer_from_exercises": False}


def main() -> None:
    """Ask, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, default=ROOT.parent / "shared")
    parser.add_argument(
        "--course", default="demo_course_python", help="folder of the course in the kit's data"
    )
    parser.add_argument("--questions", default="python_definitions")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "evaluation", help="cached vectors")
    parser.add_argument("--show", type=int, default=0, help="hints to print")
    args = parser.parse_args()
    passages, _ = load_passages(args.kit / "data" / args.course / "passages.jsonl")
    rows = [
        row for row in read_jsonl(args.kit / f"eval/questions/{args.questions}.jsonl") if row.get("answer")
    ]
    with tempfile.TemporaryDirectory() as folder:
        model = MiniLMEmbeddings(args.out / "models")
        index = FtsPassageIndex(Path(folder) / "passages.sqlite3")
        index_passages(index, model, passages, args.out)
        context = TutorContext(
            index=index,
            embeddings=model,
            model=model.name,
            confidence=load_confidence_model(),
            is_word=model.is_word,
        )
        graph = build_graph().compile()
        for mode in (Mode.HINT, Mode.ANSWER):
            results = [_asked(graph, row["question"], mode, context) for row in rows]
            _report(mode, rows, results)
            for row, result in list(zip(rows, results, strict=True))[: args.show if mode is Mode.HINT else 0]:
                print(f"\n{row['question']}\n  gold: {row['answer']}\n  hint: {result['answer']}")


def _asked(graph: Any, question: str, mode: Mode, context: TutorContext) -> dict[str, Any]:
    asked: Any = {"question": question, "course": _COURSE, "history": [], "mode": mode.value}
    result: dict[str, Any] = graph.invoke(asked, context=context)["result"]
    return result


def _report(mode: Mode, rows: list[dict[str, Any]], results: list[dict[str, Any]]) -> None:
    given = [
        (row, _shown(result)) for row, result in zip(rows, results, strict=True) if not result["declined"]
    ]
    shares = [_share(row["answer"], row["question"], text) for row, text in given]
    runs = sum(_holds_run(row["answer"], text) for row, text in given)
    counts = {
        "more than half": sum(share > 1 / 2 for share in shares),
        "more than a third": sum(share > 1 / 3 for share in shares),
        f"a run of {_RUN_WORDS} words": runs,
    }
    told = ", ".join(f"{what}: {count} ({count / max(1, len(given)):.3f})" for what, count in counts.items())
    print(f"{mode.value}: {len(given)} of {len(rows)} not declined; of the gold answer {told}")


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
