"""Concepts in Neo4j: each `replace_course` writes a version of nodes, which one transaction then makes the one that is read.

Neo4j reads what is committed and takes no snapshot: so each statement that reads tells the version that is read behind it,
and what is not read any more is deleted only behind the change to the next.
"""

import json
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Protocol, TypeVar

from lectern.adapters.neo4j import statements as cypher
from lectern.adapters.neo4j.server import WRITE_SECONDS, Neo4jServer, Run, Work
from lectern.base.grouping import batches
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
from lectern.tutor.errors import ConceptsUnavailable, UnknownCourse

T = TypeVar("T")


class Look(Protocol):
    """Runs a statement on one version of a course, and returns its rows."""

    def __call__(self, statement: str, /, **parameters: Any) -> Awaitable[list[dict[str, Any]]]:
        """Return what it finds."""


#: Reads of one version of a course.
Read = Callable[[Look], Awaitable[T]]

#: Rows of one transaction, or concepts whose edges it writes: few seconds' work for a small server.
_AT_ONCE = 1000
#: Steps back that one statement goes. A server that has just begun plans more of them for seconds.
_STEPS = 4
#: Of the longest wait of who reads, the part that an answer waits.
_BESIDE = 2 / 3
#: How often a reader begins again that a new version overtook.
_TRIES = 5


