"""What the client raises, as errors of ours. Its messages name no key; ours name the server, not the query."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from grpc import RpcError, StatusCode
from weaviate import exceptions as client

from lectern.adapters.meanings import Meaning, innermost, meaning_of
from lectern.base.errors import LecternError
from lectern.tutor.errors import IndexAway, IndexUnavailable

_AWAY = ("does not answer", "Check WEAVIATE_URL and WEAVIATE_GRPC_URL, and that the server is up.")
_REFUSES = ("refuses this key", "Check WEAVIATE_API_KEY.")
_FORBIDS = (
    "forbids this key what is needed",
    "Give the key of WEAVIATE_API_KEY the right to read and write.",
)
_BUSY = ("has no room for this right now, or ended it", "Try again in a moment.")
_READ_ONLY = ("takes no changes right now", "Make room on its disk: it is read-only when that is 90 % full.")
_UNFIT = ("cannot be talked with", "Check both addresses and ports, and the version of the server.")
_FAILED = ("failed inside", "Read the log of the server.")
_REQUEST = ("does not take a request", "Its version may be too old: 1.31 or newer is needed.")
_PART = ("took a part of the objects only", "Try again; if it lasts, read the log of the server.")
_LOST = (
    "lacks what was written there",
    "Beat sees to it within minutes; python manage.py move_index --to weaviate does it now.",
)
_UNTRUSTED = (
    "shows a certificate that is not trusted",
    "Name a file with that of its authority by SSL_CERT_FILE, and the server by a name that its certificate has.",
)
_PLAIN = ("speaks no TLS there", "Name it by http://, or give the port where it does.")
#: What any other call would meet as well: the server is spared. The others are of one request or one course.
_OF_ALL = (_AWAY, _REFUSES, _BUSY, _UNTRUSTED, _PLAIN)

#: The client's classes, most specific first, with what is said of the server and what to do.
#: A test fails on one that has no row, of its own or of a parent below the root.
MEANINGS: Mapping[type[Exception], Meaning] = {
    client.InsufficientPermissionsError: _FORBIDS,
    client.UnexpectedStatusCodeError: _FAILED,  # by its status, see `_STATUSES`
    client.AuthenticationFailedError: _REFUSES,
    client.MissingScopeError: _REFUSES,
    client.WeaviateConnectionError: _AWAY,
    client.WeaviateClosedClientError: _AWAY,
    client.WeaviateGRPCUnavailableError: _AWAY,
    client.WeaviateRetryError: _AWAY,
    client.WeaviateStartUpError: _AWAY,
    client.WeaviateTimeoutError: _AWAY,
    client.EmptyResponseError: _AWAY,
    client.WeaviateBatchFailedToReestablishStreamError: _AWAY,
    client.ResponseCannotBeDecodedError: _UNFIT,
    client.WeaviateUnsupportedFeatureError: _UNFIT,
    client.WeaviateProtobufIncompatibility: _UNFIT,
    client.WeaviateEmbeddedInvalidVersionError: _UNFIT,
    client.WeaviateInsertManyAllFailedError: _PART,
    client.WeaviateQueryError: _FAILED,  # by what the server says, see `_SAID`
    client.WeaviateInvalidInputError: _REQUEST,
    client.WeaviateInsertInvalidPropertyError: _REQUEST,
    client.WeaviateAddInvalidPropertyError: _REQUEST,
    client.WeaviateBatchValidationError: _REQUEST,
    client.InvalidDataModelError: _REQUEST,
    client.AdditionalPropertiesError: _REQUEST,
    client.SchemaValidationError: _REQUEST,
    client.ObjectAlreadyExistsError: _PART,  # two wrote the same at once
    client.BackupFailedError: _FAILED,
    client.BackupCanceledError: _FAILED,
    client.ExportFailedError: _FAILED,
    client.ExportCanceledError: _FAILED,
    client.WeaviateAgentsNotInstalledError: _REQUEST,
    client._BatchStreamShutdownError: _AWAY,
}
#: Errors behind an error that are looked at.
_DEEPEST = 5
#: Statuses of HTTP and of gRPC that say more than the class.
_STATUSES = {
    401: _REFUSES,
    403: _FORBIDS,
    404: _UNFIT,
    408: _BUSY,
    422: _REQUEST,
    429: _BUSY,
    502: _AWAY,
    503: _AWAY,
}
_CODES = {
    StatusCode.UNAUTHENTICATED: _REFUSES,
    StatusCode.PERMISSION_DENIED: _FORBIDS,
    StatusCode.UNAVAILABLE: _AWAY,
    StatusCode.DEADLINE_EXCEEDED: _AWAY,
    StatusCode.CANCELLED: _AWAY,
    StatusCode.RESOURCE_EXHAUSTED: _BUSY,
    StatusCode.UNIMPLEMENTED: _UNFIT,
    StatusCode.INVALID_ARGUMENT: _REQUEST,
}
#: What the server says where its status says nothing: a wrong key is UNKNOWN on gRPC. The client quotes the status itself.
_SAID = {
    "certificate_verify_failed": _UNTRUSTED,
    "wrong_version_number": _PLAIN,
    "unauthorized": _REFUSES,
    "invalid api key": _REFUSES,
    "forbidden": _FORBIDS,
    "read-only": _READ_ONLY,
    "readonly": _READ_ONLY,
    "could not find class": _LOST,
    "tenant not found": _LOST,
    "does not have configuration for vector": _LOST,
    "larger than max": _REQUEST,  # of one request, though its status is that of a busy server
    **{str(code): meaning for code, meaning in _CODES.items()},
}


@contextmanager
def mapped(place: str, away: Meaning = _AWAY) -> Iterator[None]:
    """Map what a call of the server at `place` raises; `away` is what it means that it does not answer."""
    try:
        yield
    except LecternError:
        raise
    except TimeoutError as exc:
        raise IndexAway(f"Weaviate at {place} {away[0]} in time.", hint=away[1]) from exc
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as exc:
        raise _error(place, _AWAY, innermost(exc), away) from exc
    except (
        client.WeaviateBaseError,
        client.WeaviateProtobufIncompatibility,
        client._BatchStreamShutdownError,
        RpcError,
    ) as exc:
        raise _error(place, _meaning(exc), _said(exc), away) from exc


def grpc_away(place: str) -> Meaning:
    """Return what it means that a server that answers on HTTP does not on gRPC, at `place`."""
    return (
        f"answers on HTTP, but not on gRPC at {place}",
        "Check WEAVIATE_GRPC_URL, and that this port of the server is reached from here; 50051 of its host is asked when empty.",
    )


def refusal(place: str, message: str) -> IndexUnavailable:
    """Return the error of objects that the server did not take, each for a reason of its own; `message` is one of them."""
    return _error(place, _by_words(message) or _PART, message)


def _meaning(exc: BaseException) -> Meaning:
    code = exc.code() if isinstance(exc, RpcError) and hasattr(exc, "code") else None
    status = getattr(exc, "_status_code", None)
    return (
        _by_words(_all_words(exc))
        or (_STATUSES.get(status) if isinstance(status, int) else None)
        or (_CODES.get(code) if code else None)
        or meaning_of(type(exc), MEANINGS)
        or _FAILED
    )


def _by_words(message: str) -> Meaning | None:
    return next((meaning for said, meaning in _SAID.items() if said.lower() in message.lower()), None)


def _all_words(exc: BaseException) -> str:
    """Return what is said by an error and by what led to it: that a certificate is not trusted is told down there alone."""
    return " ".join(map(str, _led_to(exc)))


def _led_to(exc: BaseException | None) -> list[BaseException]:
    """Return an error and those that led to it."""
    found = list[BaseException]()
    while exc and len(found) < _DEEPEST:
        found.append(exc)
        exc = exc.__cause__ or exc.__context__
    return found


def _said(exc: BaseException) -> str:
    """Return what the server said, or why it was not reached, on one line: the client's messages have several, or nothing."""
    if isinstance(exc, client.WeaviateConnectionError | client.WeaviateStartUpError):
        return innermost(exc)
    told = (one.details() for one in _led_to(exc) if isinstance(one, RpcError) and hasattr(one, "details"))
    return " ".join(str(next(told, None) or exc).split())


def _error(place: str, meaning: Meaning, said: str, away: Meaning = _AWAY) -> IndexUnavailable:
    what, hint = away if meaning is _AWAY else meaning
    because = f": {said[:300].rstrip('.')}" if said else ""
    kind = IndexAway if meaning in _OF_ALL else IndexUnavailable
    return kind(f"Weaviate at {place} {what}{because}.", hint=hint)
