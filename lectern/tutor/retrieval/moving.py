"""Move: copy the passages of courses from one store to another, without embedding, and look whether both find the same."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from lectern.base.grouping import together
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.publication import NOTHING
from lectern.tutor.errors import IndexUnavailable, PassagesDiffer
from lectern.tutor.ports.passages import TOGETHER_PASSAGES, PassageStore, Vector
from lectern.tutor.retrieval.standby import StandbyIndex

#: Documents of a course about which both stores are asked, and how far down a passage must stand that is asked for.
_SAMPLES, _LIMIT = 10, 10
#: Words of a passage by which it is looked for.
_WORDS = 12
#: How far apart cosines of the same vectors may be.
_ROUNDING = 0.001
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a move came to."""

    #: Documents that were copied or removed; the others were there already.
    copied: int
    #: Questions to which both stores gave the same answer.
    compared: int


class MovingIndex:
    """Stands for the store while passages are copied to a server: reads are the standby's, what is written goes to both.

    So nothing is missed that changes between the copying and the switch, and a switch changes for readers alone.
    """

    WRITES = ("missing_vectors", "store_vectors", "replace_documents", "remove_document")

    def __init__(self, both: StandbyIndex) -> None:
        self._both = both

    def __getattr__(self, name: str) -> Any:
        """Return a method of the one or the other."""
        return getattr(self._both if name in self.WRITES else self._both.standby, name)


class UnaddressedIndex:
    """Stands for the store while passages are copied to a server of which this process has no address.

    It reads the file. It writes nothing: the server would lack it, and nobody would know.
    """

    def __init__(self, file: PassageStore, server: str) -> None:
        self._file, self._server = file, server

    def __getattr__(self, name: str) -> Any:
        """Return a method that reads."""
        if name in MovingIndex.WRITES:
            raise IndexUnavailable(
                f"Passages are on their way to {self._server}, and this process has no address of it: it changes none.",
                hint="Start every process with the same settings.",
            )
        return getattr(self._file, name)


def move(
    course_keys: Callable[[], Collection[int]], served: StandbyIndex, on_document: Callable[[], None]
) -> Moved:
    """Have the server keep what the standby keeps of all courses, and nothing else. Raises `PassagesDiffer`.

    Begun again after a crash it goes on behind the documents that were copied. `on_document` is called after each.
    """
    changed = compared = 0
    kept = served.server.kept_courses()
    keys = course_keys()  # asked behind: a course is there before anything of it is kept
    for course_key in kept - set(keys):
        served.server.remove_course(course_key)
    for course_key in keys:
        differ = None
        for attempt in range(_TRIES):  # others publish meanwhile: what the copying overtook is copied again
            now = fill_server(served, course_key, on_document if attempt == 0 else lambda: None)
            changed += now
            try:
                answers = compare(course_key, served.standby, served.server)
            except PassagesDiffer as exc:
                differ = exc
            else:
                if not now:
                    compared += answers
                    break
        else:
            raise differ or PassagesDiffer(
                "A course changed all the time.", hint="Try again.", course_key=course_key
            )
    return Moved(copied=changed, compared=compared)


def fill_server(served: StandbyIndex, course_key: int, on_document: Callable[[], None] = lambda: None) -> int:
    """Have the server keep a course as the standby has it, and nothing else; return how many documents were changed."""
    content, owed = served.publications.content(course_key), served.publications.owed_of(course_key)
    kept, have = served.standby.kept_documents(course_key), served.server.kept_documents(course_key)
    short, changed = owed | served.server.lost(course_key), 0
    for document in (have.keys() | owed) - kept.keys():
        served.publications.announce(course_key, {document: NOTHING})
        served.server.withdraw_document(course_key, document)
        changed += 1
    wanted = [
        document
        for document, digest in kept.items()
        if document in short or have.get(document) != digest or content.get(document, frozenset()) != {digest}
    ]
    for _ in kept.keys() - set(wanted):
        on_document()
    read = ((one, *served.standby.read_document(course_key, one)) for one in wanted)
    for group in together(read, lambda one: len(one[2]), TOGETHER_PASSAGES):
        for name in {model for _, model, passages, _ in group if passages}:  # else removed meanwhile
            documents = {document: passages for document, model, passages, _ in group if model == name}
            vectors = {sha: it for _, model, _, some in group if model == name for sha, it in some.items()}
            served.server.put_documents(course_key, name, documents, vectors)
            changed += len(documents)
        for _ in group:
            on_document()
    return changed


