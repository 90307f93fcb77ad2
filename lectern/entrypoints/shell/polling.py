"""Polls of a task's status: thousands a second, so they pass by Django and its threads."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lectern.base.ids import parse_id
from lectern.engine.domain.standing import Standing
from lectern.entrypoints.http.guide import status_json
from lectern.entrypoints.shell.django import Django
from lectern.entrypoints.shell.looking import Looks


class Poll:
    """An ASGI app around the view `task_status`: it answers a GET that names an id as the view would.

    `result_expires` is in seconds.
    """

    def __init__(self, django: Django, looks: Looks, result_expires: float) -> None:
        self._django, self._looks, self._result_expires = django, looks, result_expires

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. What is no poll is the view's affair, to say what is wrong with it."""
        run_id = parse_id(scope["path_params"]["task_id"]) if scope["method"] == "GET" else None
        if run_id is None:
            await self._django(scope, receive, send)
            return
        standing = await self._looks.look(run_id)
        await status_response(standing, self._result_expires)(scope, receive, send)


def status_response(standing: Standing, result_expires: float) -> Response:
    """Return the answer that tells how a run stands; `result_expires` is in seconds."""
    status, body = status_json(standing, result_expires)
    return Response(body, status, {"cache-control": "no-store"}, "application/json")
