"""One task that the pool was given, from its slot to what Celery is told of its end."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from billiard.einfo import ExceptionInfo
from celery.app.task import Context
from celery.exceptions import SoftTimeLimitExceeded
from celery.utils.nodenames import gethostname
from kombu.serialization import loads, prepare_accept_content

from lectern.adapters.celery.pool.callbacks import Callbacks
from lectern.adapters.celery.pool.driving import SoftLimit, drive
from lectern.adapters.celery.pool.replay import Outcome, Replay
from lectern.base.loop import LoopThread
from lectern.base.threads import DaemonThreads


class TaskCancelled(RuntimeError):
    """A coroutine ended by a cancellation that nobody asked the pool for: something inside it was cancelled."""


class Home(Protocol):
    """What jobs have in common: the pool."""

    app: Any
    loop: LoopThread
    callbacks: Callbacks
    #: Make what comes before and after coroutines.
    tracers: DaemonThreads
    #: Run tasks that block.
    blockers: DaemonThreads

    def leave_slot(self, job: "Job") -> None:
        """Let the next one have the job's slot."""

    def forget(self, job: "Job") -> None:
        """Drop a job of which Celery knows everything."""


@dataclass(eq=False, kw_only=True)
class Job:
    """Also what Celery keeps as the result of `apply_async`: it calls `terminate`.

    Everything that Celery is told goes through the pool's callbacks, so one thread alone decides what is told: after
    `let_go` nothing more is.
    """

    home: Home
    queue: str
    #: Celery's tracer and its arguments: name, id, request, body, content type and encoding.
    target: Callable[..., Any]
    args: tuple[Any, ...]
    #: For a coroutine task.
    replay: Replay | None
    on_accepted: Callable[..., Any]
    on_success: Callable[..., Any]
    on_failure: Callable[..., Any]
    on_timeout: Callable[..., Any]
    soft_limit: float | None
    hard_limit: float | None
    #: Celery has been told of its end, or wants to hear nothing.
    gone: bool = False
    _slot_left: bool = False
    _soft_due: bool = False
    _task: "asyncio.Task[None] | None" = None
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)

    @property
    def task_id(self) -> str:
        """Celery's id of the task."""
        return str(self.args[1])

    def begin(self) -> None:
        """Start it; it has a slot."""
        if self.gone or self._is_revoked():
            self._leave()
        elif self.replay:
            self.home.tracers.submit(self._prepare, self.replay)
        else:
            self.home.blockers.submit(self._block)

    def terminate(self, signal: Any = None) -> None:
        """Cancel the coroutine, and tell Celery nothing: it has done its part already. A thread is left to its end."""
        self.gone = True
        self.home.loop.loop.call_soon_threadsafe(self._cancel)

    # --- a task that blocks, on a thread of its own -----------------------------------------------------------------

    def _block(self) -> None:
        self._accept()
        self.home.loop.loop.call_soon_threadsafe(self._set_limits)
        try:
            result = self.target(*self.args)
        except BaseException:
            self._tell(self.on_failure, ExceptionInfo())
        else:
            self._tell(self.on_success, result)

    # --- a coroutine ------------------------------------------------------------------------------------------------

    def _prepare(self, replay: Replay) -> None:
        """Do what precedes the body, on a thread."""
        began = time.monotonic()
        self._accept()
        try:
            context = self._read_request()
        except Exception:
            self._tell(self.on_failure, ExceptionInfo())
            return
        try:
            replay.before(self.task_id, context)
        except Exception as exc:
            self._report(replay, context, Outcome(began=began, ended=time.monotonic(), error=exc))
        else:
            self.home.loop.loop.call_soon_threadsafe(self._start, replay, context)

    def _start(self, replay: Replay, context: Context) -> None:
        if self.gone:
            self._leave()
            return
        self._task = self.home.loop.loop.create_task(self._run(replay, context), name=f"task-{self.task_id}")
        self._set_limits()

    async def _run(self, replay: Replay, context: Context) -> None:
        outcome = Outcome(began=time.monotonic(), ended=0)
        replay.task.request_stack.push(context)
        try:
            assert replay.body is not None
            body: Coroutine[Any, Any, Any] = replay.body(*context.args, **context.kwargs)
            outcome.value = await drive(body, replay.task, self._seen)
        except SoftLimit as exc:
            outcome.error = SoftTimeLimitExceeded(*exc.args).with_traceback(exc.__traceback__)
        except asyncio.CancelledError as exc:
            sentence = "The coroutine of this task was cancelled by something inside it."
            outcome.error = TaskCancelled(sentence).with_traceback(exc.__traceback__)
        except BaseException as exc:  # SystemExit, too: it would end the loop
            outcome.error = exc
        outcome.ended = time.monotonic()
        self._drop_limits()
        if self.gone:
            self._leave()
            return
        self._leave_slot()
        self.home.tracers.submit(self._report, replay, context, outcome)

    def _report(self, replay: Replay, context: Context, outcome: Outcome) -> None:
        """Do what follows the body, on a thread."""
        request = {**self.args[2], "_children": context.children}
        try:
            result = replay.after(self.task_id, request, outcome)
        except BaseException:
            self._tell(self.on_failure, ExceptionInfo())
        else:
            self._tell(self.on_success, result)

    def _read_request(self) -> Context:
        """Read the message's arguments into its request, as Celery's tracer does."""
        _, _, request, body, content_type, encoding = self.args
        embed: Mapping[str, Any] | None
        if content_type:
            accept = prepare_accept_content(self.home.app.conf.accept_content)  # type: ignore[no-untyped-call]  # kombu is half typed
            args, kwargs, embed = loads(body, content_type, encoding, accept=accept)  # type: ignore[no-untyped-call]  # kombu is half typed
        else:
            args, kwargs, embed = body
        given = {"args": args, "kwargs": kwargs, "hostname": gethostname(), "is_eager": False}
        request.update(given, **(embed or {}))
        return Context(request, args=args, called_directly=False, kwargs=kwargs)

    # --- limits -----------------------------------------------------------------------------------------------------

    def _set_limits(self) -> None:
        later = self.home.loop.loop.call_later
        if self.soft_limit and self.replay:  # a thread cannot be interrupted
            self._timers.append(later(self.soft_limit, self._pass_soft_limit))
        if self.hard_limit:
            self._timers.append(later(self.hard_limit, self._pass_hard_limit))

    def _pass_soft_limit(self) -> None:
        if self._task and not self.gone:
            self._soft_due = True
            self._task.cancel()
            self.home.callbacks.post(self.on_timeout, True, self.soft_limit)

    def _pass_hard_limit(self) -> None:
        self.home.callbacks.post(self._end_by_hard_limit)

    def _end_by_hard_limit(self) -> None:
        if not self.gone:
            self.terminate()
            self.on_timeout(False, self.hard_limit)

    def _seen(self, exc: BaseException) -> BaseException:
        """Turn the cancellation by which a soft limit arrives into the limit, which may be caught."""
        if not (self._soft_due and isinstance(exc, asyncio.CancelledError)):
            return exc
        self._soft_due = False
        if self._task:
            self._task.uncancel()
        return SoftLimit(self.soft_limit)

    def _drop_limits(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    # --- ends -------------------------------------------------------------------------------------------------------

    def _cancel(self) -> None:
        self._drop_limits()
        if self._task and not self._task.done():
            self._task.cancel()  # its slot is free when it has ended
        elif not self._task and not self.replay:
            self._leave()

    def _is_revoked(self) -> bool:
        """Return True when the task was revoked while it waited for a slot; Celery tells everybody."""
        request = getattr(self.on_accepted, "__self__", None)
        return bool(request is not None and request.revoked())

    def _accept(self) -> None:
        self._tell_if_wanted(self.on_accepted, os.getpid(), time.monotonic())

    def _tell(self, call: Callable[..., object], *args: Any) -> None:
        """Tell Celery how it ended."""
        self.home.loop.loop.call_soon_threadsafe(self._drop_limits)
        self._tell_if_wanted(call, *args)
        self.home.callbacks.post(self._leave)

    def _tell_if_wanted(self, call: Callable[..., object], *args: Any) -> None:
        def tell() -> None:
            if not self.gone:
                call(*args)

        self.home.callbacks.post(tell)

    def _leave(self) -> None:
        self.gone = True
        self._leave_slot()
        self.home.forget(self)

    def _leave_slot(self) -> None:
        if not self._slot_left:
            self._slot_left = True
            self.home.leave_slot(self)
