"""`PassageIndex` on Weaviate, for installations on several machines: one tenant a course, vectors of our own.

Weaviate has no transactions. So each replacement of a document writes objects of a new version, and one transaction in SQL
makes it the one that is read. Who reads looks at the course's stamp before and after, and leaves out what is not read.
"""

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lectern.adapters.weaviate.asking import (
    MOST,
    all_of,
    best,
    not_unread,
    read_now,
    shelf_of,
)
from lectern.adapters.weaviate.reading import READS, SteadyReads
from lectern.adapters.weaviate.server import WRITE_SECONDS, WeaviateServer
from lectern.adapters.weaviate.shelves import (
    letter_property,
    tenant,
    vector_name,
)
from lectern.adapters.weaviate.shelving import Shelving
from lectern.adapters.weaviate.stemming import asked_words
from lectern.adapters.weaviate.storing import store_passages, store_vectors, stored_passages, stored_vectors
from lectern.adapters.weaviate.tidying import (
    MENDED_SECONDS,
    Sweeping,
    all_by_meaning,
    count_of,
    counted_of,
    delete_course,
    delete_unread,
    has_tenant,
    lacking,
)
from lectern.adapters.weaviate.versions import Versions
from lectern.base.log import logger
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.publication import NOTHING, CourseReading, Version, digest_of, parted
from lectern.tutor.errors import EmbeddedOtherwise, IndexUnavailable
from lectern.tutor.ports.passages import Hit, IndexStats, Vector

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient

_log = logger(__name__)

#: Weaviate leaves a factor out of BM25 that SQLite has, k1 + 1: with it both score alike.
_AS_SQLITE = 2.2
#: What was written lately is in a memory of Weaviate's, where a search for the best few loses some of them (1.35): all are
#: asked for till it has gone to disk, which takes a minute. More, since clocks differ.
SETTLING_SECONDS = 300.0
#: More hits than are wanted: of those with equal scores at the edge Weaviate returns any.
_SPARE = 14


