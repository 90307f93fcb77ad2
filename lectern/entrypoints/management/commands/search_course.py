"""`manage.py search_course <course_id> <words>…`: what an answer would be made of."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from lectern.bootstrap import lectern
from lectern.entrypoints.console.command import LecternCommand
from lectern.entrypoints.console.tables import shortened
from lectern.tutor.retrieval.fusion import Ranked

_SHOWN_CHARACTERS = 160


class Command(LecternCommand):
    """A table of passages, best first, or JSON."""

    help = "Search a course as an answer would, and show the passages with their scores."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare course, words, limit and --json."""
        parser.add_argument("course_id")
        parser.add_argument("words", nargs="+")
        parser.add_argument("--limit", type=_count, default=5, help="passages to show (default 5)")
        parser.add_argument("--json", action="store_true", help="write one JSON list, with the whole texts")

    def run(self, *, course_id: str, words: list[str], limit: int, json: bool, **_: Any) -> None:
        """Search and write."""
        tutor = lectern().tutor
        found = tutor.search(tutor.course_for(course_id), " ".join(words), limit)
        if json:
            self.print_json([_to_json(one) for one in found])
            return
        rows: list[Any] = [
            (
                f"{one.score:.2f}",
                "+".join(one.legs),
                one.passage.whereabouts,
                shortened(one.passage.text, _SHOWN_CHARACTERS),
            )
            for one in found
        ]
        self.print_table("Passages", ("score", "legs", "location", "text"), rows)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be a whole number from 1")
    return int(text)


def _to_json(found: Ranked) -> dict[str, Any]:
    passage = found.passage
    return {
        "score": round(found.score, 4),
        "legs": list(found.legs),
        "document": passage.document,
        "location": passage.location,
        "anchor": passage.anchor,
        "page": passage.page,
        "passage_id": passage.id,
        "text": passage.text,
    }
