"""Connections to the index file, one a thread and process; the one place where SQLite's errors become ours."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lectern.adapters.fts.schema import ForeignSchema, ensure_schema
from lectern.tutor.errors import IndexUnavailable

#: How long a statement waits for another process's transaction.
BUSY_SECONDS = 10.0


class Connections:
    """Hands out transactions on the file `path`, which is created with its folder when it is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        # One thread of a process at a time prepares the file; processes are kept apart by SQLite's locks.
        self._opening = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that sees one state of the index, whatever others commit meanwhile."""
        with self._transaction("BEGIN DEFERRED") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the one write transaction; it is rolled back if the block raises."""
        # IMMEDIATE: a deferred one that turns writer fails at once when another writer was faster.
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with index_errors(self._path):
            connection = self._own()
            connection.execute(begin)
            try:
                yield connection
            except BaseException:
                _roll_back(connection)
                raise
            connection.execute("COMMIT")

    def _own(self) -> sqlite3.Connection:
        # SQLite's locks do not survive a fork: a child never touches, nor closes, what its parent opened.
        opened: dict[int, sqlite3.Connection] = self._local.__dict__.setdefault("opened", {})
        if os.getpid() not in opened:
            with self._opening:
                opened[os.getpid()] = _open(self._path)
        return opened[os.getpid()]


@contextmanager
def index_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into `IndexUnavailable`, most specific first."""
    try:
        yield
    except ForeignSchema as exc:
        raise _unavailable(path, f"was made by another version: {exc}", _START_ANEW) from exc
    except sqlite3.OperationalError as exc:
        raise _unavailable(path, f"cannot be used right now: {exc}", _TRY_AGAIN) from exc
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError) as exc:
        raise _unavailable(path, f"refused a change: {exc}", _REPORT) from exc
    except sqlite3.DatabaseError as exc:
        raise _unavailable(path, f"is damaged: {exc}", _START_ANEW) from exc
    except sqlite3.Error as exc:
        raise _unavailable(path, f"failed: {exc}", _TRY_AGAIN) from exc
    except OSError as exc:
        raise _unavailable(path, f"cannot be opened: {exc.strerror}", _TRY_AGAIN) from exc


_TRY_AGAIN = "Check its folder, its permissions and the disk, and try again."
_REPORT = "Please report this: it is a defect of Lectern, not of the course."
_START_ANEW = "Move the file away and ingest the courses again."


def _unavailable(path: Path, what: str, hint: str) -> IndexUnavailable:
    return IndexUnavailable(f"The passage index {path} {what}.", hint=hint, path=str(path))


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        ensure_schema(connection)
        # Readers never wait for the writer. After the schema, so that the file exists and the switch is rare.
        connection.execute("PRAGMA journal_mode = WAL")
        # A crash of the machine may lose the last commits, never the file; ingest can be repeated.
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _roll_back(connection: sqlite3.Connection) -> None:
    # A full disk and some other errors have rolled back already.
    if connection.in_transaction:
        connection.execute("ROLLBACK")
