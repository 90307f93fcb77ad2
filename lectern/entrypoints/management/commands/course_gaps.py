"""`manage.py course_gaps <course_id>`: what a course could not answer, by section."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.tables import moment, shortened
from lectern.entrypoints.http.gaps import gaps_body
from lectern.tutor.domain.gap import Gap, GapQuestion, Gaps

_QUESTION_CHARACTERS, _SECTION_CHARACTERS, _COMMENT_CHARACTERS = 100, 60, 200
_NO_SECTION = "(near no section)"
_COLUMNS = (
    "section",
    "question",
    "times",
    "open",
    "declined",
    "down",
    "confidence",
    "last asked",
    "answered by",
)


class Command(LecternCommand):
    """A table of sections with their questions, those with most open ones first, or JSON."""

    help = (
        "List what a course could not answer, or not well, by section: refusals, answers of low confidence, thumbs-down. "
        "`answer_gap` answers one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the course, the page, and --json."""
        parser.add_argument("course_id")
        parser.add_argument(
            "--limit", type=_count(1, 50), default=10, help="sections to show (default 10, at most 50)"
        )
        parser.add_argument(
            "--offset", type=_count(0, 1_000_000), default=0, help="sections to leave out before them"
        )
        parser.add_argument("--json", action="store_true", help="write one JSON object, with whole texts")

    def run(self, *, course_id: str, limit: int, offset: int, json: bool, **_: Any) -> None:
        """Read and write."""
        here = lectern()
        course = here.tutor.course_for(course_id)
        gaps = here.desk.gaps(course, limit, offset)
        if json:
            self.print_json(gaps_body(course.id, gaps))
            return
        rows: list[Any] = [row for gap in gaps.gaps for row in _rows(gap)]
        self.print_table(_title(course.id, gaps), _COLUMNS, rows)
        said = [(gap, comment) for gap in gaps.gaps for comment in gap.comments]
        if said:
            self.stdout.write("")
            shown: list[Any] = [(_section(gap), shortened(one, _COMMENT_CHARACTERS)) for gap, one in said]
            self.print_table("What students wrote", ("section", "comment"), shown)
        left = gaps.sections - offset - len(gaps.gaps)
        if gaps.gaps and left > 0:
            self.stdout.write(f"{left} more sections: --offset {offset + len(gaps.gaps)}")


def _title(course_id: str, gaps: Gaps) -> str:
    return (
        f"Gaps of {course_id}: {gaps.count} of {gaps.answered} answered questions, {gaps.open} of them open, "
        f"near {gaps.sections} sections"
    )


def _rows(gap: Gap) -> list[tuple[Any, ...]]:
    """Return a section's own line and one for each group of its questions."""
    groups = [_row(one) for one in gap.questions]
    more = gap.count - sum(one.count for one in gap.questions)
    rest = f"{len(gap.questions)} kinds of questions" + (f" and {more} others" if more else "")
    head = (_section(gap), rest, gap.count, gap.open, gap.declined, gap.down, "", moment(gap.asked_at), "")
    return [head, *groups]


def _row(one: GapQuestion) -> tuple[Any, ...]:
    question = shortened(one.question, _QUESTION_CHARACTERS)
    confidence, asked = f"{one.confidence:.2f}", moment(one.asked_at)
    return ("", question, one.count, one.open, one.declined, one.down, confidence, asked, one.answered_by)


def _section(gap: Gap) -> str:
    return shortened(gap.section, _SECTION_CHARACTERS) if gap.section else _NO_SECTION


def _count(least: int, most: int) -> Any:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read
