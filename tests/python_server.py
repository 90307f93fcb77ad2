"""Runs code in forks of a process that has loaded the libraries already, which is most of what the start of a program costs.

Nothing of Lectern is loaded before the fork: what it reads at its start is each run's own.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeAlias

_ROOT = Path(__file__).resolve().parents[1]
_LIBRARIES = (
    "django.db.models", "django.core.handlers.asgi", "celery.app.base", "celery.backends.redis", "celery.bin.worker",
    "kombu.transport.redis", "langchain_core.embeddings", "langgraph.graph", "langgraph.checkpoint.sqlite.aio", "numpy",
    "pydantic", "structlog", "tokenizers", "uvicorn.main",
)  # fmt: skip
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


class Forked:
    """A process that the server forked and that is a child of this one since: what tests want of a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit status, minus the signal that ended it, or None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return its exit status once it has ended. Raises `subprocess.TimeoutExpired`."""
        end = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.01)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


Process: TypeAlias = "subprocess.Popen[bytes] | Forked"


class PythonServer:
    """The process that forks. It ends with the one that made it, whose end closes its standard input."""

    def __init__(self) -> None:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        # A session of its own: whoever is killed for his time takes his run with him.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.python_server"], cwd=_ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        atexit.register(self._end)

    def run(
        self, code: str, environment: Mapping[str, str], timeout: float
    ) -> "subprocess.CompletedProcess[str]":
        """Return how a run ended. Fails when it has not ended within `timeout` seconds."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            asked = {"environment": environment, "code": code, "out": str(out), "err": str(err)}
            status = int(self._ask(json.dumps({"stays": True, **asked}), timeout))
            return subprocess.CompletedProcess(code, status, out.read_text(), err.read_text())

    def start(self, module: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> Process:
        """Begin `python -m module` in a session of its own, and return it as a child of this process."""
        if sys.platform != "linux":  # nobody else can adopt it
            return start_program(module, arguments, environment, log)
        code = f"import runpy, sys\nsys.argv = {['', *arguments]!r}\nrunpy.run_module({module!r}, None, '__main__', True)"
        asked = {"environment": environment, "code": code, "out": str(log), "err": str(log)}
        log.touch()  # who waits for a line in it reads it at once
        with _adopting():
            return Forked(int(self._ask(json.dumps({"stays": False, **asked}), 20)))

    def _ask(self, line: str, timeout: float) -> str:
        assert self._process.stdin
        assert self._process.stdout
        print(line, file=self._process.stdin, flush=True)
        ready, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not ready:
            self._end()
            python_server.cache_clear()
            raise AssertionError(f"Python did not end within {timeout:g} s.")
        return self._process.stdout.readline()

    def _end(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


def start_program(module: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> Process:
    """Begin `python -m module` in a session of its own as users do, with all that its start costs."""
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments], cwd=_ROOT, env=environment, stdout=out, stderr=out,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


@cache
def python_server() -> PythonServer:
    """Return this process's server."""
    return PythonServer()


@contextmanager
def _adopting() -> Iterator[None]:
    """Become the parent of descendants whose parent ends meanwhile. Not for longer: who is killed leaves orphans too."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _serve() -> None:
    """Answer until standard input ends: a line asks for a run, a line with its exit status or its id answers."""
    for library in _LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # or else each run's first search for garbage copies what is shared
    for line in sys.stdin:
        asked = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if not child and not asked["stays"]:
            begun = os.fork()
            if begun:  # its end gives it away
                os.write(writing, b"%d" % begun)
                os._exit(0)
            os.setsid()
        if not child:
            os.close(reading)
            os.close(writing)
            _run(**asked)
            return
        _, status = os.waitpid(child, 0)
        os.close(writing)
        begun_id = os.read(reading, 20).decode()
        os.close(reading)
        print(begun_id or os.waitstatus_to_exitcode(status), flush=True)


def _run(environment: dict[str, str], code: str, out: str, err: str, stays: bool) -> None:
    for path, standard in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), standard)
    os.environ.clear()
    os.environ.update(environment)
    exec(code, {"__name__": "__main__"})


if __name__ == "__main__":
    _serve()
