"""Polls of a task's status: thousands a second, so they pass by Django and its threads."""

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from lectern.base.ids import parse_id
from lectern.entrypoints.http.guide import status_body
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
        status, body = status_body(await self._looks.look(run_id), self._result_expires)
        await JSONResponse(body, status, {"cache-control": "no-store"})(scope, receive, send)
