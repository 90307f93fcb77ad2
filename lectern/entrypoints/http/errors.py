"""What is wrong with a request before any room hears of it.

LecternError
└── RequestError
    ├── InvalidRequest      fields are missing or wrong; `details["fields"]` says which and why
    ├── UnreadableRequest   the body is no JSON, or the request is malformed
    ├── NotOpen             the request came in by an address that other machines reach, and nobody is checked
    ├── ForeignOrigin       a page of another origin sent it
    ├── UploadsClosed       uploads need a token here, and none is set
    ├── NoToken             an upload that does not show the token
    ├── ForeignHost         the request names a host that is not served
    ├── NoSuchAddress       nothing is at this path
    ├── WrongMethod         the path has no such method
    ├── BodyTooLarge        the body is over the limit
    ├── BodyTooSlow         the body did not arrive in time
    ├── WrongMediaType      the body is not declared as JSON, or it is compressed
    └── TooBusy             every thread is taken
"""

from lectern.base.errors import LecternError


class RequestError(LecternError):
    """Root of what the HTTP edge refuses."""

    code = "bad_request"


class InvalidRequest(RequestError):
    """Fields are missing or wrong."""

    code = "invalid"


class UnreadableRequest(RequestError):
    """The body is no JSON, or the request is malformed."""

    code = "unreadable"


class NotOpen(RequestError):
    """The request came in by an address that other machines reach, and nobody is checked."""

    code = "not_open"


class ForeignOrigin(RequestError):
    """A browser sent it for a page of an origin that may not call this server."""

    code = "foreign_origin"


class UploadsClosed(RequestError):
    """The server is open to other machines, and no token is set that uploads could show."""

    code = "uploads_closed"


class NoToken(RequestError):
    """An upload that does not show the token."""

    code = "no_token"


class ForeignHost(RequestError):
    """The request names a host that is not served."""

    code = "foreign_host"


class NoSuchAddress(RequestError):
    """Nothing is at this path."""

    code = "not_found"


class WrongMethod(RequestError):
    """The path has no such method."""

    code = "method_not_allowed"


class BodyTooLarge(RequestError):
    """The body is over the limit."""

    code = "too_large"


class BodyTooSlow(RequestError):
    """The body did not arrive in time."""

    code = "too_slow"


class WrongMediaType(RequestError):
    """The body is not declared as JSON, or it is compressed."""

    code = "media_type"


class TooBusy(RequestError):
    """Every thread is taken."""

    code = "too_busy"
    passing = True
