"""Clients of the storm: they ask, poll, cancel and send messages twice, and write down every answer that they get."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from random import uniform
from typing import Any

from celery import Celery

from benchmarks.chaos.planning import Plan, PlannedRun
from benchmarks.client import Connection, Reply

_POLL_SECONDS = 1.0
#: Pause before a request without an answer, or with a 503, is sent again; jittered, as clients do that are many.
_AGAIN_SECONDS = 2.0
_LAG_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of the web process, or none (status 0). `t` by the monotonic clock when it was sent."""

    t: float
    what: str
    status: int
    seconds: float
    retry_after: str
    error: str


@dataclass
class Heard:
    """All that clients know in the end."""

    #: Run id -> what was asked.
    accepted: dict[str, PlannedRun] = field(default_factory=dict)
    #: Run id -> its final bodies, in the order in which they were seen.
    finals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: Runs whose cancel was answered with REVOKED.
    cancelled: set[str] = field(default_factory=set)
    duplicates: int = 0
    answers: list[Answer] = field(default_factory=list)
    #: Longest time that this process itself was late: requests were not slower than measured less that.
    lag: float = 0.0


class Clients:
    """Everybody who asks in one storm."""

    def __init__(self, address: str, kombu_url: str, plan: Plan) -> None:
        self._address, self._plan, self.heard = address, plan, Heard()
        self._app = Celery("duplicates", broker=kombu_url)
        self._app.conf.broker_transport_options = {
            "socket_timeout": 2.0,
            "socket_connect_timeout": 2.0,
            "max_retries": 0,
        }
        self._publishing = ThreadPoolExecutor(4)
        self._began = 0.0

    async def live(self, patience: float) -> None:
        """Ask all questions and wait for their ends, for `patience` seconds after the storm's time at most."""
        self._began = time.monotonic()
        lag = asyncio.create_task(self._watch_lag())
        try:
            async with asyncio.timeout(self._plan.seconds + patience), asyncio.TaskGroup() as group:
                for run in self._plan.runs:
                    if run.thread is None:
                        group.create_task(self._ask([run], group))
                by_thread = sorted(
                    (run for run in self._plan.runs if run.thread),
                    key=lambda run: (str(run.thread), run.number),
                )
                for _thread, runs in groupby(by_thread, key=lambda run: run.thread):
                    group.create_task(self._ask(list(runs), group))
        except TimeoutError:
            pass
        finally:
            lag.cancel()
            self._publishing.shutdown(wait=False, cancel_futures=True)

    async def look_again(self) -> None:
        """Ask once more for every final state."""
        connection = Connection(self._address)
        for run_id in self.heard.accepted:
            for _ in range(5):
                if await self._look(connection, run_id) is not None:
                    break
                await asyncio.sleep(_AGAIN_SECONDS)
        connection.close()

    async def _ask(self, runs: list[PlannedRun], group: asyncio.TaskGroup) -> None:
        """Ask the questions of one thread, each after the one before was accepted."""
        connection = Connection(self._address)
        for run in runs:
            await asyncio.sleep(max(0, self._began + run.at - time.monotonic()))
            body = {
                "student_id": "storm",
                "question": f"Question {run.number}?",
                "context": {"plan": run.plan},
            }
            while True:
                reply = await self._heard(
                    "ask", connection.post("/api/ai/ask-async/", body | {"thread_id": run.thread})
                )
                if reply.status == 202:
                    break
                await asyncio.sleep(_AGAIN_SECONDS * uniform(0.5, 1.5))
            run_id = reply.json()["task_id"]
            self.heard.accepted[run_id] = run
            group.create_task(self._follow(run_id))
            if run.cancel_after is not None:
                group.create_task(self._cancel(run_id, run.cancel_after))
            if run.duplicate_after is not None:
                group.create_task(self._duplicate(run_id, run.duplicate_after))
        connection.close()

    async def _follow(self, run_id: str) -> None:
        connection = Connection(self._address)
        while (seen := await self._look(connection, run_id)) is not True:
            connection.close()
            if seen is None:
                await asyncio.sleep(_AGAIN_SECONDS * uniform(0.5, 1.5))
            await asyncio.sleep(_POLL_SECONDS * uniform(0.5, 1.5))
        connection.close()

    async def _look(self, connection: Connection, run_id: str) -> bool | None:
        """Ask how a run stands; True when it ended, None when nothing was told."""
        reply = await self._heard("status", connection.get(f"/api/ai/tasks/{run_id}/status/"))
        if reply.status != 200:
            return None
        if not reply.json()["ready"]:
            return False
        body = reply.json()
        told = {name: body.get(name) for name in ("status", "result", "error")}
        seen = self.heard.finals.setdefault(run_id, [])
        if told not in seen:
            seen.append(told)
        return True

    async def _cancel(self, run_id: str, after: float) -> None:
        await asyncio.sleep(after)
        connection = Connection(self._address)
        for _ in range(40):
            reply = await self._heard("cancel", connection.post(f"/api/ai/tasks/{run_id}/cancel/"))
            if reply.status == 200:
                if reply.json()["status"] == "REVOKED":
                    self.heard.cancelled.add(run_id)
                break
            await asyncio.sleep(_AGAIN_SECONDS * uniform(0.5, 1.5))
        connection.close()

    async def _duplicate(self, run_id: str, after: float) -> None:
        await asyncio.sleep(after)
        try:
            await asyncio.get_running_loop().run_in_executor(self._publishing, self._send, run_id)
            self.heard.duplicates += 1
        except Exception:  # the broker is away: there is no second message then
            return

    def _send(self, run_id: str) -> None:
        name = "lectern.process_langgraph_question"
        self._app.send_task(
            name, args=[run_id], task_id=run_id, queue="langgraph", ignore_result=True, retry=False
        )

    async def _heard(self, what: str, request: Any) -> Reply:
        sent = time.monotonic()
        reply: Reply = await request
        self.heard.answers.append(
            Answer(
                t=sent, what=what, status=reply.status, seconds=reply.seconds,
                retry_after=reply.headers.get("retry-after", ""),
                error=reply.error or ("" if reply.status < 300 else reply.body[:200].decode(errors="replace")),
            )
        )  # fmt: skip
        return reply

    async def _watch_lag(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(_LAG_SECONDS)
            self.heard.lag = max(self.heard.lag, time.monotonic() - before - _LAG_SECONDS)
