"""Headers that every answer carries, so that a browser takes it for what it is and shows it in nobody's frame."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: For JSON: nothing in it is to be loaded or run.
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
#: For the docs page and its files: scripts of this address only. Swagger writes styles into its elements and draws
#: its icons as data.
_DOCS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),  # for browsers that do not know frame-ancestors
    (b"referrer-policy", b"no-referrer"),  # addresses hold ids of tasks and students
    (
        b"cross-origin-resource-policy",
        b"same-origin",
    ),  # says nothing about CORS, which is asked for with each request
)
_OF_JSON, _OF_PAGES = (
    (*_ALWAYS, (b"content-security-policy", policy.encode())) for policy in (_NOTHING, _DOCS)
)


class SafeHeaders:
    """An ASGI app around all others, CORS included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and add the headers that its answer has not got."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = dict(message["headers"])
                is_page = given.get(b"content-type", b"").startswith(b"text/html")
                more = [header for header in (_OF_PAGES if is_page else _OF_JSON) if header[0] not in given]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, with_headers)
