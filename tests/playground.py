"""A place of its own for tests that start real processes: a folder, a database, a Valkey, workers. All ended by id."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from lectern.base.settings import ROWS_FILE
from tests.postgres import database_of_its_own
from tests.python_server import Process, python_server, start_program
from tests.redis_server import RedisServer
from tests.waiting import free_port, until

__all__ = ["ROOT", "Playground", "Process", "free_port", "playground", "until"]  # all that such a test wants

ROOT = Path(__file__).resolve().parents[1]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@dataclass
class Playground:
    """An installation in `var`, whose commands and processes see its environment and nothing of the tests'."""

    var: Path
    settings: str = "config.settings"
    #: Another SQL than SQLite in `var`.
    database_url: str = ""
    #: Another `langgraph.json` than the project's.
    langgraph_config: str = ""
    #: More of the environment.
    more: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    @cached_property
    def broker(self) -> RedisServer:
        """Its own; not started, see `valkey`."""
        return RedisServer(self.var)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        url = self.broker.kombu_url
        return {
            **kept,
            "VAR_DIR": str(self.var),
            "DATABASE_URL": self.database_url,
            "LANGGRAPH_CONFIG": self.langgraph_config,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "CELERY_BROKER_URL": url,
            "CELERY_RESULT_BACKEND": url,
            "PYTHONPATH": str(ROOT),
            **self.more,
        }

    # --- commands ---------------------------------------------------------------------------------------------------

    def manage(self, *arguments: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        """Run `manage.py` and return how it ended."""
        run = f"from django.core.management import execute_from_command_line as run\nrun({['manage.py', *arguments]!r})"
        return python_server().run(run, self.environment, timeout)

    def celery(
        self, *arguments: str, timeout: float = 60, given: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run `celery -A config.celery` and return how it ended."""
        command = [sys.executable, "-m", "celery", "-A", "config.celery", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=timeout, input=given,
            check=False,
        )  # fmt: skip

    def python(self, code: str, timeout: float = 60) -> str:
        """Run Python in a process with Django set up; return what it prints. Fails when it fails."""
        done = python_server().run(f"import django; django.setup()\n{code}", self.environment, timeout)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # --- processes --------------------------------------------------------------------------------------------------

    def valkey(self) -> "subprocess.Popen[bytes]":
        """Start an empty broker of this playground's and wait until it answers."""
        process = self.broker.start()
        self.processes.append(process)
        return process

    def worker(self, *options: str) -> Process:
        """Start a Celery worker as the guide does and wait until it is ready."""
        line = ["worker", "--loglevel=info", "--queues=langgraph,embeddings", *options]
        process = self._start("celery", ["-A", "config.celery", *line], "worker")
        log = self.var / f"worker-{len(self.processes)}.log"
        until("the worker is ready", lambda: "ready." in log.read_text() or process.poll() is not None, 60)
        assert process.poll() is None, log.read_text()
        return process

    def web(self, port: int) -> str:
        """Start the web process and return its address once it answers."""
        address = f"http://127.0.0.1:{port}"
        line = ["config.asgi:application", "--port", str(port), "--no-access-log"]
        self._start("uvicorn", line, "web")
        until("the web process answers", lambda: _answers(f"{address}/health/live"), 60)
        return address

    def flush_broker(self) -> None:
        """Delete everything that the broker holds."""
        self.broker.flush()

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(10)

    def _start(self, module: str, arguments: list[str], name: str) -> Process:
        log = self.var / f"{name}-{len(self.processes) + 1}.log"
        process: Process
        if "PYTEST_VERSION" in os.environ:
            process = python_server().start(module, arguments, self.environment, log)
        else:  # a benchmark measures processes that are started as users do
            process = start_program(module, arguments, self.environment, log)
        self.processes.append(process)
        return process


@contextmanager
def playground(var: Path, settings: str = "config.settings") -> Iterator[Playground]:
    """A migrated installation; what was started in it has ended afterwards."""
    var.mkdir(parents=True, exist_ok=True)
    url = os.environ.get("DATABASE_URL", "")
    with database_of_its_own(url) if url else nullcontext("") as database_url:
        place = Playground(var, settings, database_url)
        if database_url:
            _migrate(place)
        else:
            shutil.copy2(_migrated() / ROWS_FILE, var)
        try:
            yield place
        finally:
            place.end()


def _migrate(place: Playground) -> None:
    migrated = place.manage("migrate", "--verbosity", "0", "--skip-checks")
    assert migrated.returncode == 0, migrated.stderr


@cache
def _migrated() -> Path:
    """An installation on SQLite as `migrate` leaves it, made once: its file is copied."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    _migrate(Playground(folder))
    assert not list(folder.glob(f"{ROWS_FILE}-*")), "all is in the one file"
    return folder
