"""LangChain's `Embeddings` with any provider that `init_embeddings` knows. Its client is loaded at the first use."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any, TypeVar

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from lectern.adapters.models.provider_errors import Failure, Fault, failure_of
from lectern.tutor.errors import EmbeddingModelAway, EmbeddingModelBusy, EmbeddingModelError

T = TypeVar("T")

#: OpenAI's client insists on a key; a server of one's own may have none.
_NO_KEY = "none"
#: One request: far below every provider's limits (Google takes 100 texts, OpenAI 2,048 of together 300,000 tokens).
BATCH_TEXTS, BATCH_CHARACTERS = 64, 200_000
#: The longest text: models read 2,000 to 8,000 tokens, and servers refuse or cut the rest. A passage has some 700.
TEXT_CHARACTERS = 8_000


class HostedEmbeddings(Embeddings):
    """Embeddings of a provider, scaled to length 1. `name` is "provider:model"; may be shared by threads.

    Every method raises `EmbeddingModelError`, or its children where trying again may help; none shows a key or a text.
    """

    def __init__(self, name: str, *, api_key: str, base_url: str, timeout_seconds: float) -> None:
        self._name, self._api_key, self._base_url = name, api_key, base_url
        self._timeout = timeout_seconds
        self._lock = Lock()
        self._client: Embeddings | None = None

    @property
    def name(self) -> str:
        """Provider and model, under which vectors are stored."""
        return self._name

    def load(self) -> None:
        """Load the provider's client now: it takes seconds."""
        with _mapped_errors(self._name):  # what a client says of its options may show the key
            self._loaded()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one embedding a text. One without any letter is not sent, which providers refuse: it is all zeros."""
        told = [place for place, text in enumerate(texts) if text.strip()]
        batches = [
            self._embed([texts[place][:TEXT_CHARACTERS] for place in batch])
            for batch in _batches(texts, told)
        ]
        if len({vectors.shape[1] for vectors in batches}) > 1:
            raise self._wrong("vectors of different lengths in one go")
        rows = np.zeros((len(texts), batches[0].shape[1] if batches else 1), np.float32)
        if told:
            rows[told] = np.concatenate(batches)
        written: list[list[float]] = rows.tolist()
        return written

    def embed_query(self, text: str) -> list[float]:
        """Return the embedding of a question, which some models embed otherwise than a passage."""
        row: list[float] = self._embed([text[:TEXT_CHARACTERS]], asks=True)[0].tolist()
        return row

    def _embed(self, texts: list[str], *, asks: bool = False) -> NDArray[np.float32]:
        with _mapped_errors(self._name):
            client = self._loaded()
            answered: Any = within(
                self._timeout,
                lambda: [client.embed_query(texts[0])] if asks else client.embed_documents(texts),
            )
        if not isinstance(answered, list) or len(answered) != len(texts):
            raise self._wrong(f"another number of vectors than the {len(texts)} texts")
        try:
            vectors = np.asarray(answered, np.float32)
        except (TypeError, ValueError):
            raise self._wrong("vectors that are no rows of numbers of one length") from None
        if vectors.ndim != 2 or not vectors.shape[1]:
            raise self._wrong("vectors that are no rows of numbers of one length")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise self._wrong("vectors that are zero or not finite")
        scaled: NDArray[np.float32] = vectors / lengths
        return scaled

    def _wrong(self, what: str) -> EmbeddingModelError:
        return EmbeddingModelError(
            f"The embedding model {self._name} gave {what}.",
            hint="Is the server at EMBEDDING_BASE_URL one of embeddings, and EMBEDDING_MODEL a model of them?",
        )

    def _loaded(self) -> Embeddings:
        with self._lock:
            if self._client is None:
                # Imported late: LangChain and a provider's client take seconds and 60 MB.
                from langchain.embeddings import init_embeddings

                self._client = init_embeddings(self._name, **self._options())
            return self._client

    def _options(self) -> dict[str, Any]:
        provider = self._name.partition(":")[0]
        options: dict[str, Any] = {"base_url": self._base_url} if self._base_url else {}
        if provider == "ollama":
            return {**options, "client_kwargs": {"timeout": self._timeout}}
        options["api_key"] = self._api_key or _NO_KEY
        if provider == "google_genai":
            return options
        # One try: the engine tries again, without holding a worker meanwhile. Without the check of lengths the client
        # sends texts as they are; with it, it would download a table of tokens first.
        options |= {"timeout": self._timeout, "max_retries": 0, "check_embedding_ctx_length": False}
        return {**options, "chunk_size": BATCH_TEXTS}


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns; raise `TimeoutError` after `seconds`.

    A client bounds the pause between two bytes, Google's nothing at all. The call has a thread of its own, which is left
    behind when it is late: it ends with the connection or the process.
    """
    answered: Future[T] = Future()

    def work() -> None:
        try:
            answered.set_result(call())
        except BaseException as exc:  # whoever waits raises it
            answered.set_exception(exc)

    Thread(target=work, name="lectern-embedding", daemon=True).start()
    return answered.result(seconds)


def _batches(texts: Sequence[str], places: Sequence[int]) -> Iterator[list[int]]:
    """Yield the places of texts that go into one request, in order."""
    batch: list[int] = []
    characters = 0
    for place in places:
        size = min(len(texts[place]), TEXT_CHARACTERS)
        if batch and (len(batch) == BATCH_TEXTS or characters + size > BATCH_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(place)
        characters += size
    if batch:
        yield batch


@contextmanager
def _mapped_errors(model: str) -> Iterator[None]:
    """Turn whatever a call of `model` raises into one of our errors."""
    try:
        yield
    except Exception as exc:
        # No `from exc`: a traceback would print what the provider said.
        raise _mapped(failure_of(exc, model)) from None


def _mapped(failure: Failure) -> EmbeddingModelError:
    told: dict[str, Any] = {"reason": failure.reason, "status": failure.status}
    sentence = f"({failure.reason})."
    match failure.fault:
        case Fault.REFUSES:
            return EmbeddingModelError(f"The embedding model cannot be used {sentence}", **told)
        case Fault.BUSY:
            told["retry_after"] = failure.retry_after
            return EmbeddingModelBusy(f"The embedding model has too much to do right now {sentence}", **told)
        case Fault.AWAY:
            told["retry_after"] = failure.retry_after
            return EmbeddingModelAway(f"The embedding model does not answer right now {sentence}", **told)
