"""Hands a request to Django's sync handler: the body is read on the loop, one thread does the rest."""

import asyncio
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, cast

from a2wsgi.wsgi import build_environ
from a2wsgi.wsgi_typing import Environ, WSGIApp
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from lectern.entrypoints.http.errors import BodyTooLarge, BodyTooSlow, UnreadableRequest
from lectern.entrypoints.shell.threads import Threads

#: Seconds that a request waits for a thread. Fifty questions at once wait for a third of a second; on a machine that is
#: ten times slower they should still be accepted.
PATIENCE_SECONDS = 4.0

#: Seconds in which a body must have arrived. A megabyte in that time is slower than any line in use.
BODY_SECONDS = 30.0

#: A body over the limit is read and dropped up to this many times the limit, so that its sender gets to read the 413.
_DRAINED_TIMES = 10


class Django:
    """An ASGI app around a WSGI handler whose answers are short: they are collected before they are sent.

    `threads` run the handler; `body_limit` is in bytes. Only the environment is a2wsgi's: its responder takes five
    turns between loop and thread for a request where one will do, and reads slow bodies in a thread.
    """

    def __init__(self, handler: WSGIApp, threads: Threads, body_limit: int) -> None:
        self._handler, self._threads, self._body_limit = handler, threads, body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; refuse WebSockets."""
        answer = WebSocketClose() if scope["type"] == "websocket" else await self.answer(scope, receive)
        await answer(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive) -> Response:
        """Return Django's answer. Raises `BodyTooLarge`, `BodyTooSlow`, `TooBusy`, `UnreadableRequest`."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive, self._body_limit)
        except TimeoutError:
            raise BodyTooSlow(f"The body did not arrive within {BODY_SECONDS:.0f} seconds.") from None
        return await self.handle(scope, BytesIO(body), len(body))

    async def handle(self, scope: Scope, body: BinaryIO, size: int) -> Response:
        """Return Django's answer to a request whose body of `size` bytes has arrived. Raises `TooBusy`."""
        environ = _environ(scope, body, size)
        return await self._threads.run(partial(_call, self._handler, environ), patience=PATIENCE_SECONDS)


async def _read(receive: Receive, limit: int) -> bytes:
    chunks, size, more = [], 0, True
    while more and size <= _DRAINED_TIMES * limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise UnreadableRequest("The connection ended within the body.")
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes.")
    return b"".join(chunks)


def _environ(scope: Scope, body: BinaryIO, size: int) -> Environ:
    if not scope["query_string"].isascii():
        raise UnreadableRequest("The query string holds characters that must be percent-encoded.")
    environ = build_environ(cast(Any, scope), cast(Any, body))
    environ["CONTENT_LENGTH"] = str(size)  # a chunked request names none, and Django would read nothing
    return environ


def _call(handler: WSGIApp, environ: Environ) -> Response:
    answer = Response()

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        answer.status_code = int(status[:3])
        answer.raw_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]

    chunks = handler(environ, cast(Any, start_response))
    try:
        answer.body = b"".join(chunks)
    finally:
        # Django's request ends here: its connection is looked after.
        getattr(chunks, "close", lambda: None)()
    answer.headers["content-length"] = str(len(answer.body))
    # Answers are about one person at one moment.
    answer.headers.setdefault("cache-control", "no-store")
    return answer
