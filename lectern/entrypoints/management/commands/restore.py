"""`manage.py restore <file>`: put what a backup holds in the place of what is there."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from lectern.base.settings import LecternSettings
from lectern.databases import databases_in, restore, rows_are_in_postgres
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.serving.only_one import only_one
from lectern.entrypoints.serving.options import ServeOptions

_IN_POSTGRES = "Rows and checkpoints are in PostgreSQL: restore them by its own tools, such as pg_restore. Then start Lectern."


class Command(LecternCommand):
    """Checks the archive first. Nothing that runs is overwritten, nothing that is there without --replace."""

    help = "Put an archive of `backup` in the place of what VAR_DIR holds: rows, passages, checkpoints, secret key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file, --replace and --json."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="data that are there may go")
        parser.add_argument("--json", action="store_true", help="write one JSON object")

    def run(self, *, file: Path, replace: bool, json: bool, **_: Any) -> None:
        """Restore while nobody can start Lectern in this folder."""
        options = _options(settings.LECTERN)
        options.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with only_one(options):
            members = restore(settings.LECTERN, file, replace=replace)
        empty = [name for name in databases_in(settings.LECTERN) if name not in members]
        if json:
            sizes = {name: one.bytes for name, one in members.items()}
            self.print_json({"file": str(file), "files": sizes, "empty": empty})
            return
        self.stdout.write(f"{' and '.join(members)} are as they were.")
        if empty:
            self.stdout.write(f"Not in the archive, so empty now: {' and '.join(empty)}.")
        self.stdout.write(_IN_POSTGRES if rows_are_in_postgres() else "Start Lectern: make run.")


def _options(lectern: LecternSettings) -> ServeOptions:
    return ServeOptions(
        root=lectern.root,
        var_dir=lectern.var_dir,
        host=lectern.host,
        port=lectern.port,
        environment={},
        broker_socket=None,
    )
