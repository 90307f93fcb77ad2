"""Map what a provider's client raises to our errors. What a provider says may quote its key or the question, so only its
status and the error's class are kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from lectern.base.clock import SystemClock
from lectern.tutor.errors import LanguageModelError, ModelAway, ModelBusy, ModelRefuses

_BUSY = "The language model has too much to do right now."
_AWAY = "The language model does not answer right now."
_REFUSES = "The language model of this server cannot be used; its operator finds the reason in the log."

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


@contextmanager
def mapped_errors(model: str) -> Iterator[None]:
    """Turn whatever a call of `model` raises into one of our errors, most specific first."""
    try:
        yield
    except TimeoutError:
        raise ModelAway(_AWAY, reason=f"{model}: no whole answer in time") from None
    except Exception as exc:
        # No `from exc`: a traceback would print what the provider said.
        raise _mapped(exc, model) from None


def _mapped(exc: Exception, model: str) -> LanguageModelError:
    status = _status(exc)
    reason = f"{model}: {type(exc).__name__}" + (f" {status}" if status else "")
    if status in _BUSY_STATUSES and _word(exc) not in _NO_CREDIT:
        return ModelBusy(_BUSY, retry_after=_retry_after(exc), reason=reason)
    if status in _BUSY_STATUSES:
        return ModelRefuses(_REFUSES, reason=f"{reason}, the account has no credit")
    if status in _FOR_EVER:
        return ModelRefuses(_REFUSES, reason=f"{reason}, {_FOR_EVER[status]}")
    # The rest is a fault on its side or on the way: 5xx, a connection that ends, an answer that is no answer.
    return ModelAway(_AWAY, retry_after=_retry_after(exc), reason=reason)


def _status(exc: Exception) -> int:
    """Return the HTTP status behind an error; 0 when there was no answer. Google's and Ollama's say `code`."""
    found = (getattr(exc, name, None) for name in ("status_code", "code"))
    return next((status for status in found if isinstance(status, int) and status >= 400), 0)


def _word(exc: Exception) -> str:
    body = getattr(exc, "body", None)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    return str(body.get("code") or body.get("type") or "") if isinstance(body, dict) else ""


def _retry_after(exc: Exception) -> float | None:
    """Return the seconds of a Retry-After header, which are a number or a date."""
    headers: Mapping[str, Any] = getattr(getattr(exc, "response", None), "headers", None) or {}
    text = str(headers.get("retry-after", ""))
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    now = SystemClock().now()
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
