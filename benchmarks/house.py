"""A whole Lectern of real processes for one measurement: database, broker, web and workers, all ended by their ids."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import redis

from benchmarks.rows import Rows
from tests.playground import Playground, Process, free_port
from tests.postgres import Server, database_of_its_own, start

COURSE = "bench"


class House(Playground):
    """An installation whose programs are started as `make run` does. `extra` goes into the environment of what is started next."""

    extra: Mapping[str, str] = {}
    address: str = ""
    postgres: Server | None = None

    @property
    def environment(self) -> dict[str, str]:
        """As `lectern/entrypoints/serving/programs.py` has it."""
        own = {
            "DEFAULT_COURSE_ID": COURSE,
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "CELERY_SKIP_CHECKS": "1",
        }
        return {**super().environment, **own, "LECTERN_LEDGER": str(self.ledger), **self.extra}

    @property
    def ledger(self) -> Path:
        """Where nodes write what they do."""
        return self.var / "ledger"

    def start_web(self, port: int = 0) -> Process:
        """Start the web process; its address is `address`."""
        self.extra = {**self.extra, "PGAPPNAME": "web"}
        self.address = self.web(port or free_port())
        return self.processes[-1]

    def start_worker(self, concurrency: int | None = None) -> Process:
        """Start a worker as the guide does and wait until it is ready."""
        self.extra = {**self.extra, "PGAPPNAME": "worker"}
        return self.worker(*([f"--concurrency={concurrency}"] if concurrency else []))

    def rows(self) -> Rows:
        """Return a look at its rows."""
        return Rows(self.var, self.database_url)

    def redis(self) -> "redis.Redis":
        """Return a client of its broker."""
        return redis.Redis.from_url(self.broker.url, socket_timeout=2)

    def log_of(self, process: Process) -> Path:
        """Return where a process of this house writes."""
        number = self.processes.index(process) + 1
        return next(self.var.glob(f"*-{number}.log"))


def stop(process: Process, how: signal.Signals, seconds: float = 30.0) -> float:
    """Send a signal and wait for the end; return how long that took. Killed when it takes longer than `seconds`."""
    began = time.monotonic()
    process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
    return time.monotonic() - began


@contextmanager
def postgres_server(given: str, *, durable: bool = True) -> Iterator[tuple[str, Server | None]]:
    """Yield a PostgreSQL's URL, and the server when it is this process's own: `given`, else one from the wheel."""
    if given:
        yield given, None
        return
    server = start(durable=durable)
    try:
        yield server.url, server
    finally:
        server.end()


@contextmanager
def house(settings: str, server_url: str = "", *, keep: Path | None = None) -> Iterator[House]:
    """Make an empty installation on PostgreSQL, or on SQLite without `server_url`; all of its processes end with it.

    Its logs and its ledger are copied into `keep`.
    """
    options = "TEMPLATE template0 ENCODING 'UTF8'"
    with (
        tempfile.TemporaryDirectory(prefix="lectern-", dir="/tmp") as folder,  # a socket's path has 107 bytes
        database_of_its_own(server_url, options) if server_url else nullcontext("") as database_url,
    ):
        place = House(Path(folder), settings, database_url)
        migrated = place.manage("migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        place.python(
            f"from lectern.adapters.sql.courses import SqlCourses\nSqlCourses().add({COURSE!r}, 'Bench')"
        )
        try:
            yield place
        finally:
            place.end()
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                for file in [*place.var.glob("*.log"), place.ledger]:
                    if file.exists():
                        (keep / file.name).write_bytes(file.read_bytes())


def end_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that what it started is ended."""

    def end(*_: object) -> None:
        sys.exit(143)

    signal.signal(signal.SIGTERM, end)
