"""Concepts on Django's ORM: each `replace_course` writes a generation of rows, which one UPDATE then makes the one that is read."""

import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from lectern.adapters.sql.calls import store_call, store_read, store_write
from lectern.adapters.sql.models import (
    ConceptEdgeRow,
    ConceptGraphRow,
    ConceptNameRow,
    ConceptRow,
    CourseRow,
)
from lectern.base.grouping import batches
from lectern.engine.errors import StoreUnavailable
from lectern.tutor.concepts.naming import LONGEST_LOOK_UP, folded, looked_up
from lectern.tutor.domain.concept import (
    Concept,
    ConceptPage,
    ConceptStats,
    CourseConcepts,
    Kinship,
    Need,
    Underlaid,
)
from lectern.tutor.errors import UnknownCourse

T = TypeVar("T")

_NEED, _KIN = "need", "kin"
#: Rows of one transaction: SQLite's other writers wait for it.
_AT_ONCE = 500
#: How often a reader begins again that a new generation overtook.
_TRIES = 5
_ROWS: tuple[type[ConceptRow | ConceptNameRow | ConceptEdgeRow], ...] = (
    ConceptRow,
    ConceptNameRow,
    ConceptEdgeRow,
)

#: The concept of each name, and what it needs directly: one statement, which sees one generation. The ORM's five would take
#: several times as long, of an answer.
_UNDERLAID = """
WITH called AS (
    SELECT name.*, ROW_NUMBER() OVER (PARTITION BY name.key ORDER BY name.is_first DESC, name.id) AS place
    FROM lectern_concept_graph AS graph JOIN lectern_concept_name AS name
    ON name.course_key = graph.course_key AND name.generation = graph.generation
    WHERE graph.course_key = %s AND name.key IN ({keys})
), wanted AS (
    SELECT course_key, generation, key, NULL AS weight, 0 AS number, concept_id FROM called WHERE place = 1
    UNION ALL
    SELECT called.course_key, called.generation, called.key, edge.weight, edge.id, edge.other_id
    FROM called JOIN lectern_concept_edge AS edge ON edge.course_key = called.course_key
    AND edge.generation = called.generation AND edge.kind = 'need' AND edge.concept_id = called.concept_id
    WHERE called.place = 1
)
SELECT wanted.key, wanted.weight, one.concept_id, one."order", one.body
FROM wanted JOIN lectern_concept AS one ON one.course_key = wanted.course_key
AND one.generation = wanted.generation AND one.concept_id = wanted.concept_id
ORDER BY wanted.weight DESC, wanted.number
"""


