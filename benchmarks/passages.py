"""Measure a passage index of 50,000 passages in 20 courses: bringing them in, a question's retrieval, leaks, size, memory.

`python -m benchmarks.passages` measures the embedded index in an empty VAR_DIR; with WEAVIATE_URL and WEAVIATE_API_KEY a
Weaviate, from which its courses are removed at the end. `--courses 1` puts all into one course. Courses have near names
and the same passages, each with a word on whose it is. Texts are replicas of a textbook's, of the demo course's without the
kit; vectors are sums of a random one for each word, so that nothing is embedded. Questions are asked by a process of its
own, which has brought nothing in. Where the Weaviate does not answer it ends with status 2: its standby is not measured.
"""

import argparse
import gc
import json
import multiprocessing
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Any
from zlib import crc32

import numpy as np

from benchmarks.answering import PATIENCE_SECONDS, MustAnswer, stopping
from benchmarks.concepts import NEAR
from lectern.base.grouping import together
from lectern.tutor.domain.course import answerable_kinds
from lectern.tutor.domain.passage import Passage, passage_id
from lectern.tutor.ingest.planning import BATCH_PASSAGES
from lectern.tutor.ports.passages import TOGETHER_PASSAGES, PassageIndex, Vector
from lectern.tutor.retrieval.fusion import LEG_LIMIT, fuse

