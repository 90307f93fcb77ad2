"""Retry: which errors are worth another attempt, and how long a run waits for it. The one policy; a workload may tune it.

Errors of other people's graphs are known by what they carry, not by their classes: no provider's library is loaded here.
"""

import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

from lectern.base.errors import LecternError
from lectern.base.log import logger
from lectern.base.retry_after import seconds_until
from lectern.base.text import storable

log = logger(__name__)

#: HTTP statuses that may pass, beside all from 500 on: timeout, too early, too many.
_PASSING = {408, 425, 429}
#: Classes, by name, of what never reached a server or got no answer: those of httpx, requests, aiohttp, redis, neo4j,
#: pymongo, botocore, weaviate and the clients of language models. None of them is one of Python's own.
_UNREACHED = {
    "APIConnectionError", "ClientConnectionError", "ConnectError", "ConnectionClosedError", "ConnectionError",
    "ConnectionFailure", "NetworkError", "ServiceUnavailable", "TransportError", "WeaviateConnectionError",
    "WeaviateGRPCUnavailableError", "WeaviateStartUpError", "gaierror",
}  # fmt: skip
_UNANSWERED = {
    "APITimeoutError", "NodeTimeoutError", "Timeout", "TimeoutError", "TimeoutException", "WeaviateTimeoutError",
}  # fmt: skip
#: What databases say of connections, deadlocks and too much load: psycopg, asyncpg, SQLAlchemy, Django, MySQL's, neo4j.
_UNSERVED = {
    "CannotConnectNowError", "InterfaceError", "OperationalError", "PostgresConnectionError", "SessionExpired",
    "TooManyConnectionsError", "TransactionRollbackError", "TransientError",
}  # fmt: skip
#: Some of them are kinds of connection errors to their library.
_REFUSED = {"AuthError", "AuthenticationError", "AuthenticationFailedError", "AuthorizationError"}
#: A driver's words for it where it has no class or SQLSTATE, and SQLSTATE's class of it.
_REFUSALS, _REFUSED_STATE = ("authentication failed", "access denied", "no pg_hba.conf entry"), "28"
#: SQLITE_BUSY and SQLITE_LOCKED: SQLite's other operational errors are mistakes in a statement, or a broken file.
_SQLITE_LOCKED = {5, 6}
#: Words of gRPC and AWS; the latter sends most of its own with HTTP 400.
_PASSING_WORDS = {
    **dict.fromkeys(("UNAVAILABLE",), "is away"),
    **dict.fromkeys(("DEADLINE_EXCEEDED", "RequestTimeout", "RequestTimeoutException"), "did not answer in time"),
    **dict.fromkeys(
        (
            "RESOURCE_EXHAUSTED", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown", "Throttling",
            "ThrottlingException", "TooManyRequestsException",
        ),
        "is asked too much right now",
    ),
}  # fmt: skip
_REFUSING_WORDS = {"PERMISSION_DENIED", "UNAUTHENTICATED"}
#: Nobody means a longer pause than this; "inf" is a number, too.
_LONGEST_BELIEVED_SECONDS = 86400.0
#: Doublings of a pause: more only overflow.
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How the failed attempts of a workload are followed by others; `Workload.max_attempts` says how many there are."""

    #: Pause before the second attempt; doubles with each, and is shortened by up to a half at random.
    first_pause_seconds: float = 1
    #: No pause of ours is longer. What a provider asks for (`Retry-After`) is kept, however long.
    longest_pause_seconds: float = 30
    #: Asked first about each error: True: another attempt, False: none, None: as its kind says.
    sorts: Callable[[Exception], bool | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What an error means for a run."""

    #: True when another attempt may succeed.
    again: bool
    #: For the one who asked; says nothing of what the error said, unless it is one of ours.
    sentence: str
    code: str
    #: Seconds before which another attempt will surely fail, where a server told so.
    retry_after: float | None = None


def sort(exc: Exception, policy: RetryPolicy) -> Failure:
    """Tell what an error means: ours say so themselves, a server's by its status, the rest by its kind."""
    try:
        failure = _sorted_by_kind(exc)
    except Exception:  # what it carries raises by itself
        log.exception("retry_kind")
        failure = _broken()
    again = _own_rule(exc, policy)
    if again is None or again == failure.again:
        return failure
    if again and failure.code == "internal":
        return replace(failure, again=True, sentence="A step of this task failed in a way that may pass.")
    return replace(failure, again=again)


