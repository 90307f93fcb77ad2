"""Steps a task's coroutine, so that Celery's current task is known inside and a time limit can be raised there."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any

from celery._state import _task_stack
from celery.exceptions import SoftTimeLimitExceeded


class SoftLimit(SoftTimeLimitExceeded, asyncio.CancelledError):  # type: ignore[misc]  # Celery has no types
    """A time limit as it is raised inside a coroutine.

    It is a cancellation, too: `asyncio.TaskGroup` and its like end their children by that, and know no other way.
    """


@coroutine
def drive(
    body: Coroutine[Any, Any, Any], task: Any, seen: Callable[[BaseException], BaseException]
) -> Generator[Any, Any, Any]:
    """Await `body` on behalf of a Celery task; `seen` may replace what is thrown into it."""
    step: Callable[[Any], Any] = body.send
    value: Any = None
    while True:
        _task_stack.push(task)
        try:
            waited = step(value)
        except StopIteration as end:
            return end.value
        finally:
            _task_stack.pop()
        try:
            value, step = (yield waited), body.send
        except BaseException as exc:
            value, step = seen(exc), body.throw
