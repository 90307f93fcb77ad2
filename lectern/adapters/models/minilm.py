"""LangChain's `Embeddings` with all-MiniLM-L6-v2 on onnxruntime: fp32, on the CPU, nothing downloaded.

The model is loaded at the first use, not at construction: about 0.3 s and 70 MB of own memory; batches add
about 60 MB while they run (two calls at once 90) and give most of it back.
"""

import ctypes
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from lectern.adapters.models.minilm_files import open_model_files
from lectern.adapters.models.minilm_graph import DIMENSIONS, WORD_TABLE, graph_weights, load_graph
from lectern.base.text import whole
from lectern.base.threads import DaemonThreads
from lectern.tutor.errors import EmbeddingModelError

if TYPE_CHECKING:
    from tokenizers import Encoding

#: What the model was trained to read; more pieces of a text are ignored.
MAX_PIECES = 256

#: A batch is computed by one thread and holds at most this many word pieces, padding included: one long text. More is no
#: faster, and memory grows with the pieces of all batches at once: 512 instead of 256 cost 50 MB more at the peak.
BATCH_PIECES = 256

_M_MMAP_THRESHOLD = -3  # malloc.h

#: Questions whose embeddings are remembered, at 1.5 kB and the question's text each.
REMEMBERED_QUESTIONS = 64


