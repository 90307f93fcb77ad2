"""What Weaviate keeps and nobody reads, and what it lost of what is read."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lectern.adapters.weaviate.asking import MOST, count, delete, shelf_of
from lectern.adapters.weaviate.server import WRITE_SECONDS, WeaviateServer
from lectern.adapters.weaviate.shelves import Shelves, passage_of, tenant, vector_id, vector_name
from lectern.adapters.weaviate.versions import Versions
from lectern.base.grouping import batches
from lectern.base.log import logger
from lectern.tutor.domain.publication import CourseReading, Serving

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient
    from weaviate.collections.collection import CollectionAsync

_log = logger(__name__)

#: A vector that no passage uses is kept for a day: material that was taken out often comes back.
UNUSED_SECONDS = 86_400.0
#: How often it is looked for what no course has any more.
_SWEPT_SECONDS, _FAILED_SECONDS = 86_400.0, 3600.0
#: The most unused vectors that are looked for at a time, and objects of one request.
_CANDIDATES, _PAGE = 100_000, 1000
#: For how long after a change it is looked whether all is there: a Weaviate that is killed loses vectors of its last minute.
MENDED_SECONDS = 3600.0
#: Versions that are deleted at once.
_VERSIONS_AT_ONCE = 10


def has_tenant(server: WeaviateServer, shelves: Shelves, course_key: int) -> bool:
    """Return True when the server has a place for passages of a course."""
    name = tenant(course_key)
    return server.read(lambda it: it.collections.use(shelves.passages).tenants.exists(name))


def counted_of(
    server: WeaviateServer, shelves: Shelves, course_key: int, served: Sequence[Serving]
) -> dict[str, int]:
    """Return how many passages of each document are on the server."""
    if not has_tenant(server, shelves, course_key):
        return {one.document: 0 for one in served}
    counted = partial(count_of, server, shelves.passages, course_key)
    if counted([one.version.name for one in served]) == sum(one.version.passages for one in served):
        return {one.document: one.version.passages for one in served}
    return {one.document: counted([one.version.name]) for one in served}


def count_of(
    server: WeaviateServer,
    shelf: str,
    course_key: int,
    versions: Collection[str],
    seconds: float | None = None,
) -> int:
    """Return how many passages of some versions are on the server."""
    return server.read(lambda client: count(shelf_of(client, shelf, course_key), versions), seconds)


def delete_course(server: WeaviateServer, shelves: Shelves, course_key: int) -> None:
    """Delete all that the server has of a course."""

    async def remove(client: "WeaviateAsyncClient") -> None:
        from weaviate.classes.query import Filter

        await client.collections.use(shelves.passages).tenants.remove([tenant(course_key)])
        of = Filter.by_property("course").equal(tenant(course_key))
        await delete(client.collections.use(shelves.spellings), of)

    server.write(remove)


def delete_unread(server: WeaviateServer, shelves: Shelves, versions: Versions, course_key: int) -> None:
    """Delete the versions of a course that nobody reads: what was before, and what writers left that died."""
    if not (leftovers := versions.leftovers(course_key)):
        return
    is_there = has_tenant(server, shelves, course_key)
    for some in batches(leftovers, _VERSIONS_AT_ONCE):
        _delete_versions(server, shelves, course_key, some, is_there=is_there)
        versions.deleted(course_key, some)


def _delete_versions(
    server: WeaviateServer, shelves: Shelves, course_key: int, versions: Sequence[str], *, is_there: bool
) -> None:
    """Delete versions; the course may have no passages there."""

    async def remove(client: "WeaviateAsyncClient") -> None:
        from weaviate.classes.query import Filter

        of = Filter.by_property("version").contains_any(versions)
        if is_there:
            await delete(shelf_of(client, shelves.passages, course_key), of)
        await delete(client.collections.use(shelves.spellings), of)

    server.write(remove)


async def all_by_meaning(shelf: "CollectionAsync[Any, Any]", now: CourseReading) -> list[Any]:
    """Return what the search by meaning can find of a course."""
    found = list[Any]()
    for model, dimensions in now.models:
        near = await shelf.query.near_vector(
            near_vector=[1.0] * dimensions,
            target_vector=vector_name(model, dimensions),
            limit=MOST,
            return_properties=["version"],
        )
        found += near.objects
    return found


def lacking(served: Sequence[Serving], found: Sequence[Any]) -> list[str]:
    """Return the documents of which passages are not among what was found; none where that cannot be told."""
    if sum(one.version.passages for one in served) > MOST:
        return []
    there = Counter(str(one.properties["version"]) for one in found)
    return [one.document for one in served if there[one.version.name] < one.version.passages]


# --- what no course has any more -------------------------------------------------------------------------------------
#
# It is left where SQL was put back to an older state, or a course went while nobody could delete. Whatever is written is
# named in SQL first: so the server is asked what it has before SQL is asked what of it is known.


class Sweeping:
    """Deletes it, at the first call in this process and then daily; an hour after it failed."""

    def __init__(self, server: WeaviateServer, versions: Versions) -> None:
        self._server, self._versions = server, versions
        self._next = 0.0
        self._swept_to: UUID | None = None

    def sweep(self, shelves: Shelves, is_embedding: Callable[[], bool]) -> None:
        """Delete courses and versions that SQL does not know, and vectors that no passage has."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _FAILED_SECONDS
        server, versions = self._server, self._versions
        delete_unknown_courses(server, shelves, versions)
        for course_key in versions.courses():
            delete_unknown_versions(server, shelves, versions, course_key)
        self._swept_to = delete_unused_vectors(
            server, shelves, versions.courses(), is_embedding, self._swept_to
        )
        self._next = time.monotonic() + _SWEPT_SECONDS


