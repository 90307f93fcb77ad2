"""Measure retrieval on the evaluation kit: index its passages as given, ask its questions, run its scorer.

Uses the embedded index, the embedding model and the fusion of the product, with nothing in between.
`python -m evaluation.retrieval` needs the kit in ../shared or where --kit says.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.models.minilm import MiniLMEmbeddings
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from lectern.tutor.ports import Hit, PassageIndex
from lectern.tutor.retrieval.fusion import LEG_LIMIT, Ranked, alpha_for
from lectern.tutor.retrieval.ranking import rank
from lectern.tutor.retrieval.spelling import mended

ROOT = Path(__file__).resolve().parent.parent
COURSE_KEY = 1
BEST = 10
COURSE = "data/dev_course_micro/passages.jsonl"
QUESTION_SETS = ("micro_native", "micro_keywords", "micro_typos")


def main() -> int:
    """Run the evaluation and print the scorer's Markdown table; return the exit status."""
    options = _options()
    try:
        passages, modules = load_passages(options.passages)
        questions = [(path, read_jsonl(path)) for path in options.questions]
    except FileNotFoundError as exc:
        print(
            f"{exc.filename} is missing: name the evaluation kit's folder with --kit, or make eval KIT=folder.",
            file=sys.stderr,
        )
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    model = MiniLMEmbeddings(options.out / "models")
    with TemporaryDirectory() as folder:
        index = FtsPassageIndex(Path(folder) / "passages.sqlite3")
        index_passages(index, model, passages, options.out)
        for path, rows in questions:
            write_jsonl(
                _predictions(options.out, path), [_answer(index, model, row, modules) for row in rows]
            )
    return _score(options)


def load_passages(path: Path) -> tuple[list[Passage], dict[str, str]]:
    """Read the kit's passages as given, a module being a document; also return each passage's module by its id."""
    passages = []
    for module, rows in groupby(read_jsonl(path), key=itemgetter("module")):
        texts: list[str] = []
        for row in rows:
            passages.append(_to_passage(row, module, texts))
            texts.append(row["text"])
    return passages, {passage.id: passage.document for passage in passages}


def index_passages(
    index: PassageIndex, model: MiniLMEmbeddings, passages: Sequence[Passage], cache_folder: Path
) -> None:
    """Embed the passages (or take their vectors from an earlier run) and put them into course `COURSE_KEY`."""
    vectors = _cached_vectors(model, [passage.text for passage in passages], cache_folder)
    index.store_vectors(model.name, {p.text_sha: v for p, v in zip(passages, vectors, strict=True)})
    for document, of_document in groupby(passages, key=lambda passage: passage.document):
        index.replace_document(COURSE_KEY, document, model.name, list(of_document))


def retrieve(
    index: PassageIndex, model: MiniLMEmbeddings, query: str
) -> tuple[list[Ranked], list[Hit], list[Hit]]:
    """Ask both legs with the product's weights; return the fused ranking, keyword hits and vector hits."""
    kinds = (PassageKind.BODY, PassageKind.SUMMARY)
    query = mended(query, partial(index.spelled_like, COURSE_KEY), model.is_word)
    keywords = index.search_keywords(COURSE_KEY, query, LEG_LIMIT, kinds)
    vectors = (
        index.search_vectors(COURSE_KEY, model.name, model.embed([query])[0], LEG_LIMIT, kinds)
        if alpha_for(query)
        else []
    )
    return rank(query, keywords, vectors), keywords, vectors


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSONL."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--kit", type=Path, default=ROOT.parent / "shared", help="folder with eval/ and data/"
    )
    parser.add_argument("--passages", type=Path, help=f"default: {COURSE} of the kit")
    parser.add_argument(
        "--questions", type=Path, nargs="+", help=f"default: {', '.join(QUESTION_SETS)} of the kit"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "var" / "evaluation", help="predictions and cached vectors"
    )
    options = parser.parse_args()
    options.passages = options.passages or options.kit / COURSE
    questions = options.kit / "eval" / "questions"
    options.questions = options.questions or [questions / f"{name}.jsonl" for name in QUESTION_SETS]
    return options


def _to_passage(row: Mapping[str, Any], module: str, texts_before: Sequence[str]) -> Passage:
    text = row["text"]
    return Passage(
        id=passage_id(module, text, texts_before.count(text)),
        document=module,
        title=row["module_title"],
        ordinal=len(texts_before),
        text=text,
        kind=PassageKind(row["kind"]),
        heading_path=tuple(row["section"].split(" > ")) if row["section"] else (),
        anchor=row["anchors"][0] if row["anchors"] else "",
        start=sum(len(before) + 1 for before in texts_before),
        end=sum(len(before) + 1 for before in texts_before) + len(text),
    )


def _cached_vectors(model: MiniLMEmbeddings, texts: Sequence[str], folder: Path) -> NDArray[np.float32]:
    """Embed `texts`, about 40 a second on two cores, unless a file holds the vectors of these very texts."""
    key = sha256("\0".join([model.name, *texts]).encode()).hexdigest()[:16]
    path = folder / f"vectors-{key}.npy"
    if not path.exists():
        steps = range(0, len(texts), 64)
        vectors = [model.embed(texts[at : at + 64]) for at in tqdm(steps, desc="embedding", unit="batch")]
        np.save(path, np.concatenate(vectors))
    cached: NDArray[np.float32] = np.load(path)
    return cached


def _answer(
    index: PassageIndex, model: MiniLMEmbeddings, row: Mapping[str, Any], modules: Mapping[str, str]
) -> dict[str, Any]:
    """Ask one question, by its text alone, and return the kit's prediction row."""
    ranked, _, _ = retrieve(index, model, row["question"])
    best = [one.passage for one in ranked[:BEST]]
    return {"id": row["id"], "passages": [{"text": p.text, "module": modules[p.id]} for p in best]}


def _predictions(out: Path, questions: Path) -> Path:
    return out / f"retrieval-{questions.name}"


def _score(options: argparse.Namespace) -> int:
    """Let the kit's own scorer judge, against its BM25 where it has that baseline."""
    evaluation = options.kit / "eval"
    baselines = [evaluation / "baseline" / f"bm25_{path.name}" for path in options.questions]
    known = [path for path in baselines if path.exists()]
    command: list[str | Path] = [sys.executable, evaluation / "score.py", "--passages", options.passages]
    command += ["--questions", *options.questions, "--json", options.out / "retrieval.json"]
    command += ["--predictions", *(_predictions(options.out, path) for path in options.questions)]
    command += ["--baseline", *known] if known else []
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