class SqlConcepts:
    """Implements `ConceptGraph`."""

    def replace_course(self, course_key: int, concepts: CourseConcepts) -> None:
        """Write a new generation in small transactions, have it read, and delete what was before."""
        with store_write():
            _require(course_key)
            ConceptGraphRow.objects.get_or_create(course_id=course_key)  # type: ignore[misc]  # the stubs take it for an id
        _delete_unread(course_key)
        generation, written = secrets.randbits(62) + 1, [0, 0, 0]
        for rows in _batches(course_key, generation, concepts):
            with store_write():
                _require(course_key)
                type(rows[0])._default_manager.bulk_create(rows)
            written[_ROWS.index(type(rows[0]))] += len(rows)
        with store_write():
            _require(course_key)
            graph = ConceptGraphRow.objects.select_for_update().get(course__key=course_key)
            # Whoever was taken for dead and comes back finds that its rows are deleted.
            if [_of(model, course_key, generation).count() for model in _ROWS] != written:
                raise StoreUnavailable(
                    "Others replaced the course's concepts at the same time.", hint="Try again."
                )
            graph.generation, graph.material = generation, concepts.material
            graph.concepts, graph.needs = len(concepts.concepts), len(concepts.needs)
            graph.kinships = len(concepts.kinships)
            graph.save()
        _delete_unread(course_key)

    def remove_course(self, course_key: int) -> None:
        """Remove a course's concepts."""
        with store_write():
            ConceptGraphRow.objects.filter(course__key=course_key).update(
                generation=0, material="", concepts=0, needs=0, kinships=0
            )
        _delete_unread(course_key)

    def kept_courses(self) -> set[int]:
        """Return the keys of the courses of which something is kept."""
        with store_call():
            return set(ConceptGraphRow.objects.values_list("course__key", flat=True))

    def read_course(self, course_key: int) -> CourseConcepts:
        """Return all that is kept of a course, in the order in which it was given."""

        def read(generation: int) -> CourseConcepts:
            rows = _of(ConceptRow, course_key, generation).order_by("order")
            edges = _of(ConceptEdgeRow, course_key, generation).order_by("id")
            needs, kinships = edges.filter(kind=_NEED), edges.filter(kind=_KIN)
            return CourseConcepts(
                concepts=tuple(map(_concept, rows)),
                needs=tuple(map(_need, needs)),
                kinships=tuple(map(_kinship, kinships)),
                material=self.stats(course_key).material,
            )

        return _steadily(course_key, read)

    def stats(self, course_key: int) -> ConceptStats:
        """Count what is kept of a course."""
        with store_call():
            row = ConceptGraphRow.objects.filter(course__key=course_key).first()
            if row is None:
                return ConceptStats()
            return ConceptStats(
                concepts=row.concepts, needs=row.needs, kinships=row.kinships, material=row.material
            )

    def find(self, course_key: int, prefix: str, offset: int, limit: int) -> ConceptPage:
        """Return concepts of which a name begins with `prefix`, in the course's order."""

        def read(generation: int) -> ConceptPage:
            rows = _of(ConceptRow, course_key, generation)
            if wanted := folded(prefix)[:LONGEST_LOOK_UP] if prefix else "":
                names = _of(ConceptNameRow, course_key, generation).filter(folded__startswith=wanted)
                rows = rows.filter(concept_id__in=names.values("concept_id"))
            found = rows.order_by("order")[offset : offset + limit]
            return ConceptPage(concepts=tuple(map(_concept, found)), total=rows.count())

        return _steadily(course_key, read)

    def named(self, course_key: int, name: str) -> Concept | None:
        """Return the concept of that id or name."""

        spelled, key = looked_up(name)

        def read(generation: int) -> Concept | None:
            rows, names = (_of(model, course_key, generation) for model in (ConceptRow, ConceptNameRow))
            for ids in (
                [name],
                names.filter(folded=spelled)
                .order_by("-is_first", "id")
                .values_list("concept_id", flat=True)[:1],
                names.filter(key=key).order_by("-is_first", "id").values_list("concept_id", flat=True)[:1],
            ):
                if found := rows.filter(concept_id__in=list(ids)).first():
                    return _concept(found)
            return None

        return _steadily(course_key, read)

    def concepts(self, course_key: int, concept_ids: Collection[str]) -> list[Concept]:
        """Return those of `concept_ids` that the course has, in its order."""

        def read(generation: int) -> list[Concept]:
            rows = _of(ConceptRow, course_key, generation).filter(concept_id__in=list(concept_ids))
            return [_concept(row) for row in rows.order_by("order")]

        return _steadily(course_key, read)

    def related(self, course_key: int, concept_id: str, limit: int) -> list[Kinship]:
        """Return the concepts that are related to one, closest first."""

        def read(generation: int) -> list[Kinship]:
            rows = _of(ConceptEdgeRow, course_key, generation).filter(kind=_KIN, concept_id=concept_id)
            return [_kinship(row) for row in rows.order_by("-weight", "id")[:limit]]

        return _steadily(course_key, read)

    def prerequisites(self, course_key: int, concept_id: str, depth: int, limit: int) -> list[Need]:
        """Return what a concept needs, step by step: one query each."""

        def read(generation: int) -> list[Need]:
            needs = _of(ConceptEdgeRow, course_key, generation).filter(kind=_NEED)
            found, known, waiting = list[Need](), {concept_id}, [concept_id]
            for _ in range(depth):
                rows = needs.filter(concept_id__in=waiting).order_by("-weight", "id")
                # 8 steps may be a thousand rows: no objects of the ORM for them.
                step = [
                    Need(concept=one, needs=other, weight=weight)
                    for one, other, weight in rows.values_list("concept_id", "other_id", "weight")
                ]
                found += step
                reached = list(dict.fromkeys(need.needs for need in step if need.needs not in known))
                waiting = reached[: max(0, limit - len(known))]
                known.update(waiting)
                if not waiting:
                    break
            return found

        return _steadily(course_key, read)

    def successors(self, course_key: int, concept_id: str, limit: int) -> list[Need]:
        """Return the concepts that need this one."""

        def read(generation: int) -> list[Need]:
            rows = _of(ConceptEdgeRow, course_key, generation).filter(kind=_NEED, other_id=concept_id)
            return [_need(row) for row in rows.order_by("-weight", "id")[:limit]]

        return _steadily(course_key, read)

    def underlaid(self, course_key: int, keys: Sequence[str]) -> list[Underlaid]:
        """Return the concepts of these names, with what they need directly."""
        if not keys:
            return []

        def read() -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(_UNDERLAID.format(keys=", ".join(["%s"] * len(keys))), [course_key, *keys])
                return list(cursor.fetchall())

        named, needs = dict[str, Concept](), defaultdict[str, list[Concept]](list)
        for key, weight, concept_id, order, body in store_read(read):
            one = Concept.of_body(concept_id, order, json.loads(body) if isinstance(body, str) else body)
            if weight is None:
                named.setdefault(key, one)
            else:
                needs[key].append(one)
        return [
            Underlaid(key=key, concept=named[key], needs=tuple(needs[key])) for key in keys if key in named
        ]


