"""Where an installation keeps what must not be lost: rows, checkpoints and passages, in files of VAR_DIR or in PostgreSQL."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings as django_settings

from lectern.adapters.sql.conninfo import postgres_conninfo
from lectern.adapters.sql.encoding import require_utf8
from lectern.adapters.sql.migrated import rows_are_migrated
from lectern.base.settings import ROWS_FILE, LecternSettings

if TYPE_CHECKING:
    from lectern.adapters.archive.manifest import Member
    from lectern.engine.working import CheckpointerFactory

#: Files in VAR_DIR, beside that of the rows.
PASSAGES_FILE, _CHECKPOINTS_FILE = "passages.sqlite3", "checkpoints.sqlite3"


def back_up(settings: LecternSettings, target: Path) -> Mapping[str, "Member"]:
    """Write an archive of what `settings.var_dir` holds, while it is in use; see `adapters/archive/writing.py`."""
    from lectern.adapters.archive import writing

    return writing.back_up(settings.var_dir, databases_in(settings), target)


def restore(settings: LecternSettings, archive: Path, *, replace: bool) -> Mapping[str, "Member"]:
    """Put an archive in the place of what `settings.var_dir` holds; see `adapters/archive/restoring.py`."""
    from lectern.adapters.archive import restoring

    return restoring.restore(archive, settings.var_dir, databases_in(settings), replace=replace)


def databases_in(settings: LecternSettings) -> list[str]:
    """Return the databases that `settings.var_dir` has, what refers to another one before it."""
    rows = Path(str(django_settings.DATABASES["default"]["NAME"])) == settings.var_dir / ROWS_FILE
    files = [ROWS_FILE if rows else "", PASSAGES_FILE, "" if postgres_conninfo() else _CHECKPOINTS_FILE]
    return [name for name in files if name]


def room_for_rows() -> float:
    """Return how many bytes are free where SQLite keeps the rows; what PostgreSQL has is its own affair."""
    if rows_are_in_postgres():
        return inf
    return shutil.disk_usage(Path(str(django_settings.DATABASES["default"]["NAME"])).parent).free


def rows_are_in_postgres() -> bool:
    """Return True when rows and checkpoints are in a PostgreSQL, and no files of this machine."""
    return bool(postgres_conninfo())


def check_database() -> None:
    """Return when the rows can be in this database; see `adapters/sql/encoding.py`."""
    require_utf8()


def prepare_checkpoints() -> None:
    """Make the tables of checkpoints in the rows' PostgreSQL; SQLite's are made by the worker that opens the file."""
    if conninfo := postgres_conninfo():
        from lectern.adapters.checkpoints.postgres import prepare_postgres

        prepare_postgres(conninfo)


def is_migrated() -> bool:
    """Return True when `migrate` has nothing left to do. Raises `StoreUnavailable`."""
    return rows_are_migrated() and _checkpoints_are_prepared()


def _checkpoints_are_prepared() -> bool:
    if conninfo := postgres_conninfo():
        from lectern.adapters.checkpoints.postgres import is_prepared

        return is_prepared(conninfo)
    return True


def checkpointer_opener(settings: LecternSettings) -> "CheckpointerFactory":
    """Return what opens the checkpoints for a worker."""
    if conninfo := postgres_conninfo():
        from lectern.adapters.checkpoints.postgres import open_postgres_checkpointer

        return partial(open_postgres_checkpointer, conninfo)
    from lectern.adapters.checkpoints.sqlite import open_sqlite_checkpointer

    return partial(open_sqlite_checkpointer, settings.var_dir / _CHECKPOINTS_FILE)


def checkpoint_dropper(settings: LecternSettings) -> Callable[[Iterable[UUID]], None]:
    """Return what deletes the checkpoints of runs."""
    if conninfo := postgres_conninfo():
        from lectern.adapters.checkpoints.postgres import drop_postgres_checkpoints

        return partial(drop_postgres_checkpoints, conninfo)
    from lectern.adapters.checkpoints.sqlite import drop_sqlite_checkpoints

    return partial(drop_sqlite_checkpoints, settings.var_dir / _CHECKPOINTS_FILE)
