"""The evaluation kit's passages as given, in an index: what the confidence is fitted on."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lectern.adapters.models.minilm import MiniLMEmbeddings
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from lectern.tutor.ports import PassageIndex

ROOT = Path(__file__).resolve().parent.parent
COURSE_KEY = 1


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


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


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
