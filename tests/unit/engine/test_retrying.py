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


def _named(name: str) -> Exception:
    """An error of a library that is not loaded here, by the name of a class above its own."""
    return type("Its", (type(name, (Exception,), {}),), {})("secret")


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
        pytest.param(RunFailedForNow("Away."), True, id="ours that passes"),
        pytest.param(HttpError(status_code=401), False, id="bad key"),
        pytest.param(HttpError(status_code=400), False, id="bad input"),
        pytest.param(HttpError(response=_response(404)), False, id="no such model"),
        pytest.param(RunFailed("No."), False, id="ours that does not"),
        pytest.param(KeyError("bug"), False, id="bug"),
        pytest.param(FileNotFoundError("f"), False, id="no such file"),
        pytest.param(HttpError(status_code=True, code="429", status=42), False, id="no status at all"),
    ],
)
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
