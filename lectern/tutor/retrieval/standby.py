"""A standby for passages on a server: a store of this host that has what the host published, and answers while the server is away.

It never answers with what the course no longer has: a document counts only while its digest is among those that SQL names.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from lectern.base.grouping import together
from lectern.base.log import logger
from lectern.base.seldom import Seldom
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.publication import NOTHING, Owed, digest_of
from lectern.tutor.errors import IndexAway, IndexUnavailable
from lectern.tutor.ports.passage_server import PassageServer, Publications
from lectern.tutor.ports.passages import TOGETHER_PASSAGES, FromStandby, Hit, IndexStats, PassageStore, Vector
from lectern.tutor.retrieval.patience import for_writing, waiting_at_most

_log = logger(__name__)
T = TypeVar("T")

#: How many more hits are asked for where some do not count, and at most.
_MORE, _MOST = 4, 5000


@dataclass(frozen=True)
class _Compared:
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
        self.server, self.standby, self._publications = server, standby, publications
        self._name = name
        #: What the server refused, by what was done.
        self._refused = defaultdict[str, Seldom](Seldom)

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
        full = {document: passages for document, passages in documents.items() if passages}
        for document in documents.keys() - full.keys():
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
        self._publications.announce(course_key, digests)
        self.standby.replace_documents(course_key, model, full)
        self._write(course_key, model, full, vectors)

    def _write(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
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
                    self._write(course_key, model, {document: passages}, vectors)
                return
            digests = {document: digest_of(model, passages) for document, passages in documents.items()}
            self._publications.settle(course_key, digests)

    def remove_document(self, course_key: int, document: str) -> None:
        """Remove a document from both; where the server is away, it owes that."""
        if document not in self._publications.content(course_key):
            self.standby.remove_document(course_key, document)
            return
        self._publications.announce(course_key, {document: NOTHING})
        self.standby.remove_document(course_key, document)
        try:
            with waiting_at_most(for_writing(0)):
                self.server.withdraw_document(course_key, document)
        except IndexUnavailable as exc:
            self._told("remove_document", exc)
            self._publications.settle(course_key, {document: NOTHING})

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
        if document not in self._publications.owed_of(course_key):
            try:
                return self.server.passages(course_key, document)
            except IndexUnavailable as exc:
                self._told("passages", exc)
        if self._compared(course_key).lacking({document}):
            raise IndexUnavailable(
                f"{self._name} does not have what is the newest of {document}, nor has this host.",
                hint="Try again later.",
            )
        return self.standby.passages(course_key, document)

    def present(self, course_key: int, passage_ids: Collection[str]) -> set[str]:
        """Return those of `passage_ids` that the course has now; while the server is away, that are known to be there."""
        if not passage_ids:
            return set()
        owed, there = self._publications.owed_of(course_key), set[str]()
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
        for document in self._compared(course_key).left_out:
            here -= {one.id for one in self.standby.passages(course_key, document)}
        return here

    def stats(self, course_key: int) -> IndexStats:
        """Count what is served of a course: what the server owes only where this host has it.

        Raises `IndexUnavailable` while the server is away and the standby has a part of the course only.
        """
        owed = self._publications.owed_of(course_key)
        try:
            if not owed:
                return self.server.stats(course_key)
            return self._with_owed(course_key, self.server.stats_without(course_key, owed), owed)
        except IndexUnavailable as exc:
            self._told("stats", exc)
        compared = self._compared(course_key)
        if compared.left_out or compared.lacks:
            raise IndexUnavailable(
                f"{self._name} is away, and this host has a part of the course only.", hint="Try again later."
            )
        return self.standby.stats(course_key)

    def _with_owed(self, course_key: int, there: IndexStats, owed: set[str]) -> IndexStats:
        """Add what this host has of what the server owes."""
        here = [
            self.standby.read_document(course_key, one)
            for one in owed - self._compared(course_key).lacking(owed)
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
        owed, hits, away = self._publications.owed_of(course_key), list[Hit](), None
        try:
            if not owed:
                return search(self.server, limit)
            hits = _without(owed, limit, lambda most: search(self.server, most))
        except IndexUnavailable as exc:
            self._told("search", exc)
            away = exc
        compared = self._compared(course_key)
        if away and not compared.has_any:
            raise away
        wanted = compared.content.keys() if away else owed
        if wanted - compared.lacking(wanted):
            here = _without(compared.left_out, limit, lambda most: search(self.standby, most))
            hits += [hit for hit in here if hit.passage.document in wanted]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.document, hit.passage.ordinal))
        return FromStandby(hits[:limit], self._name)

    def _compared(self, course_key: int) -> _Compared:
        return _Compared(self._publications.content(course_key), self.standby.kept_documents(course_key))

    def bring_home(self, course_key: int) -> int:
        """Have the standby keep a course as it is, with nothing else, so that it can do without the server; return how much.

        Raises `IndexUnavailable` where the server is away and has a part of it alone.
        """
        for document in self._compared(course_key).left_out:
            self.standby.remove_document(course_key, document)
        lacking = self._compared(course_key).lacks
        for document in lacking:
            model, passages, vectors = self.server.read_document(course_key, document)
            self.standby.put_documents(course_key, model, {document: passages}, vectors)
        if lacks := self._compared(course_key).lacks:
            raise IndexUnavailable(
                f"Only another host has the newest of {', '.join(sorted(lacks)[:5])}.",
                hint="Wait until beat has given it to the server, or run this there.",
            )
        return len(lacking)

    def ahead(self, course_key: int) -> set[str]:
        """Return the documents of which the standby has what was announced and the server what was before.

        Who was to write it there died, or is about to: what the standby has is the newer one.
        """
        compared, there = self._compared(course_key), self.server.kept_documents(course_key)
        differ = {
            one
            for one in there.keys() | compared.kept.keys()
            if there.get(one, NOTHING) != compared.kept.get(one, NOTHING)
        }
        return differ - compared.left_out - compared.lacks

    def fill_server(self, course_key: int, on_document: Callable[[], None] = lambda: None) -> int:
        """Have the server keep a course as the standby has it, and nothing else; return how many documents were changed."""
        content, owed = self._publications.content(course_key), self._publications.owed_of(course_key)
        kept, have = self.standby.kept_documents(course_key), self.server.kept_documents(course_key)
        short, changed = owed | self.server.lost(course_key), 0
        for document in (have.keys() | owed) - kept.keys():
            self._publications.announce(course_key, {document: NOTHING})
            self.server.withdraw_document(course_key, document)
            changed += 1
        wanted = [
            document
            for document, digest in kept.items()
            if document in short
            or have.get(document) != digest
            or content.get(document, frozenset()) != {digest}
        ]
        for _ in kept.keys() - set(wanted):
            on_document()
        read = ((one, *self.standby.read_document(course_key, one)) for one in wanted)
        for group in together(read, lambda one: len(one[2]), TOGETHER_PASSAGES):
            for name in {model for _, model, passages, _ in group if passages}:  # else removed meanwhile
                documents = {document: passages for document, model, passages, _ in group if model == name}
                vectors = {
                    sha: it for _, model, _, some in group if model == name for sha, it in some.items()
                }
                self.server.put_documents(course_key, name, documents, vectors)
                changed += len(documents)
            for _ in group:
                on_document()
        return changed

    # --- making up for it --------------------------------------------------------------------------------------------

    def tend(
        self,
        course_keys: Callable[[], Collection[int]],
        is_embedding: Callable[[], bool] = lambda: True,
    ) -> int:
        """Give the server what it owes and this host has, and delete what nobody reads; return how many documents.

        `course_keys` are those of all courses, `is_embedding` tells whether material is being taken in. Raises
        `IndexUnavailable` while the server is away.
        """
        kept, kept_here = self.server.kept_courses(), self.standby.kept_courses()
        known = set(course_keys())  # asked behind: a course is there before anything of it is kept
        for course_key in kept_here - known:  # also where another host had the server forget it
            self.standby.remove_course(course_key)
        gone, given = kept - known, 0
        for course_key in gone:
            with self._going_on(course_key=course_key):
                self.server.remove_course(course_key)
        for course_key in kept - gone:  # first: what it finds lost is owed
            with self._going_on(course_key=course_key):
                self.server.tidy(course_key)
        for owed in self._publications.owed():
            if owed.course_key not in gone:
                with self._going_on(course_key=owed.course_key, document=owed.document):
                    given += self._give(owed)
        with self._going_on():
            self.server.sweep(is_embedding)
        return given

    def find_lost(self, course_key: int) -> None:
        """Have the server owe what it lost of a course."""
        for document in self.server.lost(course_key):
            self._publications.owe(course_key, document)

    @contextmanager
    def _going_on(self, **of: int | str) -> Iterator[None]:
        """Tell what the server refuses, and go on with the others, unless it is away."""
        try:
            yield
        except IndexUnavailable as exc:
            if times := self._refused["tend"].count():
                _log.warning("standby_refused", of=self._name, times=times, error=str(exc), **of)
            self.server.check()

    def _give(self, owed: Owed) -> bool:
        """Give one document as this host has it; False where that is not among what its content is or is to be."""
        passages, is_removed = list[Passage](), owed.content[-1] == NOTHING
        if not is_removed:
            model, passages, vectors = self.standby.read_document(owed.course_key, owed.document)
            if digest_of(model, passages) not in owed.content:
                return False
        with waiting_at_most(for_writing(len(passages))):
            if passages:
                self.server.write_documents(owed.course_key, model, {owed.document: passages}, vectors)
            else:  # or who was to write it anew died
                self.server.withdraw_document(owed.course_key, owed.document)
        return True

    def _told(self, action: str, exc: IndexUnavailable) -> None:
        if isinstance(exc, IndexAway):  # what is away is told once, by who calls it
            _log.debug("standby", instead_of=self._name, doing=action, error=str(exc))
        elif times := self._refused[action].count():
            _log.warning("standby", instead_of=self._name, doing=action, times=times, error=str(exc))


def _without(left_out: Collection[str], limit: int, search: Callable[[int], list[Hit]]) -> list[Hit]:
    """Return the best hits that are of none of these documents, asking for more while too many are."""
    most = limit
    while True:
        hits = search(most)
        count = [hit for hit in hits if hit.passage.document not in left_out]
        if len(count) >= limit or len(hits) < most or most * _MORE > _MOST:
            return count[:limit]
        most *= _MORE