class MiniLMEmbeddings(Embeddings):
    """Sentence embeddings of 384 numbers and length 1, for English texts of up to about 190 words.

    May be shared by threads, and may be made or used before a fork. `cache_dir` keeps the model's graph
    (22 kB); `threads` is the number of threads that compute the batches of one call. Every method raises
    `EmbeddingModelError` if the model's files are missing or damaged.
    """

    def __init__(self, cache_dir: Path, threads: int = 2) -> None:
        self._cache_dir = cache_dir
        self._threads = threads
        self._lock = Lock()
        #: By process: the child of a fork has its parent's session but not its threads, and must neither use
        #: nor free it, since both wait for those threads.
        self._models: dict[int, _Model] = {}
        #: The embeddings of the questions asked last.
        self._asked: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        #: Questions that were begun and not asked for yet, and the thread that embeds them; by process as well.
        self._begun: OrderedDict[tuple[int, str], Future[NDArray[np.float32]]] = OrderedDict()
        self._ahead: dict[int, DaemonThreads] = {}

    @property
    def name(self) -> str:
        """The model's name, under which vectors are stored."""
        return "all-MiniLM-L6-v2"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one embedding a text, as LangChain's port asks."""
        rows: list[list[float]] = self.embed(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """Return the embedding of a question, as LangChain's port asks.

        It is remembered for a while: the question is compared with what of it the course knows.
        """
        with self._lock:
            begun = self._begun.pop((os.getpid(), text), None)
        # What waits behind other questions is taken back, and not waited for.
        row = self._row(text) if begun is None or begun.cancel() else begun.result()
        with self._lock:
            self._asked[text] = row
            while len(self._asked) > REMEMBERED_QUESTIONS:
                self._asked.popitem(last=False)
        written: list[float] = row.tolist()
        return written

    def expect(self, text: str) -> None:
        """Begin to embed a question for which `embed_query` will be asked in a moment; that tells what goes wrong."""
        process = os.getpid()
        with self._lock:
            if text in self._asked or (process, text) in self._begun:
                return
            if process not in self._ahead:
                self._ahead[process] = DaemonThreads(1, "lectern-embedding")
            with suppress(RuntimeError):  # no thread to be had: then it is embedded when it is asked for
                self._begun[process, text] = self._ahead[process].submit(self._row, text)
            while len(self._begun) > REMEMBERED_QUESTIONS:
                self._begun.popitem(last=False)[1].cancel()

    def is_word(self, word: str) -> bool:
        """Return True when the model has `word` (lower case) whole among its 30,000 pieces: it is no typing error."""
        return self._loaded().is_word(word)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings of `texts`, float32, shape (texts, 384), each row of length 1."""
        with self._lock:
            known = {text: self._asked[text] for text in texts if text in self._asked}
        unknown = [text for text in texts if text not in known]
        computed = self._loaded().embed(unknown)
        if not known:
            return computed
        rest = iter(computed)
        return np.array([known[text] if text in known else next(rest) for text in texts], np.float32)

    def _row(self, text: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = self.embed([text])[0]
        return row

    def _loaded(self) -> "_Model":
        with self._lock:
            if os.getpid() not in self._models:
                self._models[os.getpid()] = _Model(self._cache_dir, self._threads)
            return self._models[os.getpid()]


class _Model:
    """The loaded model of one process: tokenizer, word table and onnxruntime session."""

    def __init__(self, cache_dir: Path, threads: int) -> None:
        from tokenizers import Tokenizer

        _keep_blocks_returnable()
        files = open_model_files()
        self._words = files.tensors[WORD_TABLE]
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.enable_truncation(MAX_PIECES)
        self._tokenizer.no_padding()
        # Kept as long as the session, which reads the weights in place.
        self._weights = graph_weights(files.tensors)
        self._session = _open_session(load_graph(cache_dir, files.tensors), self._weights)
        self._run_options = _shrinking()
        self._most_helpers = threads - 1
        self._helpers = DaemonThreads(max(1, threads - 1), "lectern-embedding-batch")

    def is_word(self, word: str) -> bool:
        return word.isalpha() and self._tokenizer.token_to_id(word) is not None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        # One by one: the tokenizer's own batches start a thread pool that does not survive a fork.
        encoded = [self._tokenizer.encode(whole(text)) for text in texts]
        result = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        todo = deque(_batches([len(text.ids) for text in encoded]))

        def work() -> None:
            try:
                while batch := _next(todo):
                    result[batch] = self._run([encoded[number] for number in batch])
            except BaseException:
                todo.clear()  # nobody needs the rest
                raise

        helpers = self._help(work, len(todo) - 1)
        try:
            work()
        finally:
            begun = [helper for helper in helpers if not helper.cancel()]
            wait(begun)
        for helper in begun:
            helper.result()
        return result

    def _help(self, work: Callable[[], None], most: int) -> list[Future[None]]:
        """Have other threads do some of the work; who asks does it too, and waits for none of them to begin."""
        helpers: list[Future[None]] = []
        with suppress(RuntimeError):  # no thread to be had
            while len(helpers) < min(most, self._most_helpers):
                helpers.append(self._helpers.submit(work))
        return helpers

    def _run(self, batch: "Sequence[Encoding]") -> NDArray[np.float32]:
        pieces = max(len(text.ids) for text in batch)
        ids = np.zeros((len(batch), pieces), dtype=np.int64)
        mask = np.zeros((len(batch), pieces), dtype=np.int64)
        for row, text in enumerate(batch):
            ids[row, : len(text.ids)] = text.ids
            mask[row, : len(text.ids)] = 1
        inputs = {"words": self._words[ids], "mask": mask}
        try:
            outputs = self._session.run(["embedding"], inputs, self._run_options)
        except Exception as exc:  # onnxruntime's errors share no public base class
            raise EmbeddingModelError(f"The embedding model failed on {len(batch)} texts: {exc}.") from exc
        embedding: NDArray[np.float32] = outputs[0]
        return embedding


def _open_session(graph: bytes, weights: dict[str, NDArray[np.float32]]) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread a run. Two wait for each other at each of 60 small steps: a question beside the search by words takes
    # half as long again, and two runs at once compute more passages a second than one on two threads.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.asarray(tensor)) for tensor in weights.values()]
    options.add_external_initializers(list(weights), values)
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime's errors share no public base class
        raise EmbeddingModelError(f"onnxruntime cannot load the embedding model: {exc}.") from exc


def _keep_blocks_returnable() -> None:
    """Have glibc map each block of 1 MB and more by itself, so that it goes back to the system when it is freed.

    By default glibc raises that size with each block that is freed, to 32 MB at most: then what a batch used stays with the
    process, 80 MB of it. That holds for the whole process, whatever `MALLOC_MMAP_THRESHOLD_` says. Another C library has its
    own ways.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 20)


def _shrinking() -> Any:
    """Options of a run that gives its working memory back at its end."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Cut the texts, longest first so that neighbours need little padding, into batches of positions."""
    order = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    while order:
        size = max(1, BATCH_PIECES // lengths[order[0]])
        yield order[:size]
        order = order[size:]


def _next(todo: deque[list[int]]) -> list[int]:
    """Take a batch, none when there is none; several threads may do so."""
    try:
        return todo.popleft()
    except IndexError:
        return []