def _steadily(course_key: int, read: Callable[[int], T]) -> T:
    """Return what `read` reads of the course's generation, read anew when another one took its place meanwhile."""
    for _ in range(_TRIES):
        with store_call():
            generation = _generation(course_key)
            found = read(generation)
            if _generation(course_key) == generation:
                return found
    raise StoreUnavailable("The course's concepts are being replaced all the time.", hint="Try again.")


def _generation(course_key: int) -> int:
    rows = ConceptGraphRow.objects.filter(course__key=course_key).values_list("generation", flat=True)[:1]
    return next(iter(rows), 0)


def _of(model: type[Model], course_key: int, generation: int) -> QuerySet:  # type: ignore[type-arg]  # of any of the rows
    return model._default_manager.filter(course__key=course_key, generation=generation)


def _require(course_key: int) -> None:
    if not CourseRow.objects.select_for_update(no_key=True).filter(key=course_key).exists():
        raise UnknownCourse("The course was deleted while its concepts were written.")


def _delete_unread(course_key: int) -> None:
    """Delete the rows of other generations than the one that is read."""
    for model in _ROWS:
        while True:
            with store_write():
                graph = ConceptGraphRow.objects.select_for_update().filter(course__key=course_key).first()
                rows = model._default_manager.filter(course__key=course_key)
                unread = rows.exclude(generation=graph.generation) if graph else rows
                ids = list(unread.values_list("pk", flat=True)[:_AT_ONCE])
                rows.filter(pk__in=ids).delete()
            if len(ids) < _AT_ONCE:
                break


def _batches(course_key: int, generation: int, concepts: CourseConcepts) -> Iterator[list[Model]]:
    of = {"course_id": course_key, "generation": generation}
    edges = chain(
        ((_NEED, one.concept, one.needs, one.weight) for one in concepts.needs),
        ((_KIN, one.concept, one.related, one.weight) for one in concepts.kinships),
    )
    rows: tuple[Iterable[Model], ...] = (
        (ConceptRow(concept_id=one.id, order=one.order, body=one.body(), **of) for one in concepts.concepts),
        (
            ConceptNameRow(concept_id=one.id, folded=spelled, key=key, is_first=name == one.name, **of)
            for one in concepts.concepts
            for name in (one.name, *one.aliases)
            for spelled, key in (looked_up(name),)
        ),
        (
            ConceptEdgeRow(kind=kind, concept_id=one, other_id=other, weight=weight, **of)
            for kind, one, other, weight in edges
        ),
    )
    for some in rows:
        yield from batches(some, _AT_ONCE)


def _concept(row: ConceptRow) -> Concept:
    return Concept.of_body(row.concept_id, row.order, row.body)


def _need(row: ConceptEdgeRow) -> Need:
    return Need(concept=row.concept_id, needs=row.other_id, weight=row.weight)


def _kinship(row: ConceptEdgeRow) -> Kinship:
    return Kinship(concept=row.concept_id, related=row.other_id, weight=row.weight)
