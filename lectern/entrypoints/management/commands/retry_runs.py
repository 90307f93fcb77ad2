"""`manage.py retry_runs`: ask once more what failed, after its cause was mended."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.core.management.base import CommandError

from lectern.bootstrap import lectern
from lectern.engine.domain.run import Run
from lectern.engine.resubmitting import RETRY_OF, Failures
from lectern.entrypoints.console.asking import confirmed
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.tables import moment, shortened

_COLUMNS = ("failed", "code", "course", "student", "question", "task")
_QUESTION_CHARACTERS = 60
_UNITS = {"m": 60, "h": 3600, "d": 86400}
#: Longer ago there were no runs, and a time that no calendar has cannot be counted with.
_LONGEST = timedelta(days=36_500)
_YEARS = range(1970, 9999)


class Command(LecternCommand):
    """Lists first, then asks, unless told not to."""

    help = (
        "Ask failed questions once more, as new runs of the same conversations; no failed run is taken twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare which runs are meant, and how to go on."""
        parser.add_argument(
            "--since", type=_moment, help="ended since then: 90m, 6h, 2d, or 2030-01-01T09:30 in UTC"
        )
        parser.add_argument("--code", default="", help="error code, such as deadline, attempts or failed")
        parser.add_argument("--course", default="", help="course that was asked")
        parser.add_argument("--limit", type=int, default=100, help="at most so many, oldest first (100)")
        parser.add_argument("--dry-run", action="store_true", help="list them and do nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--json", action="store_true", help="write one JSON object; needs --yes or --dry-run"
        )

    def run(
        self,
        *,
        since: "datetime | timedelta | None",
        code: str,
        course: str,
        limit: int,
        dry_run: bool,
        yes: bool,
        json: bool,
        **_: Any,
    ) -> None:
        """List, ask, resubmit."""
        engine = lectern().engine
        if isinstance(since, timedelta):
            since = engine.runs.now() - since
        which = Failures(since=since, error_code=code, tenant=course)
        found = list(islice(engine.failures(which), min(max(0, limit), sys.maxsize)))
        if not json:
            self.print_table("Failed runs", _COLUMNS, [_row(run) for run in found])
        if (
            found
            and not dry_run
            and not yes
            and (json or not confirmed(f"Ask these {len(found)} again? [y/N] "))
        ):
            raise CommandError("Nothing was asked. Answer y, or give --yes.")
        made = [] if dry_run else [new for new in map(engine.resubmit, found) if new]
        if made:
            lectern().wake()
        if json:
            self.print_json(
                {"failed": [str(run.id) for run in found], "retried": [_made(run) for run in made]}
            )
        elif not dry_run:
            self.stdout.write(f"{len(made)} were asked again.")


def _row(run: Run) -> tuple[str, ...]:
    question = shortened(str(run.input.get("question", "")), _QUESTION_CHARACTERS)
    return (moment(run.finished_at), run.error_code, run.tenant, run.owner, question, str(run.id))


def _made(run: Run) -> dict[str, Any]:
    return {"task_id": str(run.id), RETRY_OF: run.metadata[RETRY_OF]}


def _moment(text: str) -> datetime | timedelta:
    """Return a time, or how long ago it is by the database's clock."""
    try:
        if text[-1:] in _UNITS:
            ago = timedelta(seconds=float(text[:-1]) * _UNITS[text[-1]])
            if not timedelta(0) <= ago <= _LONGEST:
                raise ValueError
            return ago
        then = datetime.fromisoformat(text)
        if then.year not in _YEARS:
            raise ValueError
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is neither a time nor a length of time such as 6h") from None
    return then if then.tzinfo else then.replace(tzinfo=UTC)
