"""Lease: a worker's sign of life, and what it must stop doing when it was too late."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from lectern.base.ids import new_id
from lectern.base.log import logger
from lectern.engine.errors import StoreUnavailable
from lectern.engine.options import EngineOptions
from lectern.engine.ports import WorkerRegistry

log = logger(__name__)


@dataclass(kw_only=True)
class Lease:
    """The worker row of this process, and the attempts that live by it.

    `beat()` is called every `heartbeat_seconds` from one thread; `hold` and `release` from any. An attempt whose token
    is no longer in the rows is stopped by its callback: it was cancelled, or taken by another worker.
    """

    workers: WorkerRegistry
    options: EngineOptions
    name: str
    pid: int
    #: Slots of each queue that this process serves.
    slots: Mapping[str, int]
    #: Called after each sign of life that reached the rows.
    on_beat: Callable[[], None] = lambda: None
    worker_id: UUID = field(default_factory=new_id)
    #: By token: the run, and what stops it.
    _attempts: dict[UUID, tuple[UUID, Callable[[], None]]] = field(default_factory=dict)
    #: The token of each run that is executed here.
    _tokens: dict[UUID, UUID] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    #: Tokens of claims whose answer is still waited for: by a loop that is late, for seconds.
    _claiming: set[UUID] = field(default_factory=set)
    #: Tokens that the last beat found in the rows but not in this process.
    _unknown: set[UUID] = field(default_factory=set)
    _last_beat: float = 0.0
    _registered: bool = False
    _ended: bool = False

    def begin(self) -> None:
        """Insert the worker row. Raises `StoreUnavailable`."""
        since = time.monotonic()
        self.workers.register(worker_id=self.worker_id, name=self.name, pid=self.pid, slots=self.slots)
        self._registered = True
        self._has_beaten(since)

    def end(self) -> None:
        """Remove the worker row, for good: what it still holds is free for others at once."""
        self._ended = True
        if self._registered:
            self.workers.leave(self.worker_id)
            self._registered = False

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues that this process serves."""
        return tuple(self.slots)

    @contextmanager
    def claiming(self) -> Iterator[UUID]:
        """Give the token of a claim that is about to be made; until its answer is here it is no stray."""
        token = new_id()
        self._claiming.add(token)
        try:
            yield token
        finally:
            self._claiming.discard(token)

    def hold(self, token: UUID, stop: Callable[[], None], *, run_id: UUID) -> None:
        """Remember an attempt of a run; `stop` is called, from another thread, when it must end."""
        with self._lock:
            self._attempts[token] = run_id, stop
            self._tokens[run_id] = token

    def release(self, token: UUID) -> None:
        """Forget an attempt."""
        with self._lock:
            self._forget(token)

    def holds(self, run_id: UUID) -> bool:
        """Return True while an attempt of a run is executed in this process."""
        return run_id in self._tokens

    def stop_run(self, run_id: UUID) -> bool:
        """Stop the attempt of a run whose row has moved; False when there is none here."""
        with self._lock:
            token = self._tokens.get(run_id)
        return bool(token and self._stop({token}))

    def stop_all(self) -> None:
        """Stop all attempts: their runs belong to this process no more."""
        self._stop(set(self._attempts))

    @property
    def busy(self) -> int:
        """Attempts in this process."""
        return len(self._attempts)

    def beat(self) -> dict[UUID, UUID]:
        """Give a sign of life, stop what was lost, and return strays: token -> run id.

        A stray is held by this worker in the rows, at two beats in a row, while nothing here executes it: its claim was
        committed, but the answer to it got lost. A database that is away is survived until the lease runs out.
        """
        # Known before the rows are read: an attempt that begins meanwhile may be missing in what they answer.
        known, since = set(self._attempts), time.monotonic()
        try:
            if self._ended:
                return {}
            if not self._registered:
                self.begin()
            elif self.workers.beat(self.worker_id, self.options.lease_seconds):
                self._has_beaten(since)
                return self._compare(self.workers.held(self.worker_id), known)
            else:
                self._start_again()
        except StoreUnavailable as exc:
            log.warning("heartbeat", error=str(exc))
            self.expire()
        return {}

    def expire(self) -> None:
        """Stop all attempts if the lease has run out. Does not wait for the rows: a beat under way may hang."""
        if self._attempts and self.has_run_out():
            log.warning("lease_expired", runs=self.busy)
            self.stop_all()

    def has_run_out(self) -> bool:
        """Return True when others may have taken the runs of this process, which may have been stopped for a while."""
        return time.monotonic() - self._last_beat > self.options.lease_seconds

    def _has_beaten(self, since: float) -> None:
        """Note a sign of life, as of before it was given: others count from a time between then and now."""
        self._last_beat = since
        self.on_beat()

    def _start_again(self) -> None:
        log.warning("lease_lost", worker_id=str(self.worker_id), runs=self.busy)
        self._stop(set(self._attempts))
        self._registered, self.worker_id = False, new_id()
        if not self._ended:  # it left in the meantime: there is nothing to begin again
            self.begin()

    def _compare(self, held: Mapping[UUID, UUID], known: set[UUID]) -> dict[UUID, UUID]:
        self._stop(known - set(held))
        waited_for = set(self._claiming)  # read first: from here a token goes to the attempts
        before, self._unknown = self._unknown, set(held) - waited_for - set(self._attempts)
        return {token: held[token] for token in self._unknown & before}

    def _stop(self, tokens: set[UUID]) -> bool:
        with self._lock:
            stops = [stop for token in tokens if (stop := self._forget(token))]
        for stop in stops:
            stop()
        return bool(stops)

    def _forget(self, token: UUID) -> Callable[[], None] | None:
        run_id, stop = self._attempts.pop(token, (None, None))
        if run_id and self._tokens.get(run_id) == token:
            del self._tokens[run_id]
        return stop
