"""What Weaviate keeps and nobody reads, and what it lost of what is read."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lectern.adapters.weaviate.asking import MOST, batches, delete, shelf_of
from lectern.adapters.weaviate.server import WeaviateServer
from lectern.adapters.weaviate.shelves import Shelves, tenant, vector_name
from lectern.adapters.weaviate.versions import Versions
from lectern.tutor.domain.publication import CourseReading, Serving

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient
    from weaviate.collections.collection import CollectionAsync

#: For how long after a change it is looked whether all is there: a Weaviate that is killed loses vectors of its last minute.
MENDED_SECONDS = 3600.0
#: Versions that are deleted at once.
_VERSIONS_AT_ONCE = 10


def has_tenant(server: WeaviateServer, shelves: Shelves, course_key: int) -> bool:
    """Return True when the server has a place for passages of a course."""
    name = tenant(course_key)
    return server.read(lambda it: it.collections.use(shelves.passages).tenants.exists(name))


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

        async def remove(client: "WeaviateAsyncClient", some: list[str] = some) -> None:
            from weaviate.classes.query import Filter

            of = Filter.by_property("version").contains_any(some)
            if is_there:
                await delete(shelf_of(client, shelves.passages, course_key), of)
            await delete(client.collections.use(shelves.spellings), of)

        server.write(remove)
        versions.deleted(course_key, some)


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
