"""Calls that belong into the thread in which Celery's worker talks with the broker."""

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

from celery.utils.log import get_logger

logger = get_logger(__name__)


class Callbacks:
    """What is posted runs there one after another, in order. Without a hub it runs where it is posted.

    They are made when a pipe becomes readable, after the hub has waited for its sockets. What its `call_soon` is given runs
    before that; Celery's acknowledgements, which that leads to, would run after it, up to a second later, and as long
    would a worker whose slots were all taken get no message.
    """

    def __init__(self) -> None:
        self._hub: Any = None
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self._calls: deque[Callable[[], object]] = deque()
        self._posted = Event()

    def register(self, hub: Any) -> None:
        """Take the worker's hub; again after each new connection to the broker."""
        self._hub = hub
        hub.add_reader(self._woken, self._wake_up)

    def post(self, call: Callable[..., object], *args: Any) -> None:
        """Have a call made soon; never blocks."""
        self._calls.append(partial(call, *args))
        self._posted.set()
        if self._hub is None:
            self.drain()
        else:
            with suppress(BlockingIOError):  # full: it will wake
                os.write(self._wake, b"1")

    def _wake_up(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._woken, 65536)
        self.drain()

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
