"""Threads that make blocking calls for a loop."""

import asyncio
import subprocess
import sys
import threading

import pytest

from lectern.entrypoints.http.errors import TooBusy
from lectern.entrypoints.shell.threads import Threads


async def test_a_call_returns_and_raises_as_it_would_by_itself() -> None:
    threads = Threads("test", 1)
    assert await threads.run(lambda: 6 * 7) == 42
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 / 0)
    assert await threads.run(lambda: "still there") == "still there"


async def test_as_many_calls_as_threads_run_at_once_and_no_more() -> None:
    threads, both = Threads("test", 2), threading.Barrier(2)
    await asyncio.gather(*(threads.run(lambda: both.wait(30)) for _ in range(4)))


async def test_an_idle_thread_is_used_again() -> None:
    threads = Threads("test", 8)
    names = {await threads.run(lambda: threading.current_thread().name) for _ in range(5)}
    assert names == {"test-1"}


async def test_a_wait_that_is_cancelled_frees_no_thread() -> None:
    threads, gate = Threads("test", 1), threading.Event()
    call = asyncio.create_task(threads.run(lambda: gate.wait(60)))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(TooBusy):
        await threads.run(lambda: None, patience=0.01)
    gate.set()
    await threads.run(lambda: None)


def test_a_call_that_hangs_does_not_keep_the_process() -> None:
    code = """
import asyncio, time
from lectern.entrypoints.shell.threads import Threads
async def main():
    call = asyncio.create_task(Threads("test", 1).run(lambda: time.sleep(600)))
    await asyncio.sleep(0.1)
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)
