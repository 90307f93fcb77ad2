"""Headers that every answer carries, so that a browser takes it for what it is and shows it in nobody's frame."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: For JSON: nothing in it is to be loaded or run.
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
#: For the docs page and its files: scripts of this address only. Swagger writes styles into its elements and draws
#: its icons as data.
_DOCS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",  # for browsers that do not know frame-ancestors
    "referrer-policy": "no-referrer",  # addresses hold ids of tasks and students
    "cross-origin-resource-policy": "same-origin",  # says nothing about CORS, which is asked for with each request
}


class SafeHeaders:
    """An ASGI app around all others, CORS included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and add the headers that its answer has not got."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                kind = headers.get("content-type", "")
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                policy = _DOCS if kind.startswith("text/html") else _NOTHING
                headers.setdefault("content-security-policy", policy)
            await send(message)

        await self._app(scope, receive, with_headers)
