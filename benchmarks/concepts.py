"""Measure a made-up course of 10,000 concepts in SQL: writing it, and a learning path, a concept and a search in it.

CPU time of this process, which on SQLite is all there is; `python -m benchmarks.concepts`. With DATABASE_URL it is a
PostgreSQL's, whose own time is not counted. The course and the questions come from a seed.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable

from lectern.tutor.domain.concept import Concept, CourseConcepts, Kinship, Need, Place

#: Prerequisites and relatives of each concept: as many as are ever kept.
NEEDS, KIN = 6, 10
COURSE = "benchmark"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"VAR_DIR": var, "DJANGO_SETTINGS_MODULE": "config.settings"}
        _measure(asked.concepts, asked.calls, random.Random(asked.seed))


def _measure(size: int, calls: int, chance: random.Random) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from lectern.adapters.sql.concepts import SqlConcepts
    from lectern.adapters.sql.courses import SqlCourses
    from lectern.tutor.concepts.looking import learning_path, look_up

    call_command("migrate", verbosity=0)
    course, graph = SqlCourses().add(COURSE, "Benchmark"), SqlConcepts()
    given = made_up(size, chance)
    began = time.process_time()
    graph.replace_course(course.key, given)
    print(
        f"replace_course: {time.process_time() - began:.1f} s of CPU for {size} concepts, "
        f"{len(given.needs)} prerequisites, {len(given.kinships)} relatives"
    )
    # The last tenth rests on most.
    names = [one.name for one in chance.choices(given.concepts[-size // 10 :], k=calls)]
    lengths = [len(learning_path(course, name, 12, graph).steps) for name in names[:20]]
    print(f"steps of a path: {min(lengths)} to {max(lengths)}")
    _times("path, 12 steps", names, lambda name: learning_path(course, name, 12, graph))
    _times("path, 50 steps", names, lambda name: learning_path(course, name, 50, graph))
    _times("concept", names, lambda name: look_up(course, name, graph))
    _times("search by prefix", names, lambda name: graph.find(course.key, name[:4], 0, 50))
    _times("page at the end", names, lambda name: graph.find(course.key, "", size - 60, 50))
    SqlCourses().remove(COURSE)


def made_up(size: int, chance: random.Random) -> CourseConcepts:
    """Return concepts of which each needs some before it, most of them near."""
    concepts = [_concept(order, chance) for order in range(size)]
    needs = [
        Need(concept=one.id, needs=concepts[before].id, weight=chance.uniform(3, 30))
        for one in concepts
        for before in sorted(
            {max(0, one.order - 1 - int(chance.expovariate(0.005))) for _ in range(NEEDS)} - {one.order}
        )
    ]
    kinships = [
        Kinship(concept=one.id, related=other.id, weight=chance.random())
        for one in concepts
        for other in chance.sample(concepts, KIN)
        if other is not one
    ]
    return CourseConcepts(
        concepts=tuple(concepts), needs=tuple(needs), kinships=tuple(kinships), material="made up"
    )


def _concept(order: int, chance: random.Random) -> Concept:
    def place(number: int) -> Place:
        return Place(passage_id=f"p{number}", document=f"chapter-{number % 97}.md", title="A chapter of the book",
                     heading_path=("A section", "A part of it"), anchor="part", page=number % 900)  # fmt: skip

    letters = "".join(chance.choices("abcdefghijklmnop", k=4))
    return Concept(id=f"{order:012d}", name=f"{letters} concept {order}", aliases=(f"C{order}",), sentence="It is a thing. " * 10,
                   is_definition=True, order=order, first=place(order), explained=place(order + 1),
                   places=tuple(place(order + more) for more in range(2, 6)))  # fmt: skip


def _times(what: str, names: list[str], call: Callable[[str], object]) -> None:
    taken = []
    for name in names:
        began = time.process_time()
        call(name)
        taken.append(1000 * (time.process_time() - began))
    taken.sort()
    print(
        f"{what}: p50 {taken[len(taken) // 2]:.1f} ms, p95 {taken[int(len(taken) * 0.95)]:.1f} ms, longest {taken[-1]:.1f} ms of CPU"
    )


if __name__ == "__main__":
    main()
