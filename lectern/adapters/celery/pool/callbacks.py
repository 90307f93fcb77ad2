"""Calls that belong into the thread in which Celery's worker talks with the broker."""

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

from celery.utils.log import get_logger

logger = get_logger(__name__)


class Callbacks:
    """What is posted runs there one after another, in order. Without a hub it runs where it is posted."""

    def __init__(self) -> None:
        self._hub: Any = None
        self._calls: deque[Callable[[], object]] = deque()
        self._posted = Event()

    def register(self, hub: Any) -> None:
        """Take the worker's hub; again after each new connection to the broker."""
        self._hub = hub

    def post(self, call: Callable[..., object], *args: Any) -> None:
        """Have a call made soon; never blocks."""
        self._calls.append(partial(call, *args))
        self._posted.set()
        if self._hub is None:
            self.drain()
        else:
            self._hub.call_soon(self.drain)

    def drain(self) -> None:
        """Make the calls that wait."""
        self._posted.clear()
        while self._calls:
            try:
                call = self._calls.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                call()
            except Exception:
                logger.exception("The pool could not report what became of a task.")

    def wait(self, seconds: float) -> None:
        """Make the calls that wait, or that are posted within some seconds. For a time when the hub stands still."""
        self._posted.wait(seconds)
        self.drain()
