"""Workers of `pool_app.py` under one pool, and what they tell."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery.events.receiver import EventReceiver

from tests.integration.adapters.celery.pool_app import COROUTINES, app
from tests.playground import Playground, until
from tests.python_server import Process, python_server

POOLS = {"coroutines": COROUTINES, "prefork": "prefork"}


class PoolHouse:
    """A broker, and workers of one pool beside it; their events are kept."""

    def __init__(self, place: Playground, pool: str) -> None:
        self.place, self.pool, self.app = place, pool, app
        self.events: list[dict[str, Any]] = []
        self._listening = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)

    @contextmanager
    def listening(self) -> Iterator["PoolHouse"]:
        """Keep the events of all workers; end them afterwards."""
        for left in self.place.var.glob("released-*"):
            left.unlink()
        self._listener.start()
        assert self._listening.wait(30)
        try:
            yield self
        finally:
            self.end_workers()
            self._receiver.should_stop = True
            self._listener.join(5)

    def end_workers(self) -> None:
        """End all workers but not the broker."""
        for process in self.place.processes[1:]:
            if process.poll() is None:
                process.terminate()
                process.wait(15)

    def worker(self, *options: str, queues: str = "common") -> Process:
        """Start a worker and wait until it takes tasks."""
        environment = {**self.place.environment, "TEST_POOL": POOLS[self.pool]}
        count = len(self.place.processes)
        line = ["worker", "--loglevel=info", f"--queues={queues}", f"--hostname=w{count}@t", *options]
        log = self.place.var / f"pool-{count}.log"
        app = ["-A", "tests.integration.adapters.celery.pool_app"]
        process = python_server().start("celery", [*app, *line], environment, log)
        self.place.processes.append(process)
        until("the worker is ready", lambda: "ready." in log.read_text() or process.poll() is not None)
        return process

    def log(self) -> str:
        """What the last worker wrote."""
        return (self.place.var / f"pool-{len(self.place.processes) - 1}.log").read_text()

    def ledger(self, task_id: str) -> dict[str, float]:
        """What the bodies and signals of a task left: what -> when it was last."""
        return {what: at for what, whose, at in self.lines() if whose == task_id}

    def lines(self) -> list[tuple[str, str, float]]:
        """All that was left."""
        path = self.place.var / "ledger"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [(what, whose, float(at)) for what, whose, at in lines]

    def began(self, task_id: str) -> None:
        """Wait until a task's body has begun."""
        until(f"{task_id} began", lambda: "begin" in self.ledger(task_id))

    def release(self, name: str) -> None:
        """Let all tasks end that hold for `name`."""
        (self.place.var / f"released-{name}").touch()

    def revoked(self, task_id: str) -> None:
        """Wait until the only worker knows that a task is revoked."""
        until(f"{task_id} is revoked", lambda: task_id in self.of_worker("revoked"))

    def of_worker(self, question: str) -> Any:
        """What the only worker says to a question of `celery inspect`, as soon as it does."""

        def ask() -> Any:
            return getattr(self.app.control.inspect(timeout=1), question)()

        (answer,) = until(f"the worker answers {question}", ask).values()
        return answer

    def event(self, kind: str, task_id: str) -> dict[str, Any]:
        """Wait for an event of a task."""

        def find() -> Any:
            return [one for one in self.events if one["type"] == kind and one.get("uuid") == task_id]

        found: list[dict[str, Any]] = until(f"{kind} of {task_id}", find)
        return found[0]

    def messages(self, queue: str = "common") -> int:
        """Messages that nobody has taken."""
        with self.app.connection_for_write() as connection:
            return int(connection.default_channel._size(queue))

    def _listen(self) -> None:
        # In one go: each capture subscribes anew, and what is told between two of them is heard by nobody.
        with self.app.connection_for_read() as connection:
            self._receiver = _Receiver(connection, handlers={"*": self.events.append}, app=self.app)
            self._receiver.ready = self._listening
            self._receiver.capture(wakeup=False)


class _Receiver(EventReceiver):
    """Says when it hears."""

    ready: threading.Event

    def on_consume_ready(self, *args: Any, **options: Any) -> None:
        super().on_consume_ready(*args, **options)
        self.ready.set()


def end(process: Process, how: signal.Signals, seconds: float) -> int:
    """Send a signal and return the exit status."""
    os.kill(process.pid, how)
    return process.wait(seconds)
