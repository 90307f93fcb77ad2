"""`manage.py backup <file>`: one archive of what cannot be made again, while everything runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from lectern.base.settings import ROWS_FILE
from lectern.bootstrap import back_up
from lectern.entrypoints.console.command import LecternCommand

_ELSEWHERE = (
    "DATABASE_URL names another database; its rows are not in the archive: back it up by its own tools."
)


class Command(LecternCommand):
    """The archive appears when it is whole; an older one of that name stays until then."""

    help = "Write rows, passages, checkpoints and the secret key into one archive, while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and --json."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="write one JSON object")

    def run(self, *, file: Path, json: bool, **_: Any) -> None:
        """Write it, and say what is in it."""
        members = back_up(settings.LECTERN, file)
        if json:
            self.print_json({"file": str(file), "files": {name: one.bytes for name, one in members.items()}})
            return
        held = ", ".join(f"{name} ({one.bytes / 1e6:.1f} MB)" for name, one in members.items())
        self.stdout.write(f"{file} holds {held}.")
        if ROWS_FILE not in members:
            self.stdout.write(_ELSEWHERE)
