import subprocess
import sys
from threading import Event, Thread

import pytest

from lectern.base.threads import DaemonThreads, company
from tests.waiting import until


def test_threads_come_as_they_are_needed_and_no_more_than_allowed() -> None:
    threads, leave = DaemonThreads(2, "t"), Event()
    futures = [threads.submit(leave.wait, 60) for _ in range(5)]
    until("three wait", lambda: (threads.busy, threads.waiting) == (2, 3))
    leave.set()
    assert [future.result(30) for future in futures] == [True] * 5
    until("all rest", lambda: (threads.busy, threads.waiting) == (0, 0))
    assert threads.submit(lambda: "one more").result(30) == "one more"
    threads.shutdown()


def test_a_thread_knows_how_many_it_belongs_to() -> None:
    threads = DaemonThreads(7, "t")
    assert (threads.submit(company).result(30), company()) == (7, 1)
    threads.shutdown()


def test_an_error_reaches_whoever_waits_and_ends_no_thread() -> None:
    threads = DaemonThreads(1, "t")
    with pytest.raises(SystemExit):
        threads.submit(sys.exit, 3).result(30)
    assert threads.submit(lambda: 1).result(30) == 1
    threads.shutdown()
    with pytest.raises(RuntimeError, match="have ended"):
        threads.submit(lambda: 1)


def test_where_no_thread_is_to_be_had_those_that_are_there_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    threads, leave = DaemonThreads(2, "t"), Event()
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refused)
        with pytest.raises(RuntimeError, match="new thread"):
            threads.submit(leave.wait, 60)
    first = threads.submit(leave.wait, 60)
    until("it has begun", lambda: threads.busy == 1)
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refused)
        second = threads.submit(lambda: "served")
    assert (threads.busy, threads.waiting) == (1, 1)
    leave.set()
    assert (first.result(30), second.result(30)) == (True, "served")
    threads.shutdown()


def test_a_thread_that_hangs_does_not_keep_its_process() -> None:
    code = (
        "import time; from lectern.base.threads import DaemonThreads as T; T(1, 't').submit(time.sleep, 600)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
