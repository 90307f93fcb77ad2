"""A standby for passages on a server: a store of this host that has what the host published, and answers while the server is away.

It never answers with what the course no longer has: a document counts only while its digest is among those that SQL names.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from lectern.base.log import logger
from lectern.base.seldom import Seldom
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.publication import NOTHING, digest_of, parted
from lectern.tutor.errors import IndexAway, IndexUnavailable
from lectern.tutor.ports.passage_server import PassageServer, Publications
from lectern.tutor.ports.passages import FromStandby, Hit, IndexStats, PassageStore, Vector
from lectern.tutor.retrieval.patience import for_writing, waiting_at_most

_log = logger(__name__)

#: How many more hits are asked for where some do not count, and at most.
_MORE, _MOST = 4, 5000


@dataclass(frozen=True)
class Compared:
    """The documents of a course and those that the standby has of it, by their digests, as of one moment."""

    content: Mapping[str, frozenset[str]]
    kept: Mapping[str, str]

    @property
    def left_out(self) -> set[str]:
        """The documents of the standby that are not what the course has."""
        return {
            document for document, digest in self.kept.items() if digest not in self.content.get(document, ())
        }

    def lacking(self, documents: Collection[str]) -> set[str]:
        """Return those of `documents` that the standby does not have as the course has them."""
        return {
            document
            for document in documents
            if self.kept.get(document, NOTHING) not in self.content.get(document, {NOTHING})
        }

    @property
    def lacks(self) -> set[str]:
        """The documents of the course that the standby does not have as the course has them."""
        return self.lacking(self.content)

    @property
    def has_any(self) -> bool:
        """True when the standby has something of the course, or nothing is there to be had."""
        return len(self.lacks) < len(self.content) or not self.content


class StandbyIndex:
    """Implements `PassageIndex` on `server`, which answers call `name`, and on `standby` where that is away."""

    def __init__(
        self, server: PassageServer, standby: PassageStore, publications: Publications, *, name: str
    ) -> None:
        self.server, self.standby, self.publications = server, standby, publications
        self.name = name
        #: What the server refused, by what was done, for the log.
        self.refused = defaultdict[str, Seldom](Seldom)

    # --- writing -----------------------------------------------------------------------------------------------------

    def missing_vectors(self, model: str, text_shas: Collection[str]) -> set[str]:
        """Return those of `text_shas` of which neither has a vector. What only the standby has is given to the server."""
        here = self.standby.missing_vectors(model, text_shas)
        try:
            with waiting_at_most(for_writing(len(text_shas))):
                there = self.server.missing_vectors(model, text_shas)
                if only_here := there - here:
                    self.server.store_vectors(model, self.standby.vectors(model, only_here))
        except IndexUnavailable as exc:
            self._told("missing_vectors", exc)
            return here
        return here & there

    def store_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors on both, or on the standby alone."""
        self.standby.store_vectors(model, vectors)
        try:
            with waiting_at_most(for_writing(len(vectors))):
                self.server.store_vectors(model, vectors)
        except IndexUnavailable as exc:
            self._told("store_vectors", exc)

    def replace_documents(
        self, course_key: int, model: str, documents: Mapping[str, Sequence[Passage]]
    ) -> None:
        """Replace documents on both; where the server is away, it owes them from then on."""
        full, empty = parted(documents)
        for document in empty:
            self.remove_document(course_key, document)
        if not full:
            return
        texts = {one.text_sha for passages in full.values() for one in passages}
        vectors = self.standby.vectors(model, texts)
        if elsewhere := texts - vectors.keys():  # another host embedded them
            found = self.server.vectors(model, elsewhere)
            self.standby.store_vectors(model, found)
            vectors |= found
        digests = {document: digest_of(model, passages) for document, passages in full.items()}
        self.publications.announce(course_key, digests)
        self.standby.replace_documents(course_key, model, full)
        self._write(course_key, model, full, digests, vectors)

    def _write(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        digests: Mapping[str, str],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Have the server read announced documents, or owe them; one that it refuses keeps no other from it."""
        try:
            with waiting_at_most(for_writing(sum(map(len, documents.values())))):
                self.server.write_documents(course_key, model, documents, vectors)
        except IndexUnavailable as exc:
            self._told("replace_documents", exc)
            if len(documents) > 1 and not isinstance(exc, IndexAway):
                for document, passages in documents.items():
                    self._write(
                        course_key, model, {document: passages}, {document: digests[document]}, vectors
                    )
                return
            self.publications.settle(course_key, digests)

    def remove_document(self, course_key: int, document: str) -> None:
        """Remove a document from both; where the server is away, it owes that."""
        if document not in self.publications.content(course_key):
            self.standby.remove_document(course_key, document)
            return
        self.publications.announce(course_key, {document: NOTHING})
        self.standby.remove_document(course_key, document)
        try:
            with waiting_at_most(for_writing(0)):
                self.server.withdraw_document(course_key, document)
        except IndexUnavailable as exc:
            self._told("remove_document", exc)
            self.publications.settle(course_key, {document: NOTHING})

    # --- reading -----------------------------------------------------------------------------------------------------

    def search_keywords(
        self, course_key: int, query: str, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the best passages for the words of `query`."""
        return self._search(
            course_key, limit, lambda index, most: index.search_keywords(course_key, query, most, kinds)
        )

    def search_vectors(
        self, course_key: int, model: str, vector: Vector, limit: int, kinds: Collection[PassageKind]
    ) -> list[Hit]:
        """Return the passages nearest to `vector`."""
        return self._search(
            course_key,
            limit,
            lambda index, most: index.search_vectors(course_key, model, vector, most, kinds),
        )

    def spelled_like(self, course_key: int, word: str) -> dict[str, int]:
        """Return the course's words that `word` may be a slip of."""
        try:
            return self.server.spelled_like(course_key, word)
        except IndexUnavailable as exc:
            self._told("spelled_like", exc)
            return self.standby.spelled_like(course_key, word)

    def passages(self, course_key: int, document: str) -> list[Passage]:
        """Return the passages of a document in their order."""
        if document not in self.publications.owed_of(course_key):
            try:
                return self.server.passages(course_key, document)
            except IndexUnavailable as exc:
                self._told("passages", exc)
        if self.compared(course_key).lacking({document}):
            raise IndexUnavailable(
                f"{self.name} does not have what is the newest of {document}, nor has this host.",
                hint="Try again later.",
            )
        return self.standby.passages(course_key, document)

    def present(self, course_key: int, passage_ids: Collection[str]) -> set[str]:
        """Return those of `passage_ids` that the course has now; while the server is away, that are known to be there."""
        if not passage_ids:
            return set()
        owed, there = self.publications.owed_of(course_key), set[str]()
        try:
            there = self.server.present(course_key, passage_ids)
            if not owed:
                return there
        except IndexUnavailable as exc:
            self._told("present", exc)
        here = self._present_here(course_key, passage_ids)
        return here | self._newest(course_key, there - here, owed)

    def _newest(self, course_key: int, passage_ids: set[str], owed: Collection[str]) -> set[str]:
        """Return those passages of the server that are not of a document that it owes."""
        for document in owed:
            if not passage_ids:
                break
            try:
                passage_ids = passage_ids - {one.id for one in self.server.passages(course_key, document)}
            except IndexUnavailable as exc:
                self._told("present", exc)
                return set()
        return passage_ids

    def _present_here(self, course_key: int, passage_ids: Collection[str]) -> set[str]:
        here = self.standby.present(course_key, passage_ids)
        for document in self.compared(course_key).left_out:
            here -= {one.id for one in self.standby.passages(course_key, document)}
        return here

    def stats(self, course_key: int) -> IndexStats:
        """Count what is served of a course: what the server owes only where this host has it.

        Raises `IndexUnavailable` while the server is away and the standby has a part of the course only.
        """
        owed = self.publications.owed_of(course_key)
        try:
            if not owed:
                return self.server.stats(course_key)
            return self._with_owed(course_key, self.server.stats_without(course_key, owed), owed)
        except IndexUnavailable as exc:
            self._told("stats", exc)
        compared = self.compared(course_key)
        if compared.left_out or compared.lacks:
            raise IndexUnavailable(
                f"{self.name} is away, and this host has a part of the course only.", hint="Try again later."
            )
        return self.standby.stats(course_key)

    def _with_owed(self, course_key: int, there: IndexStats, owed: set[str]) -> IndexStats:
        """Add what this host has of what the server owes."""
        here = [
            self.standby.read_document(course_key, one)
            for one in owed - self.compared(course_key).lacking(owed)
        ]
        counts = [len(passages) for _, passages, _ in here if passages]
        models = {*there.models, *(model for model, passages, _ in here if passages)}
        return IndexStats(
            documents=there.documents + len(counts),
            passages=there.passages + sum(counts),
            models=tuple(sorted(models)),
        )

    def _search(
        self, course_key: int, limit: int, search: Callable[["PassageServer | PassageStore", int], list[Hit]]
    ) -> list[Hit]:
        """Ask the server, and the standby for what the server owes; the standby for all while the server is away."""
        owed, hits, away = self.publications.owed_of(course_key), list[Hit](), None
        try:
            if not owed:
                return search(self.server, limit)
            hits = _without(owed, limit, lambda most: search(self.server, most))
        except IndexUnavailable as exc:
            self._told("search", exc)
            away = exc
        compared = self.compared(course_key)
        if away and not compared.has_any:
            raise away
        wanted = compared.content.keys() if away else owed
        if wanted - compared.lacking(wanted):
            here = _without(compared.left_out, limit, lambda most: search(self.standby, most))
            hits += [hit for hit in here if hit.passage.document in wanted]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.document, hit.passage.ordinal))
        return FromStandby(hits[:limit], self.name)

    def compared(self, course_key: int) -> Compared:
        """Compare what the standby has of a course with what the course is."""
        return Compared(self.publications.content(course_key), self.standby.kept_documents(course_key))

    def _told(self, action: str, exc: IndexUnavailable) -> None:
        if isinstance(exc, IndexAway):  # what is away is told once, by who calls it
            _log.debug("standby", instead_of=self.name, doing=action, error=str(exc))
        elif times := self.refused[action].count():
            _log.warning("standby", instead_of=self.name, doing=action, times=times, error=str(exc))


def _without(left_out: Collection[str], limit: int, search: Callable[[int], list[Hit]]) -> list[Hit]:
    """Return the best hits that are of none of these documents, asking for more while too many are."""
    most = limit
    while True:
        hits = search(most)
        count = [hit for hit in hits if hit.passage.document not in left_out]
        if len(count) >= limit or len(hits) < most or most * _MORE > _MOST:
            return count[:limit]
        most *= _MORE