MODEL, DIMENSIONS = "benchmark", 384
KINDS = answerable_kinds(from_exercises=False)
ROOT = Path(__file__).resolve().parents[1]
#: The textbook of the evaluation kit, and what there is without it.
KIT, DEMO = ROOT.parent / "shared" / "data" / "dev_course_micro", ROOT / "demo" / "python_101"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked in every course."""

    text: str
    vector: Vector


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=50_000, help="in all courses together")
    parser.add_argument("--courses", type=int, default=20, choices=range(1, len(NEAR) + 1), metavar="1-20")
    parser.add_argument("--calls", type=int, default=1000, help="questions that are timed")
    parser.add_argument(
        "--leaks", type=int, default=10_000, help="questions whose passages' courses are looked at"
    )
    parser.add_argument("--replaced", type=int, default=100, help="documents that are replaced")
    parser.add_argument("--data", type=Path, help="the folder of a server's data, for its size")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lectern-") as var, stopping():
        os.environ |= {
            "VAR_DIR": var,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "OPENBLAS_NUM_THREADS": "1",
        }
        _measure(asked, Path(var))


def _measure(asked: argparse.Namespace, var: Path) -> None:
    index = _index(migrate=True)
    from lectern.adapters.sql.courses import SqlCourses
    from lectern.adapters.weaviate.index import SETTLING_SECONDS

    base, questions = _texts()
    keys = {name: SqlCourses().add(name, name).key for name in NEAR[: asked.courses]}
    each = asked.passages // asked.courses
    size_before, memory_before = _size(asked.data or var), _memory("VmRSS")
    watch = Watch()
    for number, (name, key) in enumerate(keys.items()):
        bring_in(index, key, replicas(base, name, each), random.Random(asked.seed + number), watch)
    count = each * len(keys)
    _row("index", "Weaviate" if os.environ.get("WEAVIATE_URL") else "embedded", "", "")
    _row("passages, courses", f"{count}", f"{len(keys)}", "")
    _row(
        "brought in, embedding left out, passages/s: passed, CPU",
        f"{count / watch.seconds:.0f}",
        f"{count / watch.cpu:.0f}",
        "",
    )
    if os.environ.get("WEAVIATE_URL"):
        _row("by Weaviate alone, its vectors given, passages/s", f"{_alone(base):.0f}", "", "")
    _row("memory while bringing in, MB above before: peak", f"{_memory('VmHWM') - memory_before:.0f}", "", "")
    size = _size(asked.data or var) - size_before
    _row("disk: MB, kB a passage", f"{size / 1e6:.0f}", f"{size / 1e3 / count:.2f}", "")
    if os.environ.get("WEAVIATE_URL"):
        time.sleep(SETTLING_SECONDS)  # what was just written costs more
    with multiprocessing.get_context("spawn").Pool(1) as asking:
        asking.apply(ask_all, (asked, keys, questions))
    chance = random.Random(asked.seed)
    prepared = iter([_changed(keys, base, each, chance) for _ in range(asked.replaced)])
    _time("document replaced, its vectors stored", lambda: _replace(index, *next(prepared)), asked.replaced)
    if os.environ.get("WEAVIATE_URL"):
        for name, key in keys.items():
            for document in {passage.document for passage in replicas(base, name, each)}:
                index.remove_document(key, document)


def ask_all(asked: argparse.Namespace, keys: dict[str, int], questions: Sequence[Question]) -> None:
    """Time questions and look for leaks, in a process of its own whose memory is told too."""
    index, chance = _index(), random.Random(asked.seed)
    gc.collect()
    before = _memory("VmRSS")
    firsts = iter(keys.values())
    _time("first question of a course", lambda: retrieve(index, next(firsts), questions[0]), len(keys))
    _row("memory with all courses asked, MB above before: now, peak",
         f"{_memory('VmRSS') - before:.0f}", f"{_memory('VmHWM') - before:.0f}", "")  # fmt: skip

    def picked() -> tuple[int, Question]:
        return chance.choice(list(keys.values())), chance.choice(questions)

    _time("question, courses in turns", lambda: retrieve(index, *picked()), asked.calls)
    _time("its keyword leg", lambda: _keywords(index, *picked()), asked.calls)
    _time("its vector leg", lambda: _vectors(index, *picked()), asked.calls)
    _time("spelling of a word", lambda: _spelling(index, picked()[0], chance.choice(questions)), asked.calls)
    leaks = 0
    for _ in range(asked.leaks):
        name = chance.choice(list(keys))
        found = retrieve(index, keys[name], chance.choice(questions))
        leaks += any(not one.passage.text.endswith(_whose(name)) for one in found)
    _row(f"answers with another course's passage, of {asked.leaks}", f"{leaks}", "", "")
    _row("memory after that, MB above before: now, peak",
         f"{_memory('VmRSS') - before:.0f}", f"{_memory('VmHWM') - before:.0f}", "")  # fmt: skip


@dataclass
class Watch:
    """How long an index took, and how much of this process's CPU."""

    seconds: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count while the block runs."""
        began, began_cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - began
        self.cpu += time.process_time() - began_cpu


def bring_in(
    index: PassageIndex, key: int, passages: Iterator[Passage], chance: random.Random, watch: Watch
) -> None:
    """Store vectors batch by batch and put documents in as an ingest does."""
    documents: dict[str, list[Passage]] = {}
    while batch := list(islice(passages, BATCH_PASSAGES)):
        vectors = {passage.text_sha: vector_of(passage.text) for passage in batch}
        with watch.running():
            missing = index.missing_vectors(MODEL, vectors)
            index.store_vectors(MODEL, {sha: vectors[sha] for sha in missing})
        for passage in batch:
            documents.setdefault(passage.document, []).append(passage)
    names = chance.sample(sorted(documents), len(documents))
    for group in together(names, lambda name: len(documents[name]), TOGETHER_PASSAGES):
        with watch.running():
            index.replace_documents(key, MODEL, {name: documents[name] for name in group})


_legs = ThreadPoolExecutor(1)


def _alone(base: Sequence[Passage]) -> float:
    """Return how many passages a second Weaviate takes in, without the host's file and the store of vectors."""
    from lectern.adapters.sql.courses import SqlCourses
    from lectern.bootstrap import IN_WEAVIATE, lectern

    standby = lectern().passages.stores[IN_WEAVIATE]
    key, documents = SqlCourses().add("alone", "alone").key, dict[str, list[Passage]]()
    for passage in replicas(base, "alone", min(len(base), 2500)):
        documents.setdefault(passage.document, []).append(passage)
    vectors = {one.text_sha: vector_of(one.text) for some in documents.values() for one in some}
    watch = Watch()
    for group in together(documents, lambda name: len(documents[name]), TOGETHER_PASSAGES):
        with watch.running():
            standby.server.put_documents(key, MODEL, {name: documents[name] for name in group}, vectors)
    standby.server.remove_course(key)
    return len(vectors) / watch.seconds


def retrieve(index: PassageIndex, key: int, question: Question) -> list[Any]:
    """Do both legs at once, as a question does, and fuse them."""
    by_meaning = _legs.submit(_vectors, index, key, question)
    return list(fuse(_keywords(index, key, question), by_meaning.result(), alpha=0.5))


