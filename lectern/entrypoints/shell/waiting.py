"""The sync ask: Django accepts the question, the shell waits for its answer without holding a thread."""

import asyncio
import json
from uuid import UUID

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lectern.base.log import logger
from lectern.engine.errors import StoreUnavailable
from lectern.entrypoints.http.errors import TooBusy
from lectern.entrypoints.shell.django import Django
from lectern.entrypoints.shell.looking import Looks
from lectern.entrypoints.shell.polling import status_response

log = logger(__name__)

#: Seconds between two looks at a run: the first, how it grows, the longest.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 0.05, 1.25, 0.25


class AskAndWait:
    """An ASGI app around the view `ask_and_wait`: its 202 becomes a 200 if the run is ready within `seconds`.

    `result_expires` is in seconds.
    """

    def __init__(self, django: Django, looks: Looks, result_expires: float, seconds: float) -> None:
        self._django, self._looks = django, looks
        self._result_expires, self._seconds = result_expires, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. A client that goes away ends the waiting, not the run."""
        answer = await self._django.answer(scope, receive)
        if answer.status_code == 202:
            gone = asyncio.create_task(_disconnected(receive))
            try:
                answer = await self._wait(answer, gone)
            finally:
                gone.cancel()
        await answer(scope, receive, send)

    async def _wait(self, answer: Response, gone: asyncio.Task[None]) -> Response:
        """Return the status of the run in `answer` when it is ready, when time is up, or when the client is gone."""
        run_id = UUID(json.loads(bytes(answer.body))["task_id"])
        clock = asyncio.get_running_loop()
        until, pause = clock.time() + self._seconds, _FIRST_PAUSE
        ready = False
        while not (ready or gone.done() or clock.time() >= until):
            await asyncio.wait({gone}, timeout=min(pause, until - clock.time()))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            try:
                standing = await self._looks.look(run_id)
            except (
                StoreUnavailable,
                TooBusy,
            ) as exc:  # the question was accepted: its id must reach the client
                log.warning("wait", run_id=str(run_id), error=str(exc))
            else:
                ready = standing.ended
                answer = status_response(standing, self._result_expires)
                answer.status_code = answer.status_code if ready else 202
        return answer


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
