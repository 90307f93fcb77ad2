"""One start per folder: a lock that the kernel releases however its holder ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lectern.entrypoints.serving.die_with_parent import recorded
from lectern.entrypoints.serving.errors import AlreadyRunning
from lectern.entrypoints.serving.options import ServeOptions

#: A holder that was just killed may need a moment to be gone.
_WAIT_SECONDS = 1.0


@contextmanager
def only_one(options: ServeOptions) -> Iterator[None]:
    """Hold the lock of the folder; raise `AlreadyRunning` if another process holds it."""
    lock = os.open(options.run_dir / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise _already_running(options)
            time.sleep(0.05)
        yield
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _already_running(options: ServeOptions) -> AlreadyRunning:
    holder = recorded(options.record("launcher"))
    if holder is None:
        return AlreadyRunning("Lectern is already being started in this folder.")
    pid = holder[0]
    return AlreadyRunning(
        f"Lectern already runs in this folder (process {pid}).",
        hint=f"End it with Ctrl-C in its terminal or with: kill {pid}",
        pid=pid,
    )
