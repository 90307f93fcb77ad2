"""A file whose date says that a program lives: a health check reads it without starting a program of its own."""

from contextlib import suppress
from pathlib import Path


def renew(file: Path | None) -> None:
    """Set the file's date to now, and make it if need be. A file that cannot be written ends no heartbeat."""
    if file is not None:
        with suppress(OSError):
            file.touch()
