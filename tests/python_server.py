"""Runs code in forks of a process that has loaded the libraries already: a start costs .2 s of the processor, not 1.3.

Nothing of Lectern is loaded before the fork: what it reads at its start is each run's own.
"""

import atexit
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_LIBRARIES = (
    "django.db.models", "celery.app.base", "celery.backends.redis", "langchain_core.embeddings", "numpy", "structlog",
)  # fmt: skip


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
            status = int(self._ask(json.dumps(asked), timeout))
            return subprocess.CompletedProcess(code, status, out.read_text(), err.read_text())

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


@cache
def python_server() -> PythonServer:
    """Return this process's server."""
    return PythonServer()


def _serve() -> None:
    """Answer until standard input ends: a line asks for a run, a line with its exit status answers."""
    for library in _LIBRARIES:
        importlib.import_module(library)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _run(**asked)
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(environment: dict[str, str], code: str, out: str, err: str) -> None:
    for path, standard in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), standard)
    os.environ.clear()
    os.environ.update(environment)
    exec(code, {"__name__": "__main__"})


if __name__ == "__main__":
    _serve()
