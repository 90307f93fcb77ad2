"""Move: copy the passages of courses from one store to another, without embedding, and look whether both find the same."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.errors import PassagesDiffer
from lectern.tutor.ports import PassageStore, Vector

#: Documents of a course about which both stores are asked, and how far down a passage must stand that is asked for.
_SAMPLES, _LIMIT = 10, 10
#: Words of a passage by which it is looked for.
_WORDS = 12
#: How far apart cosines of the same vectors may be.
_ROUNDING = 0.001
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a move came to."""

    #: Documents that were copied; the others were there already.
    copied: int
    #: Questions to which both stores gave the same answer.
    compared: int


def move(
    course_keys: Collection[int], source: PassageStore, target: PassageStore, on_document: Callable[[], None]
) -> Moved:
    """Have `target` keep what `source` keeps of these courses, and nothing else. Raises `PassagesDiffer`.

    Begun again after a crash it goes on behind the documents that were copied. `on_document` is called after each.
    """
    copied = compared = 0
    for course_key in target.kept_courses() - set(course_keys):
        target.remove_course(course_key)
    for course_key in course_keys:
        differ = None
        for attempt in range(_TRIES):  # others may publish meanwhile: what they change is copied again
            _remove_others(course_key, source, target)
            copied += copy(course_key, source, target, on_document if attempt == 0 else lambda: None)
            try:
                compared += compare(course_key, source, target)
                break
            except PassagesDiffer as exc:
                differ = exc
        else:
            raise differ or AssertionError
    return Moved(copied=copied, compared=compared)


def copy(
    course_key: int,
    source: PassageStore,
    target: PassageStore,
    on_document: Callable[[], None] = lambda: None,
) -> int:
    """Copy the documents of a course that `target` does not have as `source` has them; return how many."""
    have, copied = target.kept_documents(course_key), 0
    for document, digest in source.kept_documents(course_key).items():
        if have.get(document) != digest:
            model, passages, vectors = source.read_document(course_key, document)
            if passages:  # else removed meanwhile
                target.put_document(course_key, document, model, passages, vectors)
                copied += 1
        on_document()
    return copied


def _remove_others(course_key: int, source: PassageStore, target: PassageStore) -> None:
    for document in target.kept_documents(course_key).keys() - source.kept_documents(course_key).keys():
        target.remove_document(course_key, document)


def compare(course_key: int, source: PassageStore, target: PassageStore) -> int:
    """Count on both sides, and ask both for passages all over a course; return how often. Raises `PassagesDiffer`."""
    if source.stats(course_key) != target.stats(course_key):
        raise PassagesDiffer("The two stores count different passages of a course.", course_key=course_key)
    documents = sorted(source.kept_documents(course_key))
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
