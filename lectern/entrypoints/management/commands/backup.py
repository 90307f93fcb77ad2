"""`manage.py backup <file>`: one archive of what cannot be made again, while everything runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from lectern.base.settings import ROWS_FILE
from lectern.databases import back_up, rows_are_in_postgres
from lectern.entrypoints.console.command import LecternCommand

_IN_POSTGRES = (
    "Rows and checkpoints are in PostgreSQL and not in the archive: back them up by its own tools, such as pg_dump, "
    "and do that before this."
)
_IN_ANOTHER_FILE = "DATABASE_URL names a file outside VAR_DIR; its rows are not in the archive: copy it by SQLite's own tools."


class Command(LecternCommand):
    """The archive appears when it is whole; an older one of that name stays until then."""

    help = "Write what VAR_DIR holds (rows, passages, checkpoints, secret key) into one archive, while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and --json."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="write one JSON object")

    def run(self, *, file: Path, json: bool, **_: Any) -> None:
        """Write it, and say what is in it."""
        members = back_up(settings.LECTERN, file)
        warning = _IN_POSTGRES if rows_are_in_postgres() else "" if ROWS_FILE in members else _IN_ANOTHER_FILE
        if json:
            sizes = {name: one.bytes for name, one in members.items()}
            self.print_json({"file": str(file), "files": sizes, "warning": warning})
            return
        held = ", ".join(f"{name} ({one.bytes / 1e6:.1f} MB)" for name, one in members.items())
        self.stdout.write(f"{file} holds {held}.")
        if warning:
            self.stdout.write(warning)
