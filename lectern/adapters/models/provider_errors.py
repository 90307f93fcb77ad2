"""Tell what a provider's client raised. What a provider says may quote its key or what it was sent, so only its status and
the error's class are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lectern.base.retry_after import seconds_until

#: Of these the provider says that the same request will never do.
_FOR_EVER = {
    400: "it does not take the request",
    401: "it does not take the key",
    402: "the account has no credit",
    403: "the key may not use this model",
    404: "there is no such model or address",
    405: "there is no such address",
    413: "the request is too long",
    422: "it does not take the request",
}
#: 529 is Anthropic's "overloaded".
_BUSY_STATUSES = {429, 529}
#: A status of 429 that does not pass by itself.
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached"}
#: A longer pause than this is not believed: whoever waits looks again after it.
_LONGEST_PAUSE_SECONDS = 3600.0


class Fault(Enum):
    """What a failure means for the next try."""

    #: The same request will never do.
    REFUSES = "refuses"
    #: Too much is asked right now.
    BUSY = "busy"
    #: A fault on its side or on the way, which may pass.
    AWAY = "away"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A call that came to nothing."""

    fault: Fault
    #: For the operator: model, class of the error, status and what that means.
    reason: str
    #: HTTP status; 0 when there was no answer.
    status: int = 0
    #: Seconds, where the provider named some.
    retry_after: float | None = None
    #: True when we gave it up: what it read and wrote until then is used all the same.
    given_up: bool = False


def failure_of(exc: Exception, model: str) -> Failure:
    """Return what an exception of a call of `model` means, most specific first."""
    if isinstance(exc, TimeoutError):
        return Failure(fault=Fault.AWAY, reason=f"{model}: no whole answer in time", given_up=True)
    status = _status(exc)
    reason = f"{model}: {type(exc).__name__}" + (f" {status}" if status else "")
    if status in _BUSY_STATUSES and _word(exc) not in _NO_CREDIT:
        return Failure(fault=Fault.BUSY, reason=reason, status=status, retry_after=_retry_after(exc))
    if status in _BUSY_STATUSES:
        return Failure(fault=Fault.REFUSES, reason=f"{reason}, the account has no credit", status=status)
    if status in _FOR_EVER:
        return Failure(fault=Fault.REFUSES, reason=f"{reason}, {_FOR_EVER[status]}", status=status)
    # The rest is a fault on its side or on the way: 5xx, a connection that ends, an answer that is no answer.
    return Failure(fault=Fault.AWAY, reason=reason, status=status, retry_after=_retry_after(exc))


def _status(exc: Exception) -> int:
    """Return the HTTP status behind an error; 0 when there was no answer. Google's and Ollama's say `code`.

    Google's embeddings raise an error of their own from the one that has the status.
    """
    errors = (exc, exc.__cause__)
    found = (getattr(error, name, None) for error in errors for name in ("status_code", "code"))
    return next((status for status in found if isinstance(status, int) and status >= 400), 0)


def _word(exc: Exception) -> str:
    body = getattr(exc, "body", None)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    return str(body.get("code") or body.get("type") or "") if isinstance(body, dict) else ""


def _retry_after(exc: Exception) -> float | None:
    """Return the seconds of a Retry-After header, which are a number or a date; None for what is neither."""
    headers: Mapping[str, Any] = getattr(getattr(exc, "response", None), "headers", None) or {}
    seconds = seconds_until(str(headers.get("retry-after", "")))
    return None if seconds is None else min(_LONGEST_PAUSE_SECONDS, seconds)
