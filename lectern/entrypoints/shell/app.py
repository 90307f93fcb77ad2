"""The shell: one ASGI app that serves what waits and hands every other request to Django."""

import re
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from functools import partial

from a2wsgi.wsgi_typing import WSGIApp
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from lectern.base.settings import LecternSettings
from lectern.bootstrap import Lectern
from lectern.entrypoints.shell.django import Django
from lectern.entrypoints.shell.documents import Documents
from lectern.entrypoints.shell.edge import Edge
from lectern.entrypoints.shell.guarding import Guard, Guarded
from lectern.entrypoints.shell.headers import SafeHeaders
from lectern.entrypoints.shell.health import Health
from lectern.entrypoints.shell.looking import Looks
from lectern.entrypoints.shell.polling import Poll
from lectern.entrypoints.shell.threads import Threads
from lectern.entrypoints.shell.waiting import AskAndWait

#: Pages of this machine, at any port.
_LOOPBACK_ORIGINS = r"https?://(localhost|127\.0\.0\.1)(:\d+)?"

#: Uploads that arrive at once, and the threads that write them.
_UPLOADS_AT_ONCE = 4


def build_shell(
    django_wsgi: WSGIApp,
    lectern_factory: Callable[[], Lectern],
    settings: LecternSettings,
    *,
    allowed_hosts: Sequence[str] = ("localhost", "127.0.0.1", "[::1]"),
    body_limit: int = 1_000_000,
) -> ASGIApp:
    """Return the app of a web process. Connects to nothing; `body_limit` is in bytes."""
    django = Django(django_wsgi, Threads("lectern-django", settings.wsgi_threads), body_limit)
    health = Health(lectern_factory)
    looks = Looks(lambda run_ids: lectern_factory().engine.standings.standings(run_ids))
    ask = AskAndWait(django, looks, settings.result_expires, settings.sync_ask_seconds)
    guard = Guard(settings.upload_token, allow_open=settings.allow_open)
    documents = Documents(
        django,
        Threads("lectern-uploads", _UPLOADS_AT_ONCE),
        settings.uploads_dir,
        most_bytes=settings.upload_max_bytes,
        guard=guard,
    )
    routes = [
        Route("/api/ai/tasks/{task_id}/status/", Poll(django, looks, settings.result_expires)),
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/api/ai/ask/", ask),
        Route("/api/ai/courses/{course_id}/documents/{name:path}", documents),
        Route("/api/ai/courses/{course_id}/answers/{name:path}", Guarded(django, guard, ("POST", "DELETE"))),
        Route("/api/ai/courses/{course_id}/gaps/", Guarded(django, guard, ("GET", "HEAD"))),
        # The page at /api/docs asks no other host for its scripts.
        Mount("/static", StaticFiles(packages=[("ninja", "static")])),
    ]

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        lectern_factory()  # once, here: not by the first requests, all at a time
        yield

    router = Router(routes, redirect_slashes=False, default=django, lifespan=lifespan)
    cors = CORSMiddleware(
        Edge(
            router,
            allowed_hosts,
            allow_open=settings.allow_open,
            allows_origin=partial(_allowed, settings.cors_allowed_origins),
        ),
        allow_origins=settings.cors_allowed_origins,
        allow_origin_regex=_LOOPBACK_ORIGINS,
        allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        allow_headers=("content-type", "idempotency-key", "authorization"),
        expose_headers=("retry-after",),
    )
    return SafeHeaders(cors)


def _allowed(origins: Collection[str], origin: str) -> bool:
    return origin in origins or re.fullmatch(_LOOPBACK_ORIGINS, origin) is not None
