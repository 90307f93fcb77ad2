"""The one table from an error to its HTTP status, log level and Retry-After, and the body that tells it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lectern.base.errors import LecternError
from lectern.base.log import logger
from lectern.engine import errors as engine
from lectern.entrypoints.http import errors as http
from lectern.tutor import errors as tutor

log = logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one class of errors is answered."""

    status: int
    #: A client's mistake is no event for an operator.
    level: int = logging.DEBUG
    #: Seconds after which it may have passed.
    retry_after: int | None = None
    #: Told instead of the error's own words, where these are for the operator.
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error as an HTTP answer."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


#: Answers to what nobody foresaw.
CRASH = Row(
    status=500,
    level=logging.ERROR,
    sentence="Something went wrong inside Lectern; it was logged. Trying again may help.",
)

_INDEX_AWAY = Row(
    status=503,
    level=logging.WARNING,
    retry_after=2,
    sentence="The passages of the courses cannot be read right now. Try again in a moment.",
)
_EMBEDDING_AWAY = Row(
    status=503,
    level=logging.WARNING,
    retry_after=10,
    sentence="The embedding model of this server does not answer right now. Try again in a moment.",
)

#: Every class that is raised. `ControlSignal` and its children never leave the engine.
TABLE: Mapping[type[LecternError], Row] = {
    engine.UnknownRun: Row(status=404),
    engine.UnknownThread: Row(status=404),
    engine.NotEnded: Row(status=409),
    engine.NotRepeatable: Row(status=409),
    engine.InputGone: Row(status=410),
    engine.KeyReused: Row(status=409),
    engine.UnknownWorkload: CRASH,
    engine.StoreUnavailable: Row(
        status=503,
        level=logging.WARNING,
        retry_after=2,
        sentence="The database does not answer right now. Try again in a moment.",
    ),
    engine.StoreRefuses: CRASH,
    engine.WorkerBroken: CRASH,
    engine.BrokerUnavailable: Row(
        status=503,
        level=logging.WARNING,
        retry_after=2,
        sentence="The broker cannot be used right now. Try again in a moment.",
    ),
    engine.RunFailed: Row(status=500, level=logging.WARNING),
    engine.GraphUnusable: Row(status=500, level=logging.ERROR),
    engine.DeadlinePassed: Row(status=500, level=logging.WARNING),
    engine.RunFailedForNow: Row(status=503, level=logging.WARNING, retry_after=2),
    tutor.UnknownCourse: Row(status=404),
    tutor.CourseDeleted: Row(status=404),
    tutor.UnknownDocument: Row(status=404),
    tutor.UnknownConcept: Row(status=404),
    tutor.UnknownAnswer: Row(status=404),
    tutor.NoAnswer: Row(status=409),
    tutor.AmbiguousCourse: Row(status=400),
    tutor.NothingToIngest: Row(status=400),
    tutor.UnreadableFile: Row(status=400),
    tutor.UploadLost: Row(status=500, level=logging.ERROR),
    tutor.SpoolFull: Row(status=507, level=logging.ERROR),
    tutor.NotRecalibrated: Row(status=409),
    tutor.EmbeddingModelError: Row(
        status=500,
        level=logging.ERROR,
        sentence="The embedding model of this server does not work; it was logged.",
    ),
    tutor.EmbeddingModelBusy: _EMBEDDING_AWAY,
    tutor.EmbeddingModelAway: _EMBEDDING_AWAY,
    tutor.EmbeddedOtherwise: Row(status=409, level=logging.WARNING),
    tutor.IndexUnavailable: _INDEX_AWAY,
    tutor.IndexAway: _INDEX_AWAY,
    tutor.ConceptsUnavailable: Row(
        status=503,
        level=logging.WARNING,
        retry_after=5,
        sentence="The concepts of the courses cannot be read right now; questions are answered all the same. "
        "Try again in a moment.",
    ),
    tutor.ConceptsDiffer: Row(status=409, level=logging.ERROR),
    tutor.PassagesDiffer: Row(status=409, level=logging.ERROR),
    tutor.ModelRefuses: Row(status=500, level=logging.ERROR),
    tutor.ModelBusy: Row(status=503, level=logging.WARNING, retry_after=10),
    tutor.ModelAway: Row(status=503, level=logging.WARNING, retry_after=10),
    tutor.ModelFailed: Row(status=500, level=logging.WARNING),
    tutor.SlotsUnavailable: Row(status=503, level=logging.WARNING, retry_after=2),
    http.InvalidRequest: Row(status=400),
    http.UnreadableRequest: Row(status=400),
    http.NotOpen: Row(status=403),
    http.ForeignOrigin: Row(status=403),
    http.UploadsClosed: Row(status=403),
    http.NoToken: Row(status=401),
    http.ForeignHost: Row(status=400),
    http.NoSuchAddress: Row(status=404),
    http.WrongMethod: Row(status=405),
    http.BodyTooLarge: Row(status=413),
    http.BodyTooSlow: Row(status=408),
    http.WrongMediaType: Row(status=415),
    http.TooBusy: Row(status=503, level=logging.WARNING, retry_after=1),
}


def report(exc: Exception) -> Problem:
    """Log an error once, at its level, and return how it is answered."""
    row = _row(exc)
    code = exc.code if isinstance(exc, LecternError) else "internal"
    trace = exc if row.status == CRASH.status else None
    log.log(row.level, "problem", code=code, error=str(exc), exc_info=trace)
    return problem(exc)


def problem(exc: Exception) -> Problem:
    """Return how an error is answered."""
    row = _row(exc)
    error = exc if isinstance(exc, LecternError) else LecternError("")
    code = error.code if row is not CRASH else "internal"
    body: dict[str, Any] = {"error": row.sentence or str(error), "code": code}
    if fields := error.details.get("fields"):
        body["fields"] = fields
    if isinstance(error, engine.UnknownRun):
        # `ready` stops a client that polls.
        body |= {"task_id": error.details.get("run_id", ""), "ready": True}
    headers = {"Retry-After": str(row.retry_after)} if row.retry_after else {}
    if allow := error.details.get("allow"):
        headers["Allow"] = str(allow)
    if row.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Problem(status=row.status, body=body, headers=headers)


def _row(exc: Exception) -> Row:
    return next((TABLE[cls] for cls in type(exc).__mro__ if cls in TABLE), CRASH)
