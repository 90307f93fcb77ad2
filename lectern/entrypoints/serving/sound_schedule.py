"""Runs beat with a schedule file that can be read: a damaged one is removed first.

    python -m lectern.entrypoints.serving.sound_schedule SCHEDULE PROGRAM [ARGUMENT]...

Celery replaces a file that cannot be opened, but ends at each start over one whose values cannot be read. What is lost
is when each periodic task ran last; it then runs once more.
"""

import glob
import os
import shelve
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Become PROGRAM."""
    schedule, *program = arguments
    if not _is_sound(schedule):
        # The database below may keep several files, with endings of its own.
        for path in glob.glob(f"{glob.escape(schedule)}*"):
            Path(path).unlink()
        print(f"{schedule} was damaged and begins anew.", flush=True)  # noqa: T201  this is beat's log
    os.execvp(program[0], program)  # noqa: S606  to become a program is what this one is for


def _is_sound(schedule: str) -> bool:
    try:
        with shelve.open(schedule) as values:  # noqa: S301  this user's own file
            dict(values)
    except Exception:
        # Whatever a database module and unpickling can raise over nonsense: nearly anything.
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
