"""Measure a made-up course of 10,000 concepts: writing it, and a learning path, a concept and a search in it.

`python -m benchmarks.concepts` is SQL's, with NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD Neo4j's. CPU time of this process,
which on SQLite is all there is, and the time that passes, which is what a server's is known by. Then courses with shared
words and near names are asked for each other's concepts. The course and the questions come from a seed. Where the Neo4j
does not answer it ends with status 2.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from benchmarks.answering import PATIENCE_SECONDS, stopping
from lectern.tutor.domain.concept import Concept, CourseConcepts, Kinship, Need, Place
from lectern.tutor.errors import ConceptsUnavailable
from lectern.tutor.ports.concepts import ConceptStore

#: Prerequisites and relatives of each concept: as many as are ever kept.
NEEDS, KIN = 6, 10
COURSE = "benchmark"
#: Courses that a careless filter takes for one another.
NEAR = ("math", "maths", "math-1", "algebra", "algebra-1", "algebra-1-b", "algebra-10", "Algebra", "algèbra", "physics",
        "physics-a", "physics-a-b", "bio", "bios", "biology", "bio-1", "tea", "teas", "te", "t")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--leaks", type=int, default=10_000, help="questions about other courses' concepts")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as var, stopping():
        os.environ |= {"VAR_DIR": var, "DJANGO_SETTINGS_MODULE": "config.settings"}
        _measure(asked.concepts, asked.calls, asked.leaks, random.Random(asked.seed))


def _measure(size: int, calls: int, leaks: int, chance: random.Random) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from lectern.adapters.sql.courses import SqlCourses
    from lectern.bootstrap import IN_NEO4J, IN_SQL, lectern
    from lectern.tutor.concepts.looking import learning_path, look_up

    call_command("migrate", verbosity=0)
    here = lectern()
    graph: ConceptStore = here.concepts.stores[IN_NEO4J if here.neo4j else IN_SQL]
    if here.neo4j:
        here.neo4j.read_seconds = PATIENCE_SECONDS  # for a server that has just begun
    print(f"in {here.neo4j.check() if here.neo4j else 'SQL'}, load of the machine {os.getloadavg()[0]:.1f}")
    course = SqlCourses().add(COURSE, "Benchmark")
    given = made_up(size, chance)
    began, began_at = time.process_time(), time.perf_counter()
    graph.replace_course(course.key, given)
    print(
        f"replace_course: {time.process_time() - began:.1f} s of CPU, {time.perf_counter() - began_at:.1f} s, for {size} concepts, "
        f"{len(given.needs)} prerequisites, {len(given.kinships)} relatives"
    )
    # The last tenth rests on most.
    names = [one.name for one in chance.choices(given.concepts[-size // 10 :], k=calls)]
    refused = sum(not _answers(partial(learning_path, course, name, 12, graph)) for name in names)
    print(
        f"warming up: {refused} of {len(names)} paths were refused, or took too long for a server that just began"
    )
    lengths = [len(learning_path(course, name, 12, graph).steps) for name in names[:20]]
    print(f"steps of a path: {min(lengths)} to {max(lengths)}")
    _times("path, 12 steps", names, lambda name: learning_path(course, name, 12, graph))
    _times("path, 50 steps", names, lambda name: learning_path(course, name, 50, graph))
    _times("concept", names, lambda name: look_up(course, name, graph))
    _times("search by prefix", names, lambda name: graph.find(course.key, name[:4], 0, 50))
    _times("page at the end", names, lambda name: graph.find(course.key, "", size - 60, 50))
    graph.remove_course(course.key)
    keys = [SqlCourses().add(name, name).key for name in NEAR]
    for number, key in enumerate(keys):
        graph.replace_course(key, shared(number))
    print(f"concepts of another course in {leaks} answers: {leaked(keys, graph, leaks, chance)}")
    for key in keys:
        graph.remove_course(key)
    if here.neo4j:
        here.neo4j.close()


def shared(number: int) -> CourseConcepts:
    """Return the concepts of course `number`: the names and ids of all courses, its own number in each sentence."""
    concepts = [
        replace(_concept(order, random.Random(order)), sentence=f"course {number}") for order in range(60)
    ]
    pairs = list(zip(concepts[1:], concepts, strict=False))
    return CourseConcepts(
        concepts=tuple(concepts),
        needs=tuple(Need(concept=one.id, needs=other.id, weight=number + 1) for one, other in pairs),
        kinships=tuple(
            Kinship(concept=one.id, related=other.id, weight=(number + 1) / 100) for one, other in pairs
        ),
        material=f"course {number}",
    )


def leaked(keys: list[int], graph: ConceptStore, questions: int, chance: random.Random) -> int:
    """Return how many answers hold anything of another course than the one that was asked."""
    wrong = 0
    for _ in range(questions):
        number = chance.randrange(len(keys))
        key, sentence = keys[number], f"course {number}"
        one = _concept(order := chance.randrange(60), random.Random(order))
        match chance.randrange(6):
            case 0:
                found = graph.named(key, chance.choice([one.id, one.name, one.name.upper(), one.aliases[0]]))
                wrong += found is None or found.sentence != sentence
            case 1:
                page = graph.find(key, chance.choice(["", one.name[:2], "c"]), 0, 50)
                wrong += page.total > 60 or any(each.sentence != sentence for each in page.concepts)
            case 2:
                wrong += any(each.sentence != sentence for each in graph.concepts(key, [one.id]))
            case 3:
                wrong += any(each.weight != (number + 1) / 100 for each in graph.related(key, one.id, 50))
            case 4:
                wrong += any(each.weight != number + 1 for each in graph.prerequisites(key, one.id, 8, 200))
            case _:
                wrong += any(each.weight != number + 1 for each in graph.successors(key, one.id, 50))
    return wrong


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


def _answers(call: Callable[[], object]) -> bool:
    try:
        call()
    except ConceptsUnavailable:
        time.sleep(1)
        return False
    return True


def _times(what: str, names: list[str], call: Callable[[str], object]) -> None:
    taken, passed = [], []
    for name in names:
        began, began_at = time.process_time(), time.perf_counter()
        call(name)
        taken.append(1000 * (time.process_time() - began))
        passed.append(1000 * (time.perf_counter() - began_at))
    print(f"{what}: {_told(taken)} of CPU; {_told(passed)} in all")


def _told(taken: list[float]) -> str:
    taken.sort()
    return f"p50 {taken[len(taken) // 2]:.1f} ms, p95 {taken[int(len(taken) * 0.95)]:.1f} ms"


if __name__ == "__main__":
    main()
