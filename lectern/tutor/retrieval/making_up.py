"""Making up: the server gets what it missed while it was away, and what nobody reads is deleted, here and there."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from lectern.base.log import logger
from lectern.tutor.domain.passage import Passage
from lectern.tutor.domain.publication import NOTHING, Owed, digest_of
from lectern.tutor.errors import IndexAway, IndexUnavailable
from lectern.tutor.retrieval.patience import for_writing, waiting_at_most
from lectern.tutor.retrieval.standby import StandbyIndex

_log = logger(__name__)


def tend(
    served: StandbyIndex,
    course_keys: Callable[[], Collection[int]],
    is_embedding: Callable[[], bool] = lambda: True,
) -> int:
    """Give the server what it owes and this host has, and delete what nobody reads; return how many documents.

    `course_keys` are those of all courses, `is_embedding` tells whether material is being taken in. Raises
    `IndexUnavailable` while the server is away.
    """
    kept, kept_here = served.server.kept_courses(), served.standby.kept_courses()
    known = set(course_keys())  # asked behind: a course is there before anything of it is kept
    for course_key in kept_here - known:  # also where another host had the server forget it
        served.standby.remove_course(course_key)
    gone, given = kept - known, 0
    for course_key in gone:
        with _going_on(served, course_key=course_key):
            served.server.remove_course(course_key)
    for course_key in kept - gone:  # first: what it finds lost is owed
        with _going_on(served, course_key=course_key):
            served.server.tidy(course_key)
    for owed in served.publications.owed():
        if owed.course_key not in gone:
            with _going_on(served, course_key=owed.course_key, document=owed.document):
                given += _give(served, owed)
    with _going_on(served):
        served.server.sweep(is_embedding)
    return given


def find_lost(served: StandbyIndex, course_key: int) -> None:
    """Have the server owe what it lost of a course."""
    for document in served.server.lost(course_key):
        served.publications.owe(course_key, document)


@contextmanager
def _going_on(served: StandbyIndex, **of: int | str) -> Iterator[None]:
    """Tell what the server refuses, and go on with the others, unless it is away."""
    try:
        yield
    except IndexAway:
        raise
    except IndexUnavailable as exc:
        if times := served.refused["tend"].count():
            _log.warning("standby_refused", of=served.name, times=times, error=str(exc), **of)
        served.server.check()


def _give(served: StandbyIndex, owed: Owed) -> bool:
    """Give one document as this host has it; False where that is not among what its content is or is to be."""
    passages, is_removed = list[Passage](), owed.content[-1] == NOTHING
    if not is_removed:
        model, passages, vectors = served.standby.read_document(owed.course_key, owed.document)
        if digest_of(model, passages) not in owed.content:
            return False
    with waiting_at_most(for_writing(len(passages))):
        if passages:
            served.server.write_documents(owed.course_key, model, {owed.document: passages}, vectors)
        else:  # or who was to write it anew died
            served.server.withdraw_document(owed.course_key, owed.document)
    return True
