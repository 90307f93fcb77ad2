"""The real client of OpenAI's embeddings against a server that speaks its protocol and fails in its ways."""

import logging
from collections.abc import Iterator
from threading import Event
from typing import Any

import numpy as np
import pytest

from lectern.adapters.models.hosted import BATCH_TEXTS, TEXT_CHARACTERS, HostedEmbeddings, within
from lectern.tutor.errors import EmbeddingModelAway, EmbeddingModelBusy, EmbeddingModelError
from tests.model_server import ModelServer, Script, model_server


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


def hosted(server: ModelServer, **changes: Any) -> HostedEmbeddings:
    values = {**server.options("openai"), "name": "openai:embed-1", "timeout_seconds": 5.0}
    return HostedEmbeddings(**{**values, **changes})


def test_texts_come_back_as_vectors_of_length_one_in_their_order(server: ModelServer) -> None:
    embeddings = hosted(server)
    rows = np.array(embeddings.embed_documents(["tea leaf", "coffee", "tea leaf"]))
    assert rows.shape == (3, 64)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1])
    assert (rows[0] == rows[2]).all()
    assert rows[0] @ rows[1] < 0.9
    assert embeddings.embed_query("coffee") == pytest.approx(list(rows[1]))


def test_many_texts_are_sent_in_batches_as_text_and_long_ones_are_cut(server: ModelServer) -> None:
    texts = [f"text {number}" for number in range(BATCH_TEXTS + 6)] + ["long " * TEXT_CHARACTERS]
    rows = np.array(hosted(server).embed_documents(texts))
    assert [len(batch) for batch in server.embedded] == [BATCH_TEXTS, 7]
    assert server.embedded[0][:2] == ["text 0", "text 1"]
    assert len(server.embedded[1][-1]) == TEXT_CHARACTERS
    assert (rows[70] == hosted(server).embed_documents([texts[70]])[0]).all()


def test_long_texts_share_a_request_up_to_its_limit(server: ModelServer) -> None:
    hosted(server).embed_documents(["x" * TEXT_CHARACTERS] * 30)
    assert [len(batch) for batch in server.embedded] == [25, 5]


def test_a_text_without_a_word_is_not_sent_and_is_like_nothing(server: ModelServer) -> None:
    rows = np.array(hosted(server).embed_documents(["", "tea", " \n"]))
    assert server.embedded == [["tea"]]
    assert [float(np.linalg.norm(row)) for row in rows] == pytest.approx([0, 1, 0])
    assert hosted(server).embed_documents([]) == []


FAILURES = [
    pytest.param(Script(status=401), EmbeddingModelError, "does not take the key", id="401"),
    pytest.param(Script(status=404), EmbeddingModelError, "no such model", id="404"),
    pytest.param(Script(status=400), EmbeddingModelError, "does not take the request", id="400"),
    pytest.param(Script(status=429, word="insufficient_quota"), EmbeddingModelError, "no credit", id="no credit"),
    pytest.param(Script(status=429), EmbeddingModelBusy, "too much to do", id="429"),
    pytest.param(Script(status=500), EmbeddingModelAway, "does not answer", id="500"),
    pytest.param(Script(failure="cut"), EmbeddingModelAway, "does not answer", id="cut in the middle"),
    pytest.param(Script(failure="broken"), EmbeddingModelAway, "does not answer", id="broken JSON"),
    pytest.param(Script(vectors=[[1.0]]), EmbeddingModelError, "another number of vectors", id="too few vectors"),
    pytest.param(Script(vectors=[[1.0]] * 3), EmbeddingModelError, "another number", id="too many vectors"),
    pytest.param(Script(vectors=[[1.0], [1.0, 2.0]]), EmbeddingModelError, "one length", id="two lengths"),
    pytest.param(Script(vectors=[[0.0], [1.0]]), EmbeddingModelError, "zero", id="zero"),
    pytest.param(Script(vectors=[[float("nan")], [1.0]]), EmbeddingModelError, "finite", id="not a number"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "expected", "says"), FAILURES)
def test_each_failure_is_one_of_our_errors_after_one_try_and_shows_no_key(
    server: ModelServer,
    script: Script,
    expected: type[EmbeddingModelError],
    says: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    server.embedding_scripts = [script]
    with pytest.raises(EmbeddingModelError, match=says) as failed:
        hosted(server).embed_documents(["tea", "coffee"])
    assert type(failed.value) is expected
    assert len(server.embedded) == 1
    shown = f"{failed.value} {failed.value.details} {failed.value.__cause__} {caplog.text}"
    assert "secret" not in shown
    assert "coffee" not in shown


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("-5", 0), ("1e30", 3600), ("inf", 3600), ("nan", None), ("soon", None), ("", None)],
)
def test_the_pause_that_a_provider_asks_for_is_kept_within_reason(
    server: ModelServer, header: str, seconds: float | None
) -> None:
    server.embedding_scripts = [Script(status=429, headers={"Retry-After": header})]
    with pytest.raises(EmbeddingModelBusy) as busy:
        hosted(server).embed_query("tea")
    assert busy.value.retry_after == seconds


def test_a_server_that_stalls_is_given_up(server: ModelServer) -> None:
    server.embedding_scripts = [Script(failure="stall")]
    with pytest.raises(EmbeddingModelAway):
        hosted(server, timeout_seconds=0.3).embed_query("tea")
    assert len(server.embedded) == 1


def test_a_client_that_bounds_nothing_is_given_up_all_the_same() -> None:
    answers, answered = Event(), Event()
    with pytest.raises(TimeoutError):
        within(0.1, lambda: answers.wait(30) and answered.set())
    assert not answered.is_set()
    answers.set()
    assert answered.wait(30)
    assert within(30, lambda: 7) == 7
    with pytest.raises(ValueError, match="x"):
        within(30, lambda: int("x"))


def test_without_a_server_the_model_is_away(server: ModelServer) -> None:
    with pytest.raises(EmbeddingModelAway):
        hosted(server, base_url="http://127.0.0.1:9").embed_query("tea")


def test_batches_of_different_lengths_are_refused(server: ModelServer) -> None:
    server.embedding_scripts = [Script(), Script(vectors=[[1.0, 2.0]])]
    with pytest.raises(EmbeddingModelError, match="different lengths"):
        hosted(server).embed_documents(["x"] * (BATCH_TEXTS + 1))
