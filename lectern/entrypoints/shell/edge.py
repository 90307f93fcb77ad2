"""What holds for every request: it came by a door and for a host of ours, errors are JSON, a forgotten slash is none."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.http.request import split_domain_port, validate_host
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lectern.base.loopback import is_loopback
from lectern.engine.errors import UnknownRun
from lectern.entrypoints.http.errors import (
    ForeignHost,
    ForeignOrigin,
    NoSuchAddress,
    NotOpen,
    UnreadableRequest,
    WrongMethod,
)
from lectern.entrypoints.http.problems import report

#: Methods that are looked at; which of them a path has is its own affair.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Paths below this end in a slash.
_API = "/api/ai/"


class Edge:
    """An ASGI app around all others.

    `allowed_hosts` is in Django's notation. Without `allow_open` a request that did not come in by the loopback is
    refused: nobody checks who asks, and a server may have been started on any address. Pages of origins that
    `allows_origin` does not take may read, as far as CORS lets them, and change nothing.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Sequence[str],
        *,
        allow_open: bool,
        allows_origin: Callable[[str], bool],
    ) -> None:
        self._app, self._allowed_hosts, self._allow_open = app, allowed_hosts, allow_open
        self._allows_origin = allows_origin
        # A server hears few names and addresses, in every request the same.
        self._is_served = lru_cache(100)(self._is_served)  # type: ignore[method-assign]
        self._is_loopback = lru_cache(100)(is_loopback)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever goes wrong inside is told as a problem, unless the answer has begun."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, receive, send)
        try:
            self._check_door(scope)
            self._check_host(scope)
            _check_method(scope)
            self._check_origin(scope)
            await self._app(_with_slash(scope), receive, answer.send)
        except HTTPException as exc:
            await answer.tell(_of_status(exc.status_code, scope, exc.headers or {}))
        except Exception as exc:
            await answer.tell(exc)

    def _check_door(self, scope: Scope) -> None:
        # The address that the connection arrived at. A Unix socket has no port, and no other machine reaches it.
        address, port = scope.get("server") or ("", None)
        if not self._allow_open and port is not None and not self._is_loopback(address):
            raise NotOpen(
                "This server checks nobody's identity and is served to its own machine only.",
                hint="ALLOW_OPEN=true serves everybody who reaches it.",
            )

    def _check_origin(self, scope: Scope) -> None:
        # A browser asks before it sends JSON of another origin's page, but neither before a form with files nor before a
        # POST without a body. It names the page's origin with each.
        if scope["method"] in _SAFE_METHODS:
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None:
            foreign = headers.get("sec-fetch-site") == "cross-site"
        else:
            own = urlsplit(origin).netloc == headers.get("host")
            foreign = not (own or self._allows_origin(origin))
        if foreign:
            raise ForeignOrigin(
                "Pages of this origin may not change anything here.",
                hint="CORS_ALLOWED_ORIGINS adds origins.",
            )

    def _check_host(self, scope: Scope) -> None:
        if not self._is_served(Headers(scope=scope).get("host", "")):
            raise ForeignHost(
                "This server does not serve the host that the request names.",
                hint="ALLOWED_HOSTS adds names.",
            )

    def _is_served(self, host_and_port: str) -> bool:
        host, _port = split_domain_port(host_and_port)
        return bool(host) and validate_host(host, self._allowed_hosts)


class _Answer:
    """Passes an answer on, with errors that are not JSON replaced."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._begun = self._replaced = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if message["status"] >= 400 and not headers.get("content-type", "").startswith(
                "application/json"
            ):
                self._replaced = True
                await self.tell(_of_status(message["status"], self._scope, headers))
                return
        if not self._replaced:
            self._begun = True
            await self._send(message)

    async def tell(self, exc: Exception) -> None:
        if self._begun:
            raise exc
        self._begun = True
        problem = report(exc)
        headers = {"cache-control": "no-store", **problem.headers}
        response = JSONResponse(problem.body, problem.status, headers)
        await response(self._scope, self._receive, self._send)


def _check_method(scope: Scope) -> None:
    # CONNECT above all: its answer has a form of its own, which no app here gives.
    if scope["method"] not in _METHODS:
        raise WrongMethod(f"{scope['method'][:20]} is not possible here.", allow=", ".join(sorted(_METHODS)))


def _with_slash(scope: Scope) -> Scope:
    path = scope["path"]
    if path.startswith(_API) and not path.endswith("/"):
        return {**scope, "path": path + "/"}
    return scope


def _of_status(status: int, scope: Scope, headers: Any) -> Exception:
    """Return the error that a bare status of Django's or Starlette's stands for."""
    path = scope["path"][:100]
    match status:
        case 404 if path.startswith("/api/ai/tasks/") and scope["path"].endswith("/status/"):
            return UnknownRun(
                "There is no such task.", run_id=""
            )  # an id that no address can hold, a newline in it
        case 404:
            return NoSuchAddress(f"There is nothing at {path}.", hint="/api/docs lists the addresses.")
        case 405:
            allow = headers.get("Allow", "")
            return WrongMethod(f"{scope['method']} is not possible at {path}; it takes {allow}.", allow=allow)
        case _ if status < 500:
            return UnreadableRequest("The request is malformed.")
        case _:
            return RuntimeError(f"{path} was answered with status {status}")
