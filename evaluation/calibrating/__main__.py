"""Fit the models behind the confidence to two textbooks; measure them by module, and on Python as fitted to Microbiology alone.

Needs the evaluation kit; writes lectern/tutor/confidence/calibration.json, which holds figures only. Both books are read as
an ingest reads them, exercises and solutions left out. The kit asks Microbiology for no definition that it has, so both are
asked for terms that one document of them explains.
"""

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluation.calibrating.asking import Asker
from evaluation.calibrating.fitting import NEAR_MISSES
from evaluation.calibrating.reporting import report, show
from evaluation.calibrating.terms import with_terms
from evaluation.measuring.questions import WrongInput
from evaluation.measuring.trials import GIVEN, INGESTED, kit_trials
from lectern.tutor.confidence.model import CALIBRATION

ROOT = Path(__file__).resolve().parents[2]
#: Question sets of a course, the name for its terms, its folder.
FIRST = (
    ("micro_native", "micro_keywords", "micro_typos", "micro_foreign", NEAR_MISSES),
    "micro_terms",
    "dev_course_micro",
)
OTHER = (("python_definitions", "python_foreign"), "python_terms", "demo_course_python")
TERMS = "key_terms.jsonl"


def main() -> int:
    """Ask, fit, measure, write."""
    options = _options()
    variant = GIVEN if options.as_given else INGESTED
    try:
        first, other = (
            with_terms(kit_trials(options.kit, variant, sets), name, options.kit / "data" / course / TERMS)
            for sets, name, course in (FIRST, OTHER)
        )
    except WrongInput as exc:
        print(exc, file=sys.stderr)
        return 2
    options.cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        asker = Asker(Path(folder), options.cache)
        made = report(*([one for trial in trials for one in asker.ask(trial)] for trials in (first, other)))
    if not options.as_given:  # the product cuts its passages itself
        CALIBRATION.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    show(made)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make calibrate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--kit", type=Path, default=ROOT.parent / "shared", help="folder with eval/ and data/"
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "var/evaluation", help="folder for vectors of earlier runs"
    )
    parser.add_argument(
        "--as-given", action="store_true", help="measure on the kit's own passages, and write nothing"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