class Neo4jConceptGraph:
    """Implements `ConceptGraph`.

    `has_course` tells whether there is a course of that key, and `installation` the name of those that SQL has: others
    may share the server.
    """

    def __init__(
        self, server: Neo4jServer, has_course: Callable[[int], bool], installation: Callable[[], str]
    ) -> None:
        self._server, self._has_course, self._installation = server, has_course, installation
        #: The installation, once its schema is there.
        self._owner = ""
        #: The version of each course that was read last: most likely it still is, and what a statement says behind it tells.
        self._seen: dict[int, int] = {}

    # --- writing -----------------------------------------------------------------------------------------------------

    def replace_course(self, course_key: int, concepts: CourseConcepts) -> None:
        """Write a new version batch by batch, have it read, and delete what was before."""
        self._require(course_key)
        self._prepare()
        self._delete_unread(course_key)
        version = secrets.randbits(62) + 1
        self._begin(course_key, version)
        for number, (statement, batch) in enumerate(_batches(concepts)):
            self._require(course_key)
            self._add(course_key, version, number, statement, batch)
        self._require(course_key)
        self._switch(course_key, version, concepts)
        self._delete_unread(course_key)

    def remove_course(self, course_key: int) -> None:
        """Have no version read, and delete them all."""
        if not self._server.read(lambda run: run(cypher.COURSE, course=course_key)):
            return
        self._prepare()

        async def work(run: Run) -> None:
            await self._locked(run, course_key)
            nothing = {"version": 0, "material": "", "concepts": 0, "needs": 0, "kinships": 0}
            await run(cypher.SWITCH, course=course_key, **nothing)

        self._server.write(work)
        self._delete_unread(course_key)
        self._server.write(lambda run: run(cypher.DELETE_COURSE, course=course_key))

    def _prepare(self) -> None:
        if self._owner:
            return
        for statement in (*cypher.SCHEMA, cypher.AWAIT_INDEXES):
            self._server.write(_only(statement))
        self._owner = self._installation()

    def _begin(self, course_key: int, version: int) -> None:
        async def work(run: Run) -> None:
            written = (await self._locked(run, course_key))["written"]
            names = list(dict.fromkeys([*written, version]))
            await run(cypher.SET_WRITTEN, course=course_key, written=names)

        self._server.write(work)

    def _add(self, course_key: int, version: int, number: int, statement: str, batch: Sequence[Any]) -> None:
        name = f"{version} {number}"

        async def work(run: Run) -> bool:
            course = await self._locked(run, course_key)
            # Who was taken for dead and comes back must leave nothing that nobody would delete.
            if version not in course["written"]:
                return False
            # Done again, since the answer to its commit was lost with the connection.
            if name != course["added"]:
                await run(statement, course=course_key, version=version, rows=batch)
                await run(cypher.ADDED, course=course_key, batch=name)
            return True

        if not self._server.write(work):
            raise _overtaken()

    def _switch(self, course_key: int, version: int, concepts: CourseConcepts) -> None:
        given = {
            "concepts": len(concepts.concepts),
            "needs": len(concepts.needs),
            "kinships": len(concepts.kinships),
        }
        named = sum(1 + len(one.aliases) for one in concepts.concepts)

        async def work(run: Run) -> bool:
            of = {"course": course_key, "version": version}
            written = (await self._locked(run, course_key))["written"]
            counted = (await run(cypher.COUNT_CONCEPTS, **of))[0]
            names = (await run(cypher.COUNT_NAMES, **of))[0]["names"]
            if version not in written or counted != given or names != named:
                return False
            await run(cypher.SWITCH, material=concepts.material, **of, **given)
            return True

        if not self._server.write(work):
            raise _overtaken()

    def _delete_unread(self, course_key: int) -> None:
        """Delete the nodes of other versions than the one that is read: what crashed writers left, and what was before."""

        async def some(run: Run) -> bool:
            course = await self._locked(run, course_key)
            written = course["written"]
            unread = next((one for one in written if one != course["version"]), None)
            if unread is None:
                return False
            for statement in (cypher.DELETE_NAMES, cypher.DELETE_CONCEPTS):
                found = await run(statement, course=course_key, version=unread, limit=_AT_ONCE)
                if found[0]["deleted"]:
                    return True
            # Only here, where its writer cannot add any: what is not named is found by nobody.
            left = [one for one in written if one != unread]
            await run(cypher.SET_WRITTEN, course=course_key, written=left)
            return True

        while self._server.write(some):
            pass

    async def _locked(self, run: Run, course_key: int) -> dict[str, Any]:
        """Return the version that is read, all that were written, and the batch that was added last; no other writer changes
        them before this one commits."""
        of = {"course": course_key, "owner": self._owner, "lock": secrets.randbits(62)}
        return (await run(cypher.LOCK, **of))[0]

    def _require(self, course_key: int) -> None:
        if not self._has_course(course_key):
            raise UnknownCourse("The course was deleted while its concepts were written.")

    # --- reading -----------------------------------------------------------------------------------------------------

    def kept_courses(self) -> set[int]:
        """Return the keys of this installation's courses of which something is kept."""
        owner = self._installation()
        return {one["course"] for one in self._server.read(lambda run: run(cypher.COURSES, owner=owner))}

    def stats(self, course_key: int) -> ConceptStats:
        """Count what is kept of a course."""
        found = self._server.read(lambda run: run(cypher.COURSE, course=course_key))
        kept = found[0]["course"] if found else {}
        return ConceptStats(
            **{name: kept[name] for name in ("concepts", "needs", "kinships", "material") if name in kept}
        )

    def find(self, course_key: int, prefix: str, offset: int, limit: int) -> ConceptPage:
        """Return concepts of which a name begins with `prefix`, in the course's order."""
        wanted, part = folded(prefix)[:LONGEST_LOOK_UP] if prefix else "", {"offset": offset, "limit": limit}

        async def read(look: Look) -> ConceptPage:
            if wanted:
                (page,) = await look(cypher.BEGINNING, prefix=wanted, **part)
            else:
                (page,) = await look(cypher.PAGE, **part)
            return ConceptPage(concepts=tuple(map(_concept, page["concepts"])), total=page["total"])

        return self._steadily(course_key, read)

    def named(self, course_key: int, name: str) -> Concept | None:
        """Return the concept of that id or name."""
        spelled, key = looked_up(name)

        async def read(look: Look) -> Concept | None:
            found = await look(cypher.NAMED, name=name, folded=spelled, key=key)
            return _concept(found[0]) if found else None

        return self._steadily(course_key, read)

    def concepts(self, course_key: int, concept_ids: Collection[str]) -> list[Concept]:
        """Return those of `concept_ids` that the course has, in its order."""
        ids = list(set(concept_ids))

        async def read(look: Look) -> list[Concept]:
            return [_concept(one) for one in await look(cypher.BY_IDS, ids=ids)]

        return self._steadily(course_key, read)

    def related(self, course_key: int, concept_id: str, limit: int) -> list[Kinship]:
        """Return the concepts that are related to one, closest first."""

        async def read(look: Look) -> list[Kinship]:
            return [_kinship(one) for one in await look(cypher.RELATED, id=concept_id, limit=limit)]

        return self._steadily(course_key, read)

    def prerequisites(self, course_key: int, concept_id: str, depth: int, limit: int) -> list[Need]:
        """Return what a concept needs, some steps back by each statement."""

        async def read(look: Look) -> list[Need]:
            found, waiting, known, left = list[Need](), [concept_id], [concept_id], depth
            while waiting and left > 0:
                steps = min(left, _STEPS)
                asked = {"ids": waiting, "known": known, "limit": max(1, limit)}
                (went,) = await look(cypher.needed(steps), **asked)
                columns = (went[name] for name in ("ones", "others", "weights"))
                found += [
                    Need(concept=one, needs=it, weight=weight)
                    for one, it, weight in zip(*columns, strict=True)
                ]
                waiting, known, left = went["waiting"], went["known"], left - steps
            return found

        return self._steadily(course_key, read)

    def successors(self, course_key: int, concept_id: str, limit: int) -> list[Need]:
        """Return the concepts that need this one."""

        async def read(look: Look) -> list[Need]:
            return [_need(one) for one in await look(cypher.SUCCESSORS, id=concept_id, limit=limit)]

        return self._steadily(course_key, read)

    def underlaid(self, course_key: int, keys: Sequence[str]) -> list[Underlaid]:
        """Return the concepts of these names, with what they need directly."""

        async def read(look: Look) -> list[Underlaid]:
            found = {one["key"]: one for one in await look(cypher.UNDERLAID, keys=list(keys))}
            return [
                Underlaid(
                    key=key,
                    concept=_concept(found[key]["concept"]),
                    needs=tuple(map(_concept, found[key]["needs"])),
                )
                for key in keys
                if key in found
            ]

        return self._steadily(course_key, read, self._server.read_seconds * _BESIDE)

    def read_course(self, course_key: int) -> CourseConcepts:
        """Return all that is kept of a course, in the order in which it was given."""

        async def read(look: Look) -> CourseConcepts:
            concepts, needs, kinships = list[Concept](), list[Any](), list[Any]()
            kept = (await look(cypher.KEPT))[0]
            for first in range(0, kept["concepts"], _AT_ONCE):
                page = (await look(cypher.PAGE, offset=first, limit=_AT_ONCE))[0]["concepts"]
                concepts += map(_concept, page)
                part = {"first": page[0]["order"], "end": page[-1]["order"] + 1} if page else {}
                if part:
                    needs += await look(cypher.ALL_NEEDS, **part)
                    kinships += await look(cypher.ALL_KINSHIPS, **part)
            return CourseConcepts(
                concepts=tuple(concepts),
                needs=tuple(map(_need, sorted(needs, key=_number))),
                kinships=tuple(map(_kinship, sorted(kinships, key=_number))),
                material=kept["material"],
            )

        return self._steadily(course_key, read, WRITE_SECONDS)

    def _steadily(self, course_key: int, read: Read[T], seconds: float | None = None) -> T:
        """Return what `read` reads of the course's version, read anew when that is not the one that is read by now.

        One that is read behind the last statement was complete before it, and nothing of it is deleted.
        """

        async def work(run: Run) -> tuple[bool, T]:
            version = is_read = self._seen.get(course_key, 0)

            async def look(statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
                nonlocal is_read
                (found,) = await run(statement, course=course_key, version=version, **parameters)
                is_read = found["version"]
                return list(found["rows"])

            found = await read(look)
            self._seen[course_key] = is_read
            return version == is_read, found

        for _ in range(_TRIES):
            steady, found = self._server.read(work, seconds)
            if steady:
                return found
        raise ConceptsUnavailable("The course's concepts are being replaced all the time.", hint="Try again.")


def _only(statement: str) -> Work[object]:
    return lambda run: run(statement)


def _overtaken() -> ConceptsUnavailable:
    return ConceptsUnavailable("Others replaced the course's concepts at the same time.", hint="Try again.")


def _batches(concepts: CourseConcepts) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    names = [(one, name) for one in concepts.concepts for name in (one.name, *one.aliases)]
    needs = ((one.concept, one.needs, one.weight) for one in concepts.needs)
    kinships = ((one.concept, one.related, one.weight) for one in concepts.kinships)
    nodes = (
        {"id": one.id, "order": one.order, "body": json.dumps(one.body(), ensure_ascii=False)}
        for one in concepts.concepts
    )
    called = (
        {
            "number": number,
            "concept": one.id,
            **dict(zip(("folded", "key"), looked_up(name), strict=True)),
            "is_first": name == one.name,
        }
        for number, (one, name) in enumerate(names)
    )
    for statement, some in (
        (cypher.ADD_CONCEPTS, nodes),
        (cypher.ADD_NAMES, called),
        (cypher.ADD_NEEDS, _edges(needs)),
        (cypher.ADD_KINSHIPS, _edges(kinships)),
    ):
        yield from ((statement, batch) for batch in batches(some, _AT_ONCE))


def _edges(given: Iterable[tuple[str, str, float]]) -> Iterator[dict[str, Any]]:
    """Give the edges of one concept after the other, numbered: the server looks each up once."""
    for one, edges in groupby(enumerate(given), key=lambda numbered: numbered[1][0]):
        others = [
            {"number": number, "other": other, "weight": float(weight)}
            for number, (_, other, weight) in edges
        ]
        yield {"one": one, "others": others}


def _concept(row: dict[str, Any]) -> Concept:
    return Concept.of_body(row["id"], row["order"], json.loads(row["body"]))


def _need(row: dict[str, Any]) -> Need:
    return Need(concept=row["one"], needs=row["other"], weight=row["weight"])


def _kinship(row: dict[str, Any]) -> Kinship:
    return Kinship(concept=row["one"], related=row["other"], weight=row["weight"])


def _number(row: dict[str, Any]) -> int:
    return int(row["number"])
