"""Guarding: what a teacher may do is checked before Django hears of it, by the one secret that there is."""

import asyncio
import hmac
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from lectern.entrypoints.http.errors import NoToken, RequestError, UploadsClosed
from lectern.entrypoints.shell.django import Django

#: Of what is refused, so much is read and dropped, so that its sender gets to read why.
_DRAINED_BYTES, _DRAIN_SECONDS = 20_000_000, 10.0


class Guard:
    """`token` is what a teacher's requests must show; when it is "", they are refused with `allow_open`."""

    def __init__(self, token: str, *, allow_open: bool) -> None:
        self._token, self._allow_open = token, allow_open

    def check(self, headers: Headers) -> None:
        """Return when a request may be served. Raises `NoToken`, `UploadsClosed`."""
        if self._token:
            kind, _, shown = headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or not hmac.compare_digest(
                shown.strip().encode(), self._token.encode()
            ):
                raise NoToken(
                    "Only who shows this server's UPLOAD_TOKEN may change a course, or see what its students asked.",
                    hint="Send it as Authorization: Bearer …",
                )
        elif self._allow_open:
            raise UploadsClosed(
                "This server is open to other machines, so courses are changed, and gaps shown, by its commands only.",
                hint="UPLOAD_TOKEN sets a secret that uploads show.",
            )


class Guarded:
    """An ASGI app around Django that lets requests of some `methods` through only as `guard` says."""

    def __init__(self, django: Django, guard: Guard, methods: Collection[str]) -> None:
        self._django, self._guard, self._methods = django, guard, methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] in self._methods:
            try:
                self._guard.check(Headers(scope=scope))
            except RequestError:
                await drain(scope, receive)
                raise
        await self._django(scope, receive, send)


async def drain(scope: Scope, receive: Receive) -> None:
    """Read what is sent all the same, up to a limit; who asks before sending is answered at once."""
    if Headers(scope=scope).get("expect", "").lower() == "100-continue":
        return
    left, more = _DRAINED_BYTES, True
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while more and left > 0:
                message = await receive()
                more = message.get("more_body", False)
                left -= len(message.get("body", b""))
    except TimeoutError:
        pass