def bring_home(served: StandbyIndex, course_key: int) -> int:
    """Have the standby keep a course as it is, with nothing else, so that it can do without the server; return how much.

    Raises `IndexUnavailable` where the server is away and has a part of it alone.
    """
    for document in served.compared(course_key).left_out:
        served.standby.remove_document(course_key, document)
    lacking = served.compared(course_key).lacks
    for document in lacking:
        model, passages, vectors = served.server.read_document(course_key, document)
        served.standby.put_documents(course_key, model, {document: passages}, vectors)
    if lacks := served.compared(course_key).lacks:
        raise IndexUnavailable(
            f"Only another host has the newest of {', '.join(sorted(lacks)[:5])}.",
            hint="Wait until beat has given it to the server, or run this there.",
        )
    return len(lacking)


def ahead(served: StandbyIndex, course_key: int) -> set[str]:
    """Return the documents of which the standby has what was announced and the server what was before.

    Who was to write it there died, or is about to: what the standby has is the newer one.
    """
    compared, there = served.compared(course_key), served.server.kept_documents(course_key)
    differ = {
        one
        for one in there.keys() | compared.kept.keys()
        if there.get(one, NOTHING) != compared.kept.get(one, NOTHING)
    }
    return differ - compared.left_out - compared.lacks


def compare(
    course_key: int, source: PassageStore, target: PassageStore, but: Collection[str] = frozenset()
) -> int:
    """Count on both sides, and ask both for passages all over a course; return how often. Raises `PassagesDiffer`.

    The documents `but` may differ.
    """
    have, have_too = (
        {name: digest for name, digest in store.kept_documents(course_key).items() if name not in but}
        for store in (source, target)
    )
    if have != have_too:
        raise PassagesDiffer("The two stores have different documents of a course.", course_key=course_key)
    if not but and source.stats(course_key) != target.stats(course_key):
        raise PassagesDiffer("The two stores count different passages of a course.", course_key=course_key)
    documents = sorted(have)
    asked = 0
    for document in documents[:: max(1, len(documents) // _SAMPLES)]:
        model, passages, vectors = source.read_document(course_key, document)
        if passages != target.passages(course_key, document):
            raise PassagesDiffer(f"The two stores have another {document}.", course_key=course_key)
        if passages:
            asked += _compare_passage(
                course_key, model, passages[len(passages) // 2], vectors, source, target
            )
    return asked


def _compare_passage(
    course_key: int,
    model: str,
    passage: Passage,
    vectors: dict[str, Vector],
    source: PassageStore,
    target: PassageStore,
) -> int:
    """Look for one passage by its words and by its meaning; scores by words are each store's own."""
    kinds, query = list(PassageKind), " ".join(passage.text.split()[:_WORDS])
    vector = vectors[passage.text_sha]
    by_words = [
        passage.id in {hit.passage.id for hit in store.search_keywords(course_key, query, _LIMIT, kinds)}
        for store in (source, target)
    ]
    best = [
        max((hit.score for hit in store.search_vectors(course_key, model, vector, 1, kinds)), default=0.0)
        for store in (source, target)
    ]
    if by_words[0] > by_words[1] or abs(best[0] - best[1]) > _ROUNDING:
        raise PassagesDiffer(
            f"The two stores answer differently when they are asked for a passage of {passage.document}.",
            course_key=course_key,
        )
    return 2
