import sqlite3
from contextlib import closing
from datetime import timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lectern.base.clock import SystemClock
from lectern.engine.errors import RunFailed, RunFailedForNow
from lectern.engine.retrying import Failure, RetryPolicy, pause_seconds, sort
from tests.engine_house import passing

POLICY = RetryPolicy()


class HttpError(Exception):
    """What a provider's client raises: no class of ours, and none of Python's."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__("sk-secret was refused")
        self.__dict__.update(attributes)


def _named(*names: str, **attributes: Any) -> Exception:
    """An error of a library that is not loaded here, by the names of classes above its own, the nearest first."""
    its: type[Exception] = Exception
    for name in reversed(names):
        its = type(name, (its,), {})
    error = type("Its", (its,), {})("secret")
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def _wrapped(error: Exception, driver: Exception) -> Exception:
    """As Django wraps a driver's error; SQLAlchemy's names it `orig`."""
    error.__cause__ = driver
    return error


def _grpc(name: str) -> Exception:
    return _named("RpcError", code=lambda: SimpleNamespace(name=name))


def _aws(code: str, status: int) -> Exception:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return _named("ClientError", response=answer)


def _sqlite(statement: str) -> Exception:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as exc:
            return exc
    raise AssertionError


def _response(status: int, **headers: str) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("error", "again"),
    [
        pytest.param(HttpError(status_code=429), True, id="429"),
        pytest.param(HttpError(status_code=408), True, id="408"),
        pytest.param(HttpError(status_code=500), True, id="500"),
        pytest.param(HttpError(code=503), True, id="503 as a code"),
        pytest.param(HttpError(status=529), True, id="529 as a status"),
        pytest.param(HttpError(response=_response(502)), True, id="502 of the response"),
        pytest.param(TimeoutError(), True, id="timeout"),
        pytest.param(ConnectionRefusedError(), True, id="refused connection"),
        pytest.param(_named("APIConnectionError"), True, id="a client's connection error"),
        pytest.param(_named("TransportError"), True, id="a client's transport error"),
        pytest.param(_named("TimeoutException"), True, id="a client's timeout"),
        pytest.param(_named("OperationalError"), True, id="psycopg, SQLAlchemy, Django, MySQL: connection"),
        pytest.param(_named("OperationalError", sqlstate="40P01"), True, id="psycopg: deadlock"),
        pytest.param(_named("InterfaceError"), True, id="asyncpg: connection closed"),
        pytest.param(_named("ConnectionDoesNotExistError", "PostgresConnectionError"), True, id="asyncpg: lost"),
        pytest.param(_named("TooManyConnectionsError"), True, id="asyncpg: too many"),
        pytest.param(_named("ServerSelectionTimeoutError", "AutoReconnect", "ConnectionFailure"), True, id="MongoDB"),
        pytest.param(_named("ConnectionClosedError", "HTTPClientError"), True, id="AWS: connection closed"),
        pytest.param(_named("EndpointConnectionError", "ConnectionError"), True, id="AWS: no endpoint"),
        pytest.param(_aws("ThrottlingException", 400), True, id="AWS: throttled"),
        pytest.param(_aws("InternalServerException", 500), True, id="AWS: 500"),
        pytest.param(_aws("ValidationException", 400), False, id="AWS: bad input"),
        pytest.param(_aws("AccessDeniedException", 403), False, id="AWS: bad key"),
        pytest.param(_grpc("UNAVAILABLE"), True, id="gRPC: away"),
        pytest.param(_grpc("RESOURCE_EXHAUSTED"), True, id="gRPC: too much"),
        pytest.param(_grpc("DEADLINE_EXCEEDED"), True, id="gRPC: no answer"),
        pytest.param(_grpc("UNAUTHENTICATED"), False, id="gRPC: bad key"),
        pytest.param(_grpc("INVALID_ARGUMENT"), False, id="gRPC: bad input"),
        pytest.param(_named("WeaviateConnectionError"), True, id="Weaviate"),
        pytest.param(_named("WeaviateGRPCUnavailableError"), True, id="Weaviate: gRPC"),
        pytest.param(_named("TransientError"), True, id="Neo4j: may pass"),
        pytest.param(_named("AuthenticationError", "ConnectionError"), False, id="Redis: bad password"),
        pytest.param(_named("AuthenticationFailedError"), False, id="Weaviate: bad key"),
        pytest.param(_named("InvalidPassword", "OperationalError", sqlstate="28P01"), False, id="psycopg: password"),
        pytest.param(_named("OperationalError", args=("FATAL: password authentication failed for user",)), False, id="psycopg: password, at connecting"),
        pytest.param(_named("OperationalError", orig=_named("OperationalError", args=(1045, "Access denied for user"))), False, id="SQLAlchemy: password"),
        pytest.param(_wrapped(_named("OperationalError"), _named("OperationalError", sqlstate="28000")), False, id="Django: password"),
        pytest.param(_sqlite("SELECT * FROM nothing"), False, id="SQLite: no such table"),
        pytest.param(_named("OperationalError", sqlite_errorcode=5), True, id="SQLite: locked"),
        pytest.param(RunFailedForNow("Away."), True, id="ours that passes"),
        pytest.param(HttpError(status_code=401), False, id="bad key"),
        pytest.param(HttpError(status_code=400), False, id="bad input"),
        pytest.param(HttpError(response=_response(404)), False, id="no such model"),
        pytest.param(RunFailed("No."), False, id="ours that does not"),
        pytest.param(KeyError("bug"), False, id="bug"),
        pytest.param(FileNotFoundError("f"), False, id="no such file"),
        pytest.param(HttpError(status_code=True, code="429", status=42), False, id="no status at all"),
    ],
)  # fmt: skip
def test_errors_are_sorted_by_what_they_are(error: Exception, again: bool) -> None:
    assert sort(error, POLICY).again is again


@pytest.mark.parametrize(
    "error",
    [HttpError(status_code=401), HttpError(status_code=429), KeyError("sk-secret"), _named("Timeout")],
)
def test_what_an_error_says_reaches_nobody(error: Exception) -> None:
    assert "secret" not in sort(error, POLICY).sentence


def test_retry_after_is_kept_as_seconds_and_as_a_date() -> None:
    assert sort(HttpError(response=_response(429, Retry_After="7")), POLICY).retry_after == 7
    assert sort(HttpError(status_code=503, headers={"retry-after": "0.5"}), POLICY).retry_after == 0.5
    in_a_minute = format_datetime(SystemClock().now() + timedelta(seconds=60), usegmt=True)
    seconds = sort(HttpError(response=_response(429, Retry_After=in_a_minute)), POLICY).retry_after
    assert seconds
    assert 55 < seconds <= 60


@pytest.mark.parametrize(
    "value",
    ["soon", "", "nan", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", f"Mon, {'9' * 20} Jan 2024 00:00:00 GMT"],
)
def test_a_retry_after_that_says_nothing_asks_for_no_pause(value: str) -> None:
    assert not sort(HttpError(response=_response(429, Retry_After=value)), POLICY).retry_after


@pytest.mark.parametrize("headers", [7, "text", [("a",)], object()])
def test_headers_that_are_none_are_borne(headers: object) -> None:
    assert sort(HttpError(status_code=429, headers=headers), POLICY).retry_after is None


def test_a_workloads_own_rule_is_asked_first() -> None:
    patient = RetryPolicy(sorts=lambda exc: isinstance(exc, KeyError) or None)
    assert sort(KeyError("k"), patient) == Failure(
        again=True, sentence="A step of this task failed in a way that may pass.", code="internal"
    )
    assert sort(ValueError("v"), patient).again is False
    strict = RetryPolicy(sorts=lambda exc: False)
    assert sort(HttpError(status_code=503), strict).again is False


def test_a_rule_that_fails_changes_nothing() -> None:
    def broken(exc: Exception) -> bool:
        raise ZeroDivisionError

    assert sort(TimeoutError(), RetryPolicy(sorts=broken)).again is True


def test_pauses_double_up_to_a_cap_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = {pause_seconds(1, passing("Away."), POLICY) for _ in range(20)}
    assert len(pauses) > 10
    assert all(0.5 <= pause <= 1 for pause in pauses)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    policy = RetryPolicy(first_pause_seconds=2, longest_pause_seconds=10)
    assert [pause_seconds(attempt, passing("Away."), policy) for attempt in (1, 2, 3, 4, 5000)] == [
        2, 4, 8, 10, 10,
    ]  # fmt: skip


@pytest.mark.parametrize("asked", [float("inf"), 1e300])
def test_an_absurd_pause_is_a_number_still(asked: float) -> None:
    assert 86400 <= pause_seconds(1, passing("Away.", asked), POLICY) < 100_000


@pytest.mark.parametrize("response", [{"ResponseMetadata": "none"}, {"Error": {}, "ResponseMetadata": [1]}])
def test_an_error_that_carries_something_else_than_it_seems_to_is_a_bug(response: Any) -> None:
    failure = sort(HttpError(response=response), POLICY)
    assert (failure.again, failure.code) == (False, "internal")


def test_an_error_whose_attributes_raise_is_a_bug() -> None:
    class Unread(Exception):
        @property
        def response(self) -> Any:
            raise RuntimeError("the response has not been read")

    assert sort(Unread(), POLICY).code == "internal"
