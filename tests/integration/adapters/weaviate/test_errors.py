"""Whatever the client raises comes out as an error of ours that says what happened and what to do."""

import inspect

import grpc
import httpx
import pytest
from weaviate import exceptions as client

from lectern.adapters.meanings import meaning_of
from lectern.adapters.weaviate.errors import MEANINGS, mapped, refusal
from lectern.tutor.errors import EmbeddedOtherwise, IndexAway, IndexUnavailable

#: What all others descend from: a row of its own would take in whatever comes with a new version of the client.
_ROOT = client.WeaviateBaseError
RAISED = [
    cls
    for _, cls in inspect.getmembers(client, inspect.isclass)
    if issubclass(cls, Exception) and cls.__module__ == client.__name__ and cls is not _ROOT
]


def test_no_row_takes_in_everything() -> None:
    assert _ROOT not in MEANINGS
    assert len(RAISED) > 30


@pytest.mark.parametrize("cls", RAISED, ids=lambda cls: cls.__name__)
def test_every_error_of_the_client_has_a_meaning(cls: type[Exception]) -> None:
    assert meaning_of(cls, MEANINGS), f"{cls.__name__} has no row in MEANINGS"


def test_more_specific_rows_come_first() -> None:
    seen = list[type]()
    for cls in MEANINGS:
        assert not any(issubclass(cls, other) for other in seen), cls
        seen.append(cls)


@pytest.mark.parametrize(
    "cls", [*RAISED, _ROOT, OSError, TimeoutError, httpx.ConnectError], ids=lambda cls: cls.__name__
)
def test_what_is_raised_is_an_error_of_ours_that_may_pass(cls: type[Exception]) -> None:
    exc = cls.__new__(cls)  # some want a response to be made
    Exception.__init__(exc, "No route to host")
    with pytest.raises(IndexUnavailable) as raised, mapped("w:8080"):
        raise exc
    assert raised.value.passing
    assert raised.value.hint
    assert "Weaviate at w:8080" in str(raised.value)
    assert raised.value.__cause__ is exc


def test_an_error_of_ours_stays_what_it_is() -> None:
    with pytest.raises(EmbeddedOtherwise), mapped("w:8080"):
        raise EmbeddedOtherwise("other")


@pytest.mark.parametrize(
    ("code", "details", "says"),
    [
        (grpc.StatusCode.UNAVAILABLE, "connection refused", "does not answer"),
        (grpc.StatusCode.UNKNOWN, "extract auth: unauthorized: invalid api key", "refuses this key"),
        (grpc.StatusCode.UNAUTHENTICATED, "no", "refuses this key"),
        (grpc.StatusCode.PERMISSION_DENIED, "no", "forbids this key"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "too much", "no room"),
        (grpc.StatusCode.UNIMPLEMENTED, "no such method", "cannot be talked with"),
        (grpc.StatusCode.UNKNOWN, "store is read-only due to: disk usage too high", "takes no changes"),
        (grpc.StatusCode.INTERNAL, "panic", "failed inside"),
    ],
)
def test_what_the_server_says_is_told_by_its_status_and_words(
    code: grpc.StatusCode, details: str, says: str
) -> None:
    none = grpc.aio.Metadata()
    exc = grpc.aio.AioRpcError(code, none, none, details=details)
    with pytest.raises(IndexUnavailable, match=says), mapped("w:8080"):
        raise exc
    with pytest.raises(IndexUnavailable, match=says), mapped("w:8080"):
        raise client.WeaviateQueryError(str(exc), "GRPC search")


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "refuses this key"), (403, "forbids"), (422, "does not take a request"), (503, "does not answer")],
)
def test_what_http_says_is_told_by_its_status(status: int, says: str) -> None:
    with pytest.raises(IndexUnavailable, match=says), mapped("w:8080"):
        raise client.UnexpectedStatusCodeError("asked", httpx.Response(status, json={}))


def test_a_certificate_that_is_not_trusted_is_told_from_below_an_error_that_does_not_say_so() -> None:
    raised_last = client.WeaviateStartUpError("Connection to Weaviate failed. Details: ")
    raised_last.__cause__ = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    with pytest.raises(IndexAway, match="certificate that is not trusted") as raised, mapped("w:8080"):
        raise raised_last
    assert "SSL_CERT_FILE" in raised.value.hint


def test_why_it_was_not_reached_is_told_from_below_an_error_that_does_not_say_so() -> None:
    raised_last = client.WeaviateStartUpError("Connection to Weaviate failed. Details: ")
    raised_last.__cause__ = httpx.ConnectError("All connection attempts failed")
    raised_last.__cause__.__context__ = ConnectionRefusedError("Connection refused\nand much more")
    with pytest.raises(IndexAway) as raised, mapped("w:8080"):
        raise raised_last
    assert raised.value.args == ("Weaviate at w:8080 does not answer: Connection refused.",)


def test_objects_that_were_refused_tell_why() -> None:
    assert "takes no changes" in str(refusal("w:8080", "store is read-only"))
    assert "took a part of the objects only: odd" in str(refusal("w:8080", "odd"))
