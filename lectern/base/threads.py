"""Threads that never keep a process alive, with a count of what waits for one."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock, Thread, local
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: What a thread is asked to do; None ends it.
_Call = tuple["Future[Any]", Callable[[], Any]] | None
_here = local()


def company() -> int:
    """Return of how many threads that may be there together the calling one is; 1 for a thread by itself."""
    return getattr(_here, "company", 1)


class DaemonThreads(ThreadPoolExecutor):
    """An executor whose threads end with the process, whatever they are doing.

    The standard library's are joined when the interpreter ends, so that one call that hangs holds the whole process.
    It is a `ThreadPoolExecutor` in name only: asyncio takes no other kind as the default executor of a loop.
    """

    def __init__(self, most: int, name: str) -> None:
        super().__init__(max_workers=most, thread_name_prefix=name)
        #: Threads there may be; they come as they are needed.
        self.most = most
        self._name = name
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._members: list[Thread] = []
        self._mutex = Lock()
        self._resting = self._queued = 0
        self._closed = False

    @property
    def busy(self) -> int:
        """Threads that do something now."""
        return len(self._members) - self._resting

    @property
    def waiting(self) -> int:
        """Calls for which no thread is free."""
        return max(0, self._queued - self._resting)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Have a thread make a call."""
        future: Future[T] = Future()
        with self._mutex:
            if self._closed:
                raise RuntimeError(f"The threads {self._name} have ended; nothing can be submitted to them.")
            self._queued += 1
            if self._queued > self._resting and len(self._members) < self.most:
                self._add_thread_if_there_is_one()
        self._calls.put((future, lambda: fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; `wait` for those under way."""
        with self._mutex:
            self._closed, members = True, list(self._members)
        while cancel_futures and not self._calls.empty():
            if call := self._calls.get():
                call[0].cancel()
        for _ in members:
            self._calls.put(None)
        for thread in members if wait else ():
            thread.join()

    def join(self, seconds: float) -> None:
        """Wait for calls under way, for a bounded time in all; after `shutdown`."""
        until = time.monotonic() + seconds
        for thread in self._members:
            thread.join(max(0.0, until - time.monotonic()))

    def _add_thread_if_there_is_one(self) -> None:
        """Start one more; where the system has none left those that are there go on, and without any the call fails."""
        thread = Thread(target=self._serve, name=f"{self._name}_{len(self._members)}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._members:
                self._queued -= 1
                raise
            return
        self._members.append(thread)
        self._resting += 1  # before it can count for itself: the lock is held

    def _serve(self) -> None:
        _here.company = self.most
        while call := self._calls.get():
            self._count(-1, queued=-1)
            future, work = call
            del call
            if future.set_running_or_notify_cancel():
                _settle(future, work)
            del future, work  # else the last result is kept until the next call
            self._count(1)

    def _count(self, resting: int, queued: int = 0) -> None:
        with self._mutex:
            self._resting += resting
            self._queued += queued


def _settle(future: "Future[Any]", work: Callable[[], Any]) -> None:
    try:
        result = work()
    except BaseException as exc:  # whoever waits for the future gets it
        future.set_exception(exc)
    else:
        future.set_result(result)
