"""`manage.py celery_monitor`: what workers do, what waits, and where."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from lectern.entrypoints.console import monitoring
from lectern.entrypoints.console.command import LecternCommand, patience

_PARTS = {
    "active": "tasks that are executed now",
    "stats": "workers and what they have done",
    "scheduled": "what beat will send, and runs that wait to be retried",
}
_TABLES = {
    "active": ("Active tasks", ("running for", "name", "worker", "task")),
    "stats": ("Workers", ("worker", "pool", "concurrency", "processed", "pid", "uptime")),
    "scheduled": ("Scheduled", ("what", "when", "where")),
    "queues": ("Messages in the broker", ("queue", "messages")),
    "runs": ("Runs", ("queue", "status", "runs")),
}


class Command(LecternCommand):
    """Tables for people, JSON for machines; exit status 1 when no broker or no worker answers."""

    help = "Show active tasks, worker statistics and scheduled tasks; with no flag, all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the parts, --json and --timeout."""
        for part, meaning in _PARTS.items():
            parser.add_argument(f"--{part}", action="store_true", help=meaning)
        parser.add_argument("--json", action="store_true", help="write one JSON object")
        parser.add_argument(
            "--timeout", type=patience, default=2.0, help="seconds that workers get to answer (default 2)"
        )

    def run(self, *, json: bool, timeout: float, **flags: Any) -> None:
        """Ask broker, workers and database, and write what they say."""
        report = monitoring.report([part for part in _PARTS if flags[part]] or list(_PARTS), timeout)
        if json:
            self.print_json(report)
        else:
            self._print(report)
        if report["error"]:
            raise CommandError(report["error"])

    def _print(self, report: dict[str, Any]) -> None:
        for part, (title, columns) in _TABLES.items():
            # An empty table of what nobody answered would say that there is nothing.
            if part in report and part not in report["left_out"]:
                rows: list[Any] = [[row[column] for column in columns] for row in report[part]]
                self.print_table(title, columns, rows)
                self.stdout.write("")
        for note in report["notes"]:
            self.stdout.write(note)