class WeaviatePassageIndex:
    """Passages of all courses of an installation on a Weaviate, whose collections carry its name."""

    def __init__(self, server: WeaviateServer, versions: Versions, installation: Callable[[], str]) -> None:
        self.server, self._versions = server, versions
        self._shelves = Shelving(server, installation)
        self._steadily = SteadyReads(server, versions).read
        self._sweeping = Sweeping(server, versions)

    # --- vectors -----------------------------------------------------------------------------------------------------

    def missing_vectors(self, model: str, text_shas: Collection[str]) -> set[str]:
        """Return those of `text_shas` for which no vector of `model` is stored."""
        return (
            set(text_shas)
            - stored_vectors(
                self.server, self._shelves.checked().vectors, model, text_shas, with_numbers=False
            ).keys()
        )

    def store_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors by text hash."""
        store_vectors(self.server, self._shelves.checked().vectors, model, vectors)

    def vectors(self, model: str, text_shas: Collection[str]) -> dict[str, Vector]:
        """Return the vectors of `model` that are stored, by text hash."""
        return stored_vectors(
            self.server, self._shelves.checked().vectors, model, text_shas, with_numbers=True
        )

    # --- documents ---------------------------------------------------------------------------------------------------

    def replace_documents(
        self, course_key: int, model: str, documents: Mapping[str, Sequence[Passage]]
    ) -> None:
        """Put passages in the place of the documents'."""
        vectors = self.vectors(model, {one.text_sha for passages in documents.values() for one in passages})
        for document, passages in documents.items():
            if missing := len({one.text_sha for one in passages} - vectors.keys()):
                raise IndexUnavailable.lacking(document, missing)
            if len({one.id for one in passages}) < len(passages):
                raise IndexUnavailable(f"Two passages of {document} have one id.", hint="Please report this.")
        self.put_documents(course_key, model, documents, vectors)

    def put_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Announce the content of documents and write it; one that has none is removed."""
        full, empty = parted(documents)
        for document in empty:
            self.remove_document(course_key, document)
        self._versions.announce(
            course_key, {document: digest_of(model, passages) for document, passages in full.items()}
        )
        self.write_documents(course_key, model, full, vectors)

    def write_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Write the newest content of documents, as it was announced, and have it read. `vectors` are by text hash."""
        if not documents:
            return
        dimensions = next(iter(vectors.values())).shape[0]
        self._shelves.make_room_for(model, dimensions)
        written = {
            document: Version(
                name=secrets.token_hex(8),
                digest=digest_of(model, passages),
                model=model,
                dimensions=dimensions,
                passages=len(passages),
            )
            for document, passages in documents.items()
        }
        names = [version.name for version in written.values()]
        self._versions.begin(course_key, names)
        store_passages(
            self.server,
            self._shelves.checked(),
            course_key,
            model,
            {written[document].name: passages for document, passages in documents.items()},
            vectors,
        )
        there = count_of(self.server, self._shelves.known().passages, course_key, names, WRITE_SECONDS)
        if there != sum(map(len, documents.values())) or not self._versions.switch(course_key, written):
            raise IndexUnavailable(
                f"What was written of {', '.join(sorted(documents)[:5])} was deleted meanwhile.",
                hint="Try again.",
            )
        self._tidy(course_key)

    def remove_document(self, course_key: int, document: str) -> None:
        """Remove a document's passages, if it has any."""
        if any(one.document == document for one in self._versions.served(course_key)):
            self._versions.announce(course_key, {document: NOTHING})
            self.withdraw_document(course_key, document)

    def withdraw_document(self, course_key: int, document: str) -> None:
        """Remove the passages of a document whose removal was announced."""
        self._versions.withdraw(course_key, document)
        self._tidy(course_key)

    # --- searching ---------------------------------------------------------------------------------------------------

    def search_keywords(
        self, course_key: int, query: str, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the best passages for the words of `query`; scores are BM25, above 0."""
        words, shelf = asked_words(query), self._shelves.known().passages
        if not words or not kinds or limit < 1:
            return []

        scores = dict[Any, float]()

        async def search(client: "WeaviateAsyncClient", now: CourseReading) -> list[Any]:
            from weaviate.classes.query import MetadataQuery

            ask, most = shelf_of(client, shelf, course_key).query, limit + _SPARE
            is_settled = time.time() - now.changed_at > SETTLING_SECONDS
            found = await ask.bm25(
                query=words,
                query_properties=["words"],
                limit=most if is_settled else MOST,
                filters=read_now(now, kinds),
                return_properties=["version", "body"] if is_settled else [],
                return_metadata=MetadataQuery(score=True),
            )
            scores.update((one.uuid, one.metadata.score or 0.0) for one in found.objects)
            if is_settled or not found.objects:
                return found.objects
            ids = [one.uuid for one in found.objects[:most]]
            return (
                await ask.fetch_objects_by_ids(ids, limit=most, return_properties=["version", "body"])
            ).objects

        found = self._steadily(course_key, search)
        return best(((one, _AS_SQLITE * scores[one.uuid]) for one in found), limit)

    def search_vectors(
        self, course_key: int, model: str, vector: Vector, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the passages nearest to `vector`; scores are cosines."""
        dimensions, shelf = vector.shape[0], self._shelves.known().passages

        async def search(client: "WeaviateAsyncClient", now: CourseReading) -> list[Any]:
            from weaviate.classes.query import MetadataQuery

            if others := [one for one in now.models if one != (model, dimensions)]:
                raise EmbeddedOtherwise.by(others, model, dimensions)
            found = await shelf_of(client, shelf, course_key).query.near_vector(
                near_vector=vector.tolist(),
                target_vector=vector_name(model, dimensions),
                limit=limit + _SPARE,
                filters=read_now(now, kinds),
                return_properties=["version", "body"],
                return_metadata=MetadataQuery(distance=True),
            )
            return found.objects

        if limit < 1 or not kinds:
            return []
        found = self._steadily(course_key, search)
        return best(((one, 1.0 - (one.metadata.distance or 0.0)) for one in found), limit)

    def spelled_like(self, course_key: int, word: str) -> dict[str, int]:
        """Return the course's words that `word` may be a slip of, with the passages of each."""
        if not word:
            return {}
        shelf, letter = self._shelves.known().spellings, letter_property(word)

        async def read(client: "WeaviateAsyncClient", now: CourseReading) -> list[Any]:
            from weaviate.classes.query import Filter

            found = await client.collections.use(shelf).query.fetch_objects(
                filters=Filter.by_property("course").equal(tenant(course_key)),
                limit=MOST,
                return_properties=["version", letter],
            )
            return found.objects

        told = Counter[str]()
        for one in self._steadily(course_key, read):
            told.update(json.loads(str(one.properties[letter] or "{}")))
        if word in told:
            return {word: told[word]}
        return {
            one: count for one, count in told.items() if one[0] == word[0] and abs(len(one) - len(word)) <= 1
        }

    def passages(self, course_key: int, document: str) -> list[Passage]:
        """Return the passages of a document in their order."""
        return self._document(course_key, document, with_vectors=False)[1]

    def read_document(self, course_key: int, document: str) -> tuple[str, list[Passage], dict[str, Vector]]:
        """Return the embedding model, the passages, and their vectors by text hash."""
        return self._document(course_key, document, with_vectors=True)

    def _document(
        self, course_key: int, document: str, *, with_vectors: bool
    ) -> tuple[str, list[Passage], dict[str, Vector]]:
        shelf = self._shelves.checked().passages
        for _ in range(READS):
            serving = next(
                (one for one in self._versions.served(course_key) if one.document == document), None
            )
            if serving is None:
                return "", [], {}
            version = serving.version
            found = stored_passages(self.server, shelf, course_key, version, with_vectors=with_vectors)
            if found is not None:
                return version.model, *found
        raise IndexUnavailable(
            f"Weaviate at {self.server.place} lacks passages of {document}.",
            hint="Give the course its material again.",
        )

    def present(self, course_key: int, passage_ids: Collection[str]) -> set[str]:
        """Return those of `passage_ids` that the course has now."""
        if not passage_ids:
            return set()
        shelf = self._shelves.known().passages

        async def read(client: "WeaviateAsyncClient", now: CourseReading) -> list[Any]:
            from weaviate.classes.query import Filter

            found = await shelf_of(client, shelf, course_key).query.fetch_objects(
                filters=all_of(
                    not_unread(now), Filter.by_property("passage").contains_any(list(passage_ids))
                ),
                limit=MOST,
                return_properties=["version", "passage"],
            )
            return found.objects

        return {str(one.properties["passage"]) for one in self._steadily(course_key, read)}

    def stats(self, course_key: int) -> IndexStats:
        """Count documents and passages of a course, as the server has them."""
        return self.stats_without(course_key, ())

    def stats_without(self, course_key: int, documents: Collection[str]) -> IndexStats:
        """Count documents and passages of a course, as the server has them, but for those documents."""
        served = [one for one in self._versions.served(course_key) if one.document not in documents]
        if not served:
            self.server.check()  # who asks wants to know that it can be read
            return IndexStats(documents=0, passages=0)
        counted = counted_of(self.server, self._shelves.known(), course_key, served)
        whole = [one for one in served if counted[one.document] == one.version.passages]
        models = tuple(sorted({one.version.model for one in whole}))
        return IndexStats(documents=len(whole), passages=sum(counted.values()), models=models)

    def lost(self, course_key: int) -> set[str]:
        """Return the documents of which the server lacks passages; its collections are made anew where it lost them."""
        self._shelves.doubt()
        served = self._versions.served(course_key)
        if not served:
            return set()
        counted = counted_of(self.server, self._shelves.known(), course_key, served)
        return {one.document for one in served if counted[one.document] < one.version.passages}

    # --- tidying -----------------------------------------------------------------------------------------------------

    def kept_courses(self) -> set[int]:
        """Return the keys of the courses of which something is on the server."""
        return self._versions.courses()

    def kept_documents(self, course_key: int) -> dict[str, str]:
        """Return the documents of a course, with the digests of their contents."""
        return {one.document: one.version.digest for one in self._versions.served(course_key)}

    def remove_course(self, course_key: int) -> None:
        """Remove all that is kept of a course that was deleted. Its key is never given again."""
        delete_course(self.server, self._shelves.checked(), course_key)
        self._versions.forget(course_key)

    def check(self) -> None:
        """Raise `IndexUnavailable` where it does not answer."""
        self.server.check()

    def tidy(self, course_key: int) -> None:
        """Delete what nobody reads, and write anew what Weaviate lost of a course that changed lately, or lost whole."""
        shelves = self._shelves.checked()
        delete_unread(self.server, shelves, self._versions, course_key)
        is_new = time.time() - self._versions.reading(course_key).changed_at < MENDED_SECONDS
        if is_new or not has_tenant(self.server, shelves, course_key):
            self._mend(course_key)

    def sweep(self, is_embedding: Callable[[], bool]) -> None:
        """Delete what no course has any more, at the first call and then daily."""
        self._sweeping.sweep(self._shelves.checked(), is_embedding)

    def _mend(self, course_key: int) -> None:
        """Write those documents anew of which the search by meaning lacks passages: their objects still have the vectors.

        Those that lack objects too are owed from then on, to be given by a host that has them.
        """
        for document in (lost := self.lost(course_key)):
            _log.warning("weaviate_lost", course_key=course_key, document=document)
            self._versions.owe(course_key, document)
        if lost:  # these first: a course that is gone whole cannot be searched
            return
        shelf = self._shelves.checked().passages

        async def found_by_meaning(client: "WeaviateAsyncClient", now: CourseReading) -> list[Any]:
            return await all_by_meaning(shelf_of(client, shelf, course_key), now)

        there = self._steadily(course_key, found_by_meaning, WRITE_SECONDS)
        for document in lacking(self._versions.served(course_key), there):
            _log.warning("weaviate_mend", course_key=course_key, document=document)
            model, passages, vectors = self.read_document(course_key, document)
            if passages:
                self.write_documents(course_key, model, {document: passages}, vectors)

    def _tidy(self, course_key: int) -> None:
        try:
            delete_unread(self.server, self._shelves.checked(), self._versions, course_key)
        except IndexUnavailable as exc:  # the change is made; the next one deletes it, or beat
            _log.warning("weaviate_tidy", course_key=course_key, error=str(exc))
