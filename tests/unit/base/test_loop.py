import asyncio
import time
from threading import current_thread

import pytest

from lectern.base import loop as loops
from lectern.base.loop import LoopThread
from tests.waiting import until


def test_a_loop_that_is_blocked_tells_how_late_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loops, "_LATE_SECONDS", 0.1)
    loop = LoopThread(1)
    loop.start()

    async def block() -> None:
        time.sleep(0.4)  # noqa: ASYNC251  # what must not be done, and is found out here

    loop.submit(block()).result(30)
    until("it is late", lambda: loop.lag.worst_seconds > 0.2)
    loop.submit(block()).result(30)
    until("it was logged", lambda: caplog.text.count("loop_late"))
    assert caplog.text.count("loop_late") == 1
    loop.stop()


def test_what_coroutines_hand_to_a_thread_runs_on_its_threads() -> None:
    loop = LoopThread(3)
    loop.start()
    name = loop.submit(asyncio.to_thread(lambda: current_thread().name)).result(30)
    assert name.startswith("lectern-node")
    loop.stop()


def test_a_task_that_leaves_does_not_end_the_loop() -> None:
    loop = LoopThread(1)
    loop.start()

    async def leave() -> None:
        await asyncio.sleep(0)
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        loop.submit(leave()).result(30)
    assert loop.submit(asyncio.sleep(0, "still here")).result(30) == "still here"
    loop.stop()
    assert not loop.is_alive()