def _keywords(index: PassageIndex, key: int, question: Question) -> list[Any]:
    return index.search_keywords(key, question.text, LEG_LIMIT, KINDS)


def _vectors(index: PassageIndex, key: int, question: Question) -> list[Any]:
    return index.search_vectors(key, MODEL, question.vector, LEG_LIMIT, KINDS)


def _spelling(index: PassageIndex, key: int, question: Question) -> None:
    index.spelled_like(key, max(question.text.split(), key=len).lower())


def _changed(
    keys: dict[str, int], base: Sequence[Passage], each: int, chance: random.Random
) -> tuple[int, list[Passage], dict[str, Vector]]:
    """Return a course's key, a document of it whose texts have all changed, and their vectors."""
    name = chance.choice(list(keys))
    document = chance.choice(base[: min(each, len(base))]).document
    texts = [one for one in base if one.document == document]
    changed = [_replica(one, name, 0, f" Changed {chance.random()}.") for one in texts]
    return keys[name], changed, {one.text_sha: vector_of(one.text) for one in changed}


def _replace(index: PassageIndex, key: int, changed: list[Passage], vectors: dict[str, Vector]) -> None:
    index.store_vectors(MODEL, vectors)
    index.replace_documents(key, MODEL, {changed[0].document: changed})


# --- what is brought in -----------------------------------------------------------------------------------------------


def replicas(base: Sequence[Passage], course: str, count: int) -> Iterator[Passage]:
    """Yield a course's passages: the base once, and again under other names of documents until there are `count`."""
    return (_replica(base[number % len(base)], course, number // len(base)) for number in range(count))


def _replica(passage: Passage, course: str, copy: int, more: str = "") -> Passage:
    document = passage.document if not copy else f"{passage.document}-{copy}"
    text = f"{passage.text}{more} Copy {copy}{_whose(course)}"
    return replace(passage, id=passage_id(document, text, 0), document=document, text=text,
                   end=passage.start + len(text))  # fmt: skip


def _whose(course: str) -> str:
    return f" for {course}."


def vector_of(text: str) -> Vector:
    """Return the direction of a text's words, each a random one of its own."""
    found = np.sum([_of_word(word) for word in re.findall(r"\w+", text.lower())] or [_of_word("")], axis=0)
    vector: Vector = (found / np.linalg.norm(found)).astype(np.float32)
    return vector


@cache
def _of_word(word: str) -> Vector:
    return np.random.default_rng(crc32(word.encode())).standard_normal(DIMENSIONS).astype(np.float32)


def _texts() -> tuple[list[Passage], list[Question]]:
    """Return passages without two of one text, and questions."""
    from evaluation.measuring.material import read_files, read_passages

    if KIT.is_dir():
        passages = read_passages(KIT / "passages.jsonl").passages
        rows = (KIT / "native_questions.jsonl").read_text().splitlines()
        asked = [json.loads(row)["question"] for row in rows]
    else:
        passages = read_files([DEMO]).passages
        asked = [" ".join(passage.text.split()[:12]) for passage in passages]
    passages = list({passage.text: passage for passage in passages}.values())
    return passages, [Question(text=text, vector=vector_of(text)) for text in asked]


# --- what is told -----------------------------------------------------------------------------------------------------


def _index(*, migrate: bool = False) -> PassageIndex:
    import django

    django.setup()
    if migrate:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print("| what | p50 ms, or as told | p95 ms | longest ms |\n|---|---|---|---|")
    from lectern.bootstrap import IN_WEAVIATE, lectern

    here = lectern()
    if here.weaviate:
        here.weaviate.read_seconds = PATIENCE_SECONDS
        here.weaviate.check()
        standby = here.passages.stores[IN_WEAVIATE]
        standby.server = MustAnswer(standby.server)
        if migrate:
            here.passages.serve(IN_WEAVIATE)
    return here.tutor.indexing.index


def _time(what: str, call: Callable[[], object], calls: int) -> None:
    taken = []
    for _ in range(calls):
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    cut = quantiles(taken, n=20, method="inclusive") if len(taken) > 1 else taken * 19
    _row(what, f"{cut[9]:.1f}", f"{cut[18]:.1f}", f"{max(taken):.1f}")


def _row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def _memory(name: str) -> float:
    """Return a line of this process's status in MB: VmRSS is what it has now, VmHWM the most it ever had."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1]) / 1000


def _size(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
