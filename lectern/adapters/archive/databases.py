"""SQLite's files: copied while they are written to, checked, and asked whether somebody has them open."""

import sqlite3
from contextlib import closing
from pathlib import Path

from lectern.adapters.archive.errors import CannotWrite, DamagedArchive


def copy_database(source: Path, target: Path) -> None:
    """Copy one state of a database that others may write to meanwhile, and check the copy."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=10)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)  # in one step: a reader does not stop SQLite's writers, and sees one state
            # The copy is one file: a write-ahead log beside it would be forgotten.
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as exc:
        raise CannotWrite(f"{source} cannot be copied: {exc}.") from exc
    check_database(target, source.name)


def check_database(path: Path, name: str) -> None:
    """Raise `DamagedArchive` unless SQLite finds a database whole; `name` is told. An empty file is one."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as exc:
        found = str(exc)
    if found != "ok":
        raise DamagedArchive(f"The database {name} is damaged: {found}.")


def is_in_use(path: Path) -> bool:
    """Return True while another process has the database open, also when it does nothing with it."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            # With a write-ahead log every open connection holds a shared lock, which stands in this one's way.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as exc:
            return "locked" in str(exc)
        except sqlite3.DatabaseError:  # damaged: nobody works with it
            return False
    return False
