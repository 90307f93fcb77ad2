"""What the driver raises, as errors of ours. Its messages name no password; ours name the server, not the query."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from neo4j import exceptions as driver

from lectern.adapters.meanings import Meaning, innermost, meaning_of
from lectern.base.errors import first_line
from lectern.tutor.errors import ConceptsUnavailable

_AWAY = ("does not answer", "Check NEO4J_URI, and that the server is up.")
_LATE = (
    "does not answer in time",
    "Check NEO4J_URI, and that the server is up. One that has just begun is late for up to a minute.",
)
_REFUSES = ("refuses this user or password", "Check NEO4J_USER and NEO4J_PASSWORD.")
_FORBIDS = ("forbids this user what is needed", "Give the user of NEO4J_USER the right to read and write.")
_BUSY = ("has no room for the transaction right now, or ended it", "Try again in a moment.")
_READ_ONLY = ("takes no changes right now", "Check its disk, and whether it is the leader of its cluster.")
_UNFIT = ("cannot be talked with", "Check NEO4J_URI: its scheme, its port, and the server's certificate.")
_FAILED = ("failed inside", "Read the log of the server.")
_STATEMENT = ("does not take a statement", "Its version may be too old: 5.23 or newer is needed.")

#: The driver's classes, most specific first, with what is said of the server and what to do.
#: A test fails on one that has no row, of its own or of a parent below the three roots.
MEANINGS: Mapping[type[Exception], Meaning] = {
    driver.AuthConfigurationError: _UNFIT,
    driver.CertificateConfigurationError: _UNFIT,
    driver.UnsupportedServerProduct: _UNFIT,
    driver.ConfigurationError: _UNFIT,
    driver.AuthError: _REFUSES,  # TokenExpired too
    driver.Forbidden: _FORBIDS,
    driver.ForbiddenOnReadOnlyDatabase: _READ_ONLY,
    driver.NotALeader: _READ_ONLY,
    driver.WriteServiceUnavailable: _READ_ONLY,
    driver.ConnectionAcquisitionTimeoutError: _AWAY,
    driver.ConnectionPoolError: _AWAY,
    driver.DatabaseUnavailable: _AWAY,
    driver.IncompleteCommit: _AWAY,
    driver.ServiceUnavailable: _AWAY,
    driver.SessionExpired: _AWAY,
    driver.TransientError: _BUSY,
    driver.CypherSyntaxError: _STATEMENT,
    driver.CypherTypeError: _STATEMENT,
    driver.ConstraintError: _BUSY,  # two wrote the same at once
    driver.ClientError: _STATEMENT,
    driver.DatabaseError: _FAILED,
    driver.BrokenRecordError: _FAILED,
    driver.ResultError: _FAILED,
    driver.SessionError: _FAILED,
    driver.TransactionError: _FAILED,
}
#: Endings of `code` of what is a `ClientError` by class and passes by itself.
_TIMED_OUT = "TransactionTimedOut"
_LOCKED_OUT = "AuthenticationRateLimit"
_NO_WRITING = "Statement.AccessMode"


@contextmanager
def mapped(place: str) -> Iterator[None]:
    """Map what a call of the server at `place` raises."""
    try:
        yield
    except TimeoutError as exc:
        raise _error(place, *_LATE, "") from exc
    except OSError as exc:
        raise _error(place, *_AWAY, innermost(exc)) from exc
    except driver.GqlError as exc:
        meaning = _meaning(exc)
        raise _error(place, *meaning, innermost(exc) if meaning is _AWAY else first_line(exc)) from exc


def _meaning(exc: Exception) -> Meaning:
    code = str(getattr(exc, "code", "") or "")
    if _TIMED_OUT in code:
        return _BUSY
    if _LOCKED_OUT in code:
        return _REFUSES
    if _NO_WRITING in code:
        return _READ_ONLY
    return meaning_of(type(exc), MEANINGS) or _FAILED


def _error(place: str, what: str, hint: str, said: str) -> ConceptsUnavailable:
    because = f": {said[:300]}" if said else ""
    return ConceptsUnavailable(f"Neo4j at {place} {what}{because}.", hint=hint)
