"""Celery's own tracer, told the outcome of a body that has ended already.

A coroutine runs on the loop. When it has ended, the tracer runs on a thread with a body that returns or raises what is
known: results, retries, errbacks and signals stay Celery's, may touch the ORM, and never block the loop. What the tracer
does *before* a body (`task_prerun`, `before_start`) is done before the coroutine begins, and left out here.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from celery import Celery, signals, states
from celery.app.task import Context, get_actual_ignore_result
from celery.app.trace import build_tracer
from celery.utils.nodenames import gethostname


@dataclass
class Outcome:
    """How a coroutine ended. Times are `time.monotonic()`."""

    began: float
    ended: float
    value: Any = None
    error: BaseException | None = None
    _clock_read: bool = False

    def give(self) -> Any:
        """Return or raise it, as the body did."""
        if self.error is not None:
            raise self.error
        return self.value

    def clock(self) -> float:
        """Return when the body began, then when it ended: the tracer asks twice, and takes the difference for its runtime."""
        self._clock_read, again = True, self._clock_read
        return self.ended if again else self.began


_outcome: ContextVar[Outcome | None] = ContextVar("lectern-outcome", default=None)


class RequestStack:
    """Stands in a task's `request_stack`, so that `self.request` is that of the coroutine, and of those it begins."""

    def __init__(self) -> None:
        self._items: ContextVar[tuple[Any, ...]] = ContextVar("celery-requests", default=())

    def push(self, item: Any) -> None:
        """Put an item on top, as seen from here."""
        self._items.set((*self._items.get(), item))

    def pop(self) -> Any:
        """Take the top item off, as seen from here; None when there is none."""
        items = self._items.get()
        self._items.set(items[:-1])
        return items[-1] if items else None

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._items.get())

    @property
    def stack(self) -> list[Any]:
        """All items."""
        return list(self._items.get())

    @property
    def top(self) -> Any:
        """The top item, or None."""
        items = self._items.get()
        return items[-1] if items else None


def coroutine_of(task: Any) -> Callable[..., Any] | None:
    """Return the coroutine function of a task, None for a task that blocks.

    It is the task's `coroutine`, beside a `run` that other pools take, or an `async def` that is the task.
    """
    beside: Callable[..., Any] | None = getattr(task, "coroutine", None)
    run = getattr(task, "_orig_run", task.run)  # with `autoretry_for`, `run` is a wrapper
    return beside or (run if iscoroutinefunction(run) else None)


class Replay:
    """What comes before and after the body of one coroutine task."""

    def __init__(self, task: Any, app: Celery) -> None:
        self.task, self.body = task, coroutine_of(task)
        self._app = app
        task.request_stack = RequestStack()
        name = "_orig_run" if hasattr(task, "_orig_run") else "run"
        setattr(task, name, _known_or(getattr(task, name)))
        self._before_start = getattr(task, "before_start", None)
        # The tracer remembers these when it is built: what has happened before the body must not happen again.
        with _replaced(task, "before_start", _nothing), _replaced(signals.task_prerun, "receivers", []):
            loader = _Loader(app.loader)
            self._trace = build_tracer(task.name, task, loader=loader, app=app, monotonic=_clock)

    def before(self, task_id: str, request: Context) -> None:
        """Do what precedes a body; raises what `before_start` raises. Blocks: not for the loop."""
        task, args, kwargs = self.task, request.args, request.kwargs
        task.request_stack.push(request)
        try:
            signals.task_prerun.send(sender=task, task_id=task_id, task=task, args=args, kwargs=kwargs)
            self._app.loader.on_task_init(task_id, task)
            if task.track_started and not get_actual_ignore_result(task, request):
                started = {"pid": request.get("worker_pid"), "hostname": gethostname()}
                task.backend.store_result(task_id, started, states.STARTED, request=request)
            if self._before_start:
                self._before_start(task_id, args, kwargs)
        finally:
            task.request_stack.pop()

    def after(self, task_id: str, request: dict[str, Any], outcome: Outcome) -> tuple[int, Any, float]:
        """Do what follows a body, and return what Celery's request wants to be told. Blocks."""
        token = _outcome.set(outcome)
        try:
            result, info, runtime, shown = self._trace(task_id, request["args"], request["kwargs"], request)
        finally:
            _outcome.reset(token)
        return (1, result, runtime) if info else (0, shown, runtime)


class _Loader:
    """Celery's loader, for a body that has been prepared already."""

    def __init__(self, loader: Any) -> None:
        self.on_process_cleanup = loader.on_process_cleanup

    def on_task_init(self, task_id: str, task: Any) -> None:
        """Do nothing."""


def _known_or(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return the outcome under replay, or call `run` when there is none: somebody calls the task directly."""

    def known_or_run(*args: Any, **kwargs: Any) -> Any:
        outcome = _outcome.get()
        return outcome.give() if outcome else run(*args, **kwargs)

    return known_or_run


def _clock() -> float:
    outcome = _outcome.get()
    return outcome.clock() if outcome else time.monotonic()


def _nothing(*_: Any) -> None:
    """Stand for what has been done."""


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Set an attribute of an object for a while."""
    had, before = name in vars(owner), getattr(owner, name, None)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if had:
            setattr(owner, name, before)
        else:
            delattr(owner, name)
