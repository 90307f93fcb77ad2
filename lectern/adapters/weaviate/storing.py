"""Objects that are sent to Weaviate and come back from it: passages by version, vectors by text."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from lectern.adapters.weaviate.asking import shelf_of
from lectern.adapters.weaviate.server import WRITE_SECONDS, WeaviateServer
from lectern.adapters.weaviate.shelves import (
    Shelves,
    passage_object_id,
    passage_objects,
    passage_of,
    spelling_object,
    vector_id,
    vector_name,
)
from lectern.base.grouping import batches
from lectern.base.log import logger
from lectern.base.threads import DaemonThreads
from lectern.tutor.domain.passage import Passage
from lectern.tutor.domain.publication import Version
from lectern.tutor.ports.passages import Vector

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient

_log = logger(__name__)

#: Objects of one request: about 1 MB.
AT_ONCE = 250
#: Vectors of one request.
_VECTORS_AT_ONCE = 1000
#: How often objects that were not taken are sent again.
_TRIES = 3
#: Requests that are under way at once.
_SENDERS = 2


@dataclass(frozen=True)
class Request:
    """Objects for a collection, or for the part of it that a course has."""

    shelf: str
    objects: Sequence[Any]
    course_key: int | None = None


def store_passages(
    server: WeaviateServer,
    shelves: Shelves,
    course_key: int,
    model: str,
    versions: Mapping[str, Sequence[Passage]],
    vectors: Mapping[str, Vector],
) -> None:
    """Write the passages of versions, by the versions' names, and how their words are spelled."""
    numbered = (
        (name, number, passage)
        for name, passages in versions.items()
        for number, passage in enumerate(passages)
    )
    spellings = (spelling_object(course_key, name, passages) for name, passages in versions.items())
    insert_all(
        server,
        chain(
            (
                Request(shelves.passages, passage_objects(model, some, vectors), course_key)
                for some in batches(numbered, AT_ONCE)
            ),
            (Request(shelves.spellings, some) for some in batches(spellings, AT_ONCE)),
        ),
    )


def store_vectors(server: WeaviateServer, shelf: str, model: str, vectors: Mapping[str, Vector]) -> None:
    """Write vectors by text hash."""
    from weaviate.classes.data import DataObject

    objects = (
        DataObject(
            uuid=vector_id(model, sha),
            properties={"model": model},
            vector=np.asarray(one, np.float32).tolist(),
        )
        for sha, one in vectors.items()
    )
    insert_all(server, (Request(shelf, some) for some in batches(objects, _VECTORS_AT_ONCE)))


def insert_all(server: WeaviateServer, requests: Iterable[Request]) -> None:
    """Insert the objects of all requests; the next one is made while a few are under way."""
    senders, under_way = DaemonThreads(_SENDERS, "lectern-weaviate-sender"), deque[Future[None]]()
    try:
        for request in requests:
            if len(under_way) == _SENDERS:
                under_way.popleft().result()
            under_way.append(senders.submit(copy_context().run, insert, server, request))
        for sent in under_way:
            sent.result()
    finally:
        senders.shutdown(wait=False)


def insert(server: WeaviateServer, request: Request) -> None:
    """Insert objects; those that are not taken are sent again. What one of them was refused for is told."""
    from lectern.adapters.weaviate.errors import refusal

    left, why = list(request.objects), ""
    for _ in range(_TRIES):
        if not left:
            return

        async def send(client: "WeaviateAsyncClient", some: list[Any] = left) -> Any:
            return await shelf_of(client, request.shelf, request.course_key).data.insert_many(some)

        errors = server.write(send).errors
        left = [left[number] for number in sorted(errors)]
        why = next((one.message for one in errors.values()), "")
    if left:
        _log.warning("weaviate_refused", objects=len(left), why=why[:300])
        raise refusal(server.place, why)


def stored_vectors(
    server: WeaviateServer, shelf: str, model: str, text_shas: Collection[str], *, with_numbers: bool
) -> dict[str, Vector]:
    """Return the vectors of `model` that are kept, by text hash; without their numbers where only that is asked."""
    found = dict[str, Vector]()
    for batch in batches(sorted(text_shas), _VECTORS_AT_ONCE):
        by_id = {vector_id(model, sha): sha for sha in batch}

        async def read(client: "WeaviateAsyncClient", by_id: dict[Any, str] = by_id) -> Any:
            query = client.collections.use(shelf).query
            return await query.fetch_objects_by_ids(
                list(by_id), limit=len(by_id), include_vector=with_numbers, return_properties=[]
            )

        for one in server.read(read, WRITE_SECONDS).objects:
            found[by_id[one.uuid]] = np.asarray(one.vector.get("default", ()), np.float32)
    return found


def stored_passages(
    server: WeaviateServer, shelf: str, course_key: int, version: Version, *, with_vectors: bool
) -> tuple[list[Passage], dict[str, Vector]] | None:
    """Return the passages of a version in their order, and their vectors by text hash; None where it is not whole."""
    found = list[Any]()
    every = (passage_object_id(version.name, number) for number in range(version.passages))
    for ids in batches(every, AT_ONCE):

        async def read(client: "WeaviateAsyncClient", ids: list[Any] = ids) -> Any:
            query = shelf_of(client, shelf, course_key).query
            return await query.fetch_objects_by_ids(
                ids, limit=len(ids), include_vector=with_vectors, return_properties=["body"]
            )

        found += server.read(read, WRITE_SECONDS).objects
    if len(found) != version.passages:
        return None
    told = [(passage_of(one.properties["body"]), one) for one in found]
    told.sort(key=lambda pair: pair[0].ordinal)
    name, vectors = vector_name(version.model, version.dimensions), dict[str, Vector]()
    if with_vectors:
        vectors = {one.text_sha: np.asarray(it.vector[name], np.float32) for one, it in told}
    return [one for one, _ in told], vectors
