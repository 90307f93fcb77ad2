"""Measure the concepts of a course against its key terms: how many are found, how many twice, and where edges lead.

`python -m evaluation.concepts` reads the kit's two books with the product's own parsers and prints a Markdown table;
`--path NAME` prints the way to a concept, as a student reads it. The kit is in ../shared or where --kit says.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lectern.tutor.concepts.abbreviating import split_name
from lectern.tutor.concepts.building import build
from lectern.tutor.concepts.naming import Key, key_of, tidied
from lectern.tutor.concepts.renewing import in_reading_order
from lectern.tutor.concepts.walking import LearningPath, chosen, path_of
from lectern.tutor.domain.concept import Concept, CourseConcepts
from lectern.tutor.domain.passage import Passage
from lectern.tutor.ingest.reading import read_material
from lectern.tutor.retrieval.words import stem, words

COURSES = ("demo_course_python", "dev_course_micro")
STEPS = 12


def main() -> int:
    """Read, build, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, default=Path("../shared"))
    parser.add_argument("--course", choices=COURSES, action="append")
    parser.add_argument("--path", action="append", default=[], help="a concept to which to show the way")
    asked = parser.parse_args()
    print(
        "| course | passages | concepts | key terms found | twice | prerequisites | of them forward | relatives | CPU s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for course in asked.course or COURSES:
        folder = asked.kit / "data" / course
        if not folder.is_dir():
            print(f"There is no {folder}. Name the kit's folder with --kit.", file=sys.stderr)
            return 1
        read = {one.key: one.passages for one in read_material([folder / "raw_cnxml"]).documents}
        _measure(course, read, folder / "key_terms.jsonl", asked.path)
    return 0


def _measure(course: str, read: dict[str, tuple[Passage, ...]], terms: Path, paths: Sequence[str]) -> None:
    began = time.process_time()
    found = build(in_reading_order(read), lambda name: read[name], course)
    seconds = time.process_time() - began
    wanted = {_key(json.loads(line)["term"]) for line in terms.open(encoding="utf-8")}
    named = {_key(name): one for one in found.concepts for name in (one.name, *one.aliases)}
    order = {one.id: one.order for one in found.concepts}
    forward = sum(order[need.needs] < order[need.concept] for need in found.needs)
    print(
        f"| {course} | {sum(map(len, read.values()))} | {len(found.concepts)} | {len(wanted & named.keys())} of {len(wanted)} "
        f"| {twice(found)} | {len(found.needs)} | {forward} | {len(found.kinships)} | {seconds:.1f} |"
    )
    for name in paths:
        if target := named.get(_key(name)):
            print(f"\n{name}:")
            _show(_path(found, target))


def _key(name: str) -> Key:
    long = split_name(name)[0]
    return key_of(tidied(long) or long)


def twice(found: CourseConcepts) -> int:
    """Count the concepts whose names are equal to another's once they are stemmed; "input" and "input()" are two."""
    stemmed = Counter(
        one.name if one.name.endswith("()") else " ".join(stem(word) for word in words(one.name)) or one.name
        for one in found.concepts
    )
    return sum(times - 1 for times in stemmed.values())


def _path(found: CourseConcepts, target: Concept) -> LearningPath:
    wanted, shortened = chosen(target.id, found.needs, STEPS)
    return path_of([one for one in found.concepts if one.id in wanted], found.needs, shortened=shortened)


def _show(path: LearningPath) -> None:
    for number, step in enumerate(path.steps, 1):
        one = step.concept
        after = f" (after {', '.join(needed.name for needed in step.needs)})" if step.needs else ""
        place = " › ".join((one.explained.title, *one.explained.heading_path))
        print(f"{number}. {one.name}{after}: {place}\n   {' '.join(one.sentence.split())}")


if __name__ == "__main__":
    sys.exit(main())
