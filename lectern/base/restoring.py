"""The end of a restore: the new files take the places of the old ones, by whoever comes first.

Up to the moment at which their folder gets its name the old state holds, from then on the new one. A restore that is
killed in between is finished by the next process that starts, before it opens anything; of one that is killed before,
that process removes what was unpacked.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Folder in VAR_DIR whose files are to take the places of those of the same names.
READY = "restore.ready"
#: What that folder is called until all its files were found sound.
UNPACKED = "restore.unpacked"

#: What SQLite keeps beside a database. Of the old one it must not be applied to the new one.
_BESIDE = ("-wal", "-shm", "-journal")


def finish_restore(var_dir: Path) -> None:
    """Move the files of a restore to their places, if there are any; remove what was never found sound."""
    if (var_dir / UNPACKED).exists():
        with suppress(OSError), unpacking(var_dir, wait=False):  # one that is at work is left alone
            shutil.rmtree(var_dir / UNPACKED, ignore_errors=True)
    ready = var_dir / READY
    try:
        handle = os.open(ready, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(
            handle, fcntl.LOCK_EX
        )  # another process may be at it: what it has moved is no longer listed
        for file in sorted(ready.iterdir()) if ready.exists() else ():
            for ending in _BESIDE:
                (var_dir / f"{file.name}{ending}").unlink(missing_ok=True)
            file.replace(var_dir / file.name)
        with suppress(OSError):
            ready.rmdir()
    finally:
        os.close(handle)


@contextmanager
def unpacking(var_dir: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock of a restore's first half, which the kernel releases however its holder ends.

    Raises `BlockingIOError` if another process has it and nobody is to wait.
    """
    handle = os.open(var_dir, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)
