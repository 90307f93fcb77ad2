"""Parts of requests to Weaviate, and hits of what they find."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from lectern.adapters.weaviate.shelves import passage_of, tenant
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.domain.publication import CourseReading
from lectern.tutor.errors import IndexUnavailable
from lectern.tutor.ports.passages import Hit

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient
    from weaviate.collections.collection import CollectionAsync

T = TypeVar("T")

#: The most that Weaviate returns at once.
MOST = 10_000


def shelf_of(client: "WeaviateAsyncClient", name: str, course_key: int | None) -> "CollectionAsync[Any, Any]":
    """Return a collection, or the part of it that a course has."""
    shelf = client.collections.use(name)
    return shelf if course_key is None else shelf.with_tenant(tenant(course_key))


async def delete(shelf: "CollectionAsync[Any, Any]", where: Any) -> None:
    """Delete what a filter finds, of which Weaviate takes a part at a time. Raises `IndexUnavailable`: it only counts failures."""
    matches = MOST
    while matches >= MOST:
        done = await shelf.data.delete_many(where=where)
        matches = done.matches
        if done.failed:
            raise IndexUnavailable(
                f"Weaviate did not delete {matches} objects of {shelf.name}.",
                hint="It is read-only when its disk is 90 % full; else read its log.",
            )


async def count(shelf: "CollectionAsync[Any, Any]", versions: Collection[str]) -> int:
    """Count the passages of some versions."""
    from weaviate.classes.query import Filter

    of = Filter.by_property("version").contains_any(list(versions))
    return int((await shelf.aggregate.over_all(total_count=True, filters=of)).total_count or 0)


def read_now(now: CourseReading, kinds: Collection[PassageKind]) -> Any:
    """Find passages of these kinds that are read."""
    from weaviate.classes.query import Filter

    return all_of(not_unread(now), Filter.by_property("kind").contains_any([kind.value for kind in kinds]))


def not_unread(now: CourseReading) -> "list[Any]":
    """Leave out what is not read."""
    from weaviate.classes.query import Filter

    return [Filter.by_property("version").contains_none(sorted(now.unread))] if now.unread else []


def all_of(filters: "list[Any]", last: Any) -> Any:
    """Join filters."""
    from weaviate.classes.query import Filter

    return Filter.all_of([*filters, last]) if filters else last


def best(found: Iterable[tuple[Any, float]], limit: int) -> list[Hit]:
    """Return the `limit` best hits; equal ones in the order of their documents, so that it is always the same."""
    scored = sorted(found, key=lambda pair: -pair[1])
    least = scored[min(limit, len(scored)) - 1][1] if scored else 0.0
    hits = [
        Hit(passage=passage_of(one.properties["body"]), score=score)
        for one, score in scored
        if score >= least
    ]
    hits.sort(key=lambda hit: (-hit.score, hit.passage.document, hit.passage.ordinal))
    return hits[:limit]