def delete_unknown_courses(server: WeaviateServer, shelves: Shelves, versions: Versions) -> None:
    """Delete what the server has of courses of which SQL knows no version."""

    async def has(client: "WeaviateAsyncClient") -> set[str]:
        tenants = await client.collections.use(shelves.passages).tenants.get()
        return {*tenants, *await _counted_by(client.collections.use(shelves.spellings), "course")}

    there = server.read(has, WRITE_SECONDS)
    for name in there - {tenant(key) for key in versions.courses()}:
        _log.warning("weaviate_unknown", course_key=name)
        delete_course(server, shelves, int(name))


def delete_unknown_versions(
    server: WeaviateServer, shelves: Shelves, versions: Versions, course_key: int
) -> None:
    """Delete versions of a course that SQL does not know: a search would find them."""

    async def has(client: "WeaviateAsyncClient") -> set[str]:
        return await _counted_by(shelf_of(client, shelves.passages, course_key), "version")

    if not has_tenant(server, shelves, course_key):
        return
    there = server.read(has, WRITE_SECONDS)
    known = {*versions.reading(course_key).unread}
    known |= {one.version.name for one in versions.served(course_key)}
    # Once more: one may have become read in between.
    for version in there - known - versions.reading(course_key).unread:
        _log.warning("weaviate_unknown", course_key=course_key, version=version)
        _delete_versions(server, shelves, course_key, [version], is_there=True)


def delete_unused_vectors(
    server: WeaviateServer,
    shelves: Shelves,
    courses: Collection[int],
    is_embedding: Callable[[], bool],
    after: UUID | None = None,
) -> UUID | None:
    """Delete vectors that were stored long ago and that no passage has; none while material is being embedded, which may
    count on them. Returns where the next one goes on; None at the end."""
    unused = dict[UUID, str]()
    for one in _all_of(server, shelves.vectors, None, after):
        after = one.uuid
        if one.metadata.last_update_time.timestamp() < time.time() - UNUSED_SECONDS:
            unused[one.uuid] = str(one.properties["model"])
        if len(unused) >= _CANDIDATES:
            break
    else:
        after = None
    models = set(unused.values())
    for course_key in courses if unused else ():
        if has_tenant(server, shelves, course_key):
            for one in _all_of(server, shelves.passages, course_key):
                text_sha = passage_of(one.properties["body"]).text_sha
                for model in models:
                    unused.pop(vector_id(model, text_sha), None)
    if unused and not is_embedding():
        _log.info("weaviate_unused", vectors=len(unused))
        for some in batches(unused, _PAGE):

            async def remove(client: "WeaviateAsyncClient", some: list[UUID] = some) -> None:
                from weaviate.classes.query import Filter

                where = Filter.by_id().contains_any(some)
                await delete(client.collections.use(shelves.vectors), where)

            server.write(remove)
    return after


async def _counted_by(shelf: "CollectionAsync[Any, Any]", name: str) -> set[str]:
    """Return the values that a property has."""
    from weaviate.classes.aggregate import GroupByAggregate

    of = GroupByAggregate(prop=name, limit=MOST)
    groups = (await shelf.aggregate.over_all(group_by=of, total_count=True)).groups
    return {str(one.grouped_by.value) for one in groups}


def _all_of(
    server: WeaviateServer, shelf: str, course_key: int | None, after: UUID | None = None
) -> Iterator[Any]:
    """Yield all objects behind that one, without their vectors."""
    from weaviate.classes.query import MetadataQuery

    while True:

        async def read(client: "WeaviateAsyncClient", after: UUID | None = after) -> list[Any]:
            query = shelf_of(client, shelf, course_key).query
            some = await query.fetch_objects(
                limit=_PAGE, after=after, return_metadata=MetadataQuery(last_update_time=True)
            )
            return some.objects

        if not (page := server.read(read, WRITE_SECONDS)):
            return
        yield from page
        after = page[-1].uuid
