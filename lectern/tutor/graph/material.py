"""What has become of the course since the question was asked: is it still there, and how old is what it says?"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from lectern.tutor.answering.citing import source
from lectern.tutor.domain.answer import Source
from lectern.tutor.domain.passage import Passage
from lectern.tutor.errors import CourseDeleted
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.state import TutorState


def ensure_course(state: TutorState, context: TutorContext) -> None:
    """Raise `CourseDeleted` when the course is gone, also when another one was made under its id."""
    asked = state["course"]
    course = context.courses.get(asked["id"]) if context.courses else None
    if context.courses and (course is None or course.key != asked["key"]):
        raise CourseDeleted(f"The course {asked['id']!r} was deleted while this question was answered.")


def updated_at(
    state: TutorState, context: TutorContext, names: Collection[str] | None = None
) -> dict[str, datetime]:
    """Return when the present content of each document, or of those of `names`, came into the course, by name."""
    documents = context.courses.documents(state["course"]["id"], names) if context.courses else []
    return {document.name: document.indexed_at for document in documents}


def cited(
    places: Iterable[tuple[int, int, int]],
    passages: Sequence[Passage],
    state: TutorState,
    context: TutorContext,
) -> tuple[list[Source], str | None]:
    """Return the sources of quotes, numbered from 1, and the day of the oldest document among them.

    Each of `places` is a position in `passages`, which are those of `ranked`, with start and end in that passage's text.
    """
    quoted = [(state["ranked"][rank], passages[rank], start, end) for rank, start, end in places]
    dates = updated_at(state, context, {passage.document for _, passage, _, _ in quoted})
    sources = list[Source]()
    for number, (found, passage, start, end) in enumerate(quoted, 1):
        since = dates.get(passage.document)
        sources.append(
            source(number, passage, start, end, score=found["score"], legs=found["legs"], updated_at=since)
        )
    return sources, day_of(dates.get(one.document) for one in sources)


def day_of(times: Iterable[datetime | None], *, newest: bool = False) -> str | None:
    """Return the day (UTC) of the oldest time, or of the newest; None when none is known."""
    known = [time for time in times if time is not None]
    return (max(known) if newest else min(known)).date().isoformat() if known else None
