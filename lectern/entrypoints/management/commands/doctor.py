"""`manage.py doctor`: is everything well, and what to do where it is not."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand, patience
from lectern.entrypoints.console.examining import examine


class Command(LecternCommand):
    """A sentence a part; exit status 1 when something is wrong."""

    help = "Look at settings, disk, SQL, clock, broker, workers, queues, own graphs, passages and models; say what to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --json and --timeout."""
        parser.add_argument("--json", action="store_true", help="write one JSON object")
        parser.add_argument(
            "--timeout", type=patience, default=1.0, help="seconds that workers get to answer (default 1)"
        )

    def run(self, *, json: bool, timeout: float, **_: Any) -> None:
        """Look, and tell."""
        findings = examine(lectern(), timeout)
        wrong = [part for part, finding in findings.items() if not finding.ok]
        if json:
            parts = {part: asdict(finding) for part, finding in findings.items()}
            self.print_json({"ok": not wrong, "parts": parts})
        else:
            for part, finding in findings.items():
                lines = [f"{'ok' if finding.ok else 'WRONG':5}  {part:9}  {finding.says}", finding.do]
                self.stdout.write("\n                  ".join(filter(None, lines)))
        if wrong:
            raise CommandError(f"{len(wrong)} of {len(findings)} parts need you: {', '.join(wrong)}.")
