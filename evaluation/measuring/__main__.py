"""Measure what students get: ask a course labelled questions by the tutor's own graph, and write a report.

Without a course the evaluation kit is asked, in ../shared or where --kit says. Exit status 1 when a measure fell against
the stored baseline by more than chance, when nothing is stored of a question of the kit, or something leaked into the
index; 2 when it could not be measured.
"""

import argparse
import sys
from pathlib import Path

from evaluation.measuring.measure import Order, measure
from evaluation.measuring.outcomes import RULES
from evaluation.measuring.questions import WrongInput
from evaluation.measuring.trials import VARIANTS
from lectern.base.errors import LecternError

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measure and print where the report is."""
    try:
        return measure(_order())
    except (WrongInput, LecternError) as exc:
        print(exc, file=sys.stderr)
        return 2


def _order() -> Order:
    parser = argparse.ArgumentParser(
        prog="make eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--kit", type=Path, default=ROOT.parent / "shared", help="folder with eval/ and data/")
    add(
        "--variant",
        choices=VARIANTS,
        nargs="*",
        help="of the kit: passages as given, own ingest; default both",
    )
    add("--sets", nargs="*", default=(), help="question sets of the kit; default all")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--course", default="", help="id of a course that was ingested here")
    source.add_argument(
        "--material", type=Path, nargs="+", help="files and folders, read as an ingest reads them"
    )
    source.add_argument("--passages", type=Path, help="file of passages")
    add(
        "--questions",
        type=Path,
        nargs="+",
        default=(),
        help="question files for --course, --material, --passages",
    )
    add("--rule", choices=RULES, default=RULES[0], help="when an answer counts as right for its confidence")
    add(
        "--sample",
        type=_count,
        default=None,
        help="questions of each set; default all, with a language model 100",
    )
    add("--latency", type=_count, default=100, help="questions whose time is measured; 0: none")
    add(
        "--out",
        type=Path,
        default=ROOT / "var/evaluation",
        help="folder for the report and what is remembered",
    )
    add("--baseline", default="", help="`store`: keep these outcomes, which later ones are compared with")
    given = parser.parse_args()
    if given.baseline not in ("", "store"):
        parser.error(f"--baseline {given.baseline}: only `store` is known.")
    own = bool(given.course or given.material or given.passages)
    if own != bool(given.questions):
        parser.error("give --questions together with one of --course, --material, --passages")
    return Order(
        kit=given.kit, variants=tuple(given.variant or VARIANTS), sets=tuple(given.sets), course=given.course,
        material=tuple(given.material or ()), passages=given.passages, questions=tuple(given.questions),
        rule=given.rule, sample=given.sample, latency=given.latency, out=given.out, store=given.baseline == "store",
    )  # fmt: skip


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("a number from 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
