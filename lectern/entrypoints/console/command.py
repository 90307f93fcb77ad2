"""The base of all commands: foreseen errors become a sentence and exit status 1, never a traceback."""

import json
import logging
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lectern.base.errors import LecternError
from lectern.entrypoints.console.tables import Cells, table_text
from lectern.tutor.errors import UnknownCourse


class LecternCommand(BaseCommand):
    """Subclasses write `run(**options)`; raise or let through `LecternError` for what a person can mend.

    With `--json`, standard output holds exactly one JSON value: also for an error, as `{"error": sentence}`.
    """

    #: Commands must work, or say why not, before the database is migrated.
    requires_system_checks = ()
    requires_migrations_checks = False
    #: Said after Ctrl-C.
    interrupted = "Stopped."
    _answered = False

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the command and turn foreseen errors into a sentence."""
        self._answered = False
        try:
            with _quiet_logs(options["verbosity"]):
                self.run(**options)
        except (LecternError, CommandError, KeyboardInterrupt) as exc:
            sentence = self.interrupted if isinstance(exc, KeyboardInterrupt) else _sentence(exc)
            if options.get("json") and not self._answered:
                self.print_json({"error": sentence})
            raise CommandError(sentence) from exc

    def run(self, *args: Any, **options: Any) -> None:
        """Do the work."""
        raise NotImplementedError

    def print_json(self, value: Any) -> None:
        """Write one JSON value."""
        self._answered = True
        self.stdout.write(json.dumps(value, ensure_ascii=False))

    def print_table(self, title: str, columns: Cells, rows: list[Cells]) -> None:
        """Write a table, as wide as the terminal; in a pipe one line a row."""
        self.stdout.write(table_text(title, columns, rows, fold=self.stdout.isatty()))


def patience(text: str) -> float:
    """Return how many seconds others get to answer, as an option says it."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0.1 <= seconds <= 60:  # sorts NaN out too
        raise ArgumentTypeError("must be a number of seconds from 0.1 to 60")
    return seconds


@contextmanager
def _quiet_logs(verbosity: int) -> Iterator[None]:
    """Leave out log lines of what was foreseen, unless `-v 2` asks for them: the command itself tells a person."""
    logs = logging.getLogger("lectern")
    before = logs.level
    logs.setLevel(logging.ERROR if verbosity < 2 else before)
    try:
        yield
    finally:
        logs.setLevel(before)


def _sentence(exc: Exception) -> str:
    # The tutor's own hint names an address of the API.
    return (
        f"{exc.args[0]} `manage.py list_courses` lists them." if isinstance(exc, UnknownCourse) else str(exc)
    )