def pause_seconds(attempt: int, failure: Failure, policy: RetryPolicy) -> float:
    """Return how long to wait after a failed attempt: longer with each, and not the same for all that failed together.

    It is not shorter than what a server asked for.
    """
    doubled = policy.first_pause_seconds * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
    pause = min(policy.longest_pause_seconds, doubled) * random.uniform(0.5, 1)
    if failure.retry_after is None:
        return pause
    return max(pause, min(_LONGEST_BELIEVED_SECONDS, failure.retry_after) * random.uniform(1, 1.1))


def _own_rule(exc: Exception, policy: RetryPolicy) -> bool | None:
    if policy.sorts is None:
        return None
    try:
        return policy.sorts(exc)
    except Exception:  # the rule's, not the run's
        log.exception("retry_rule")
        return None


def _sorted_by_kind(exc: Exception) -> Failure:
    if isinstance(exc, LecternError):
        return Failure(
            again=exc.passing, sentence=storable(str(exc)), code=exc.code, retry_after=exc.retry_after
        )
    names = {cls.__name__ for cls in type(exc).__mro__}
    word = _word(exc, names)
    if word in _PASSING_WORDS:
        return _passing(_PASSING_WORDS[word])
    if status := _status(exc):
        return _sorted_by_status(exc, status)
    if names & _REFUSED or word in _REFUSING_WORDS:
        return _refused()
    if names & _UNSERVED:
        return _sorted_by_database(exc)
    if names & _UNANSWERED:
        return _passing("did not answer in time")
    if names & _UNREACHED:
        return _passing("cannot be reached")
    return _broken()


def _broken() -> Failure:
    sentence = "Something went wrong inside the service while this was answered; its log has the details."
    return Failure(again=False, sentence=sentence, code="internal")


def _sorted_by_status(exc: Exception, status: int) -> Failure:
    if status == 429:
        return _passing("is asked too much right now (HTTP 429)", _retry_after(exc))
    if status in _PASSING or status >= 500:
        return _passing(f"is away (HTTP {status})", _retry_after(exc))
    return _refused(f" (HTTP {status})")


def _sorted_by_database(exc: Exception) -> Failure:
    for one in (exc, getattr(exc, "orig", None), exc.__cause__):  # SQLAlchemy's driver, Django's
        if getattr(one, "sqlite_errorcode", 5) & 0xFF not in _SQLITE_LOCKED:
            return _broken()
        told = str(one).lower()
        if str(getattr(one, "sqlstate", "")).startswith(_REFUSED_STATE) or any(map(told.count, _REFUSALS)):
            return _refused()
    return _passing("does not serve it right now")


def _word(exc: Exception, names: Collection[str]) -> str:
    """Return the word that gRPC or AWS has for an error; "" for those of others."""
    if "RpcError" in names and callable(code := getattr(exc, "code", None)):
        return str(getattr(code(), "name", ""))
    response = getattr(exc, "response", None)
    error = response.get("Error") if isinstance(response, dict) else None
    return str(error.get("Code", "")) if isinstance(error, dict) else ""


def _refused(how: str = "") -> Failure:
    sentence = f"A service that this task needs refused it{how}; the worker's log has the details."
    return Failure(again=False, sentence=sentence, code="refused")


def _passing(what: str, retry_after: float | None = None) -> Failure:
    return Failure(
        again=True, sentence=f"A service that this task needs {what}.", code="away", retry_after=retry_after
    )


def _status(exc: Exception) -> int:
    """Return the HTTP status behind an error; 0 when there is none."""
    response = getattr(exc, "response", None)
    if isinstance(response, dict):  # AWS
        response = SimpleNamespace(code=(response.get("ResponseMetadata") or {}).get("HTTPStatusCode"))
    for bearer in (exc, response):
        for name in ("status_code", "status", "code"):
            value = getattr(bearer, name, None)
            if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
                return int(value)
    return 0


def _retry_after(exc: Exception) -> float | None:
    for headers in _headers(exc):
        for name, value in headers.items():
            if str(name).lower() == "retry-after":
                return seconds_until(str(value))
    return None


def _headers(exc: Exception) -> Iterator[dict[object, object]]:
    for bearer in (getattr(exc, "response", None), exc):
        try:
            yield dict(getattr(bearer, "headers", None) or {})
        except (TypeError, ValueError):  # somebody's attribute of that name, and no headers
            continue
