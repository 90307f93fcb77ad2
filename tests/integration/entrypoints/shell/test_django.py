"""The way from the loop into Django's threads: limits, and what happens when all threads are busy."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from lectern.entrypoints.shell import django as bridge
from lectern.entrypoints.shell.django import Django
from lectern.entrypoints.shell.edge import Edge
from lectern.entrypoints.shell.threads import Threads


class Gate:
    """A WSGI app whose every request waits until it is opened."""

    def __init__(self) -> None:
        self.opened, self.arrived = threading.Event(), threading.Semaphore(0)
        self.closed, self.bodies = 0, list[bytes]()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        self.arrived.release()
        if environ["PATH_INFO"] == "/wait":
            self.opened.wait(60)
        start_response(
            "200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        )
        gate = self

        class Chunks(list[bytes]):
            def close(self) -> None:
                gate.closed += 1

        return Chunks([b"he", b"llo"])


def _client(gate: Gate, threads: int = 2) -> httpx.AsyncClient:
    app = Edge(
        Django(gate, Threads("test", threads), 100),
        ["localhost"],
        allow_open=False,
        allows_origin=lambda _: False,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")  # type: ignore[arg-type]


async def test_an_answer_passes_whole_and_django_hears_of_its_end() -> None:
    gate = Gate()
    answer = await _client(gate).get("/")
    assert answer.text == "hello"
    assert answer.headers["content-length"] == "5"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert gate.closed == 1


async def test_when_all_threads_are_busy_a_request_waits_a_moment_and_gets_a_503(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate()
    async with _client(gate) as client:
        waiting = [asyncio.create_task(client.get("/wait")) for _ in range(2)]
        for _ in waiting:
            await asyncio.to_thread(gate.arrived.acquire)
        with monkeypatch.context() as patch:
            patch.setattr(bridge, "PATIENCE_SECONDS", 0.05)
            answer = await client.get("/")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["code"] == "too_busy"
        gate.opened.set()
        assert [(await task).status_code for task in waiting] == [200, 200]
        assert (await client.get("/")).status_code == 200


async def test_a_request_gets_the_first_thread_that_is_free() -> None:
    gate = Gate()
    async with _client(gate, threads=1) as client:
        waiting = asyncio.create_task(client.get("/wait"))
        next_one = asyncio.create_task(client.get("/"))
        await asyncio.to_thread(gate.arrived.acquire)
        gate.opened.set()
        assert (await next_one).status_code == 200
        assert (await waiting).status_code == 200


async def _chunks(*sizes: int) -> Any:
    for size in sizes:
        yield b"a" * size


BODIES = {
    "in one piece": (b"a" * 100, 200),
    "in one piece, over the limit": (b"a" * 101, 413),
    "in chunks": (_chunks(50, 50), 200),
    "in chunks, over the limit": (_chunks(50, 51), 413),
    "in many chunks, far over the limit": (_chunks(*[100] * 50), 413),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
async def test_a_body_is_read_up_to_its_limit(body: Any, status: int) -> None:
    gate = Gate()
    answer = await _client(gate).post("/", content=body)
    assert answer.status_code == status
    assert gate.bodies == ([b"a" * 100] if status == 200 else [])


async def test_a_query_in_raw_bytes_is_refused() -> None:
    sent: list[Any] = []
    app = Edge(
        Django(Gate(), Threads("test", 1), 100),
        ["localhost"],
        allow_open=False,
        allows_origin=lambda _: False,
    )

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"a=\xff",
        "headers": [(b"host", b"localhost")],
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 400


async def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.05)

    gate, sent = Gate(), list[Any]()
    app = Django(gate, Threads("test", 1), 100)

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    await Edge(app, ["localhost"], allow_open=False, allows_origin=lambda _: False)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert gate.bodies == []
