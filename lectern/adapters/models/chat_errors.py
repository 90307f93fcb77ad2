"""Map what a language model's client raises to our errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lectern.adapters.models.provider_errors import Failure, Fault, failure_of
from lectern.tutor.errors import LanguageModelError, ModelAway, ModelBusy, ModelRefuses

_BUSY = "The language model has too much to do right now."
_AWAY = "The language model does not answer right now."
_REFUSES = "The language model of this server cannot be used; its operator finds the reason in the log."


@contextmanager
def mapped_errors(model: str) -> Iterator[None]:
    """Turn whatever a call of `model` raises into one of our errors."""
    try:
        yield
    except Exception as exc:
        # No `from exc`: a traceback would print what the provider said.
        raise _mapped(failure_of(exc, model)) from None


def _mapped(failure: Failure) -> LanguageModelError:
    told: dict[str, Any] = {
        "reason": failure.reason,
        "status": failure.status,
        "given_up": failure.given_up,
    }
    match failure.fault:
        case Fault.REFUSES:
            return ModelRefuses(_REFUSES, **told)
        case Fault.BUSY:
            return ModelBusy(_BUSY, retry_after=failure.retry_after, **told)
        case Fault.AWAY:
            return ModelAway(_AWAY, retry_after=failure.retry_after, **told)
