"""Ends processes that an earlier start left behind: recognised by record, pid and start time, ended by id."""

import os
import signal
import time
from pathlib import Path

from lectern.entrypoints.serving.die_with_parent import identity, recorded
from lectern.entrypoints.serving.errors import ServeError

_GIVE_UP_SECONDS = 5.0


def end_leftovers(run_dir: Path) -> list[str]:
    """End every recorded process that still lives, remove the records, and return the names of those that lived.

    Raises `ServeError` if one does not end. This process's own record is left alone.
    """
    records = sorted(run_dir.glob("*.process"), key=_supervisord_first)
    mine = [path for path in records if (recorded(path) or (0, ""))[0] == os.getpid()]
    ended = [path.stem for path in records if path not in mine and _end(path)]
    for path in set(records) - set(mine):
        path.unlink(missing_ok=True)
    return ended


def _supervisord_first(path: Path) -> tuple[bool, str]:
    """It would start again what is ended before it."""
    return path.stem != "supervisord", path.stem


def _end(record: Path) -> bool:
    process = recorded(record)
    if process is None or identity(process[0]) != process[1]:
        return False
    pid, name = process
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    except PermissionError:
        raise ServeError(
            f"{record.stem} of an earlier start (process {pid}) belongs to another user."
        ) from None
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    while identity(pid) == name:
        if time.monotonic() > deadline:
            raise ServeError(f"{record.stem} of an earlier start (process {pid}) cannot be ended.")
        time.sleep(0.01)
    return True
