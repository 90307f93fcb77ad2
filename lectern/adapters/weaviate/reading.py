"""Reading a course in one state, though others change it: Weaviate has no transactions."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from lectern.adapters.weaviate.server import WeaviateServer
from lectern.adapters.weaviate.versions import Versions
from lectern.tutor.domain.publication import CourseReading
from lectern.tutor.errors import EmbeddedOtherwise, IndexUnavailable

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient

#: How often a reader begins again that a change overtook.
READS = 8


class SteadyReads:
    """What was found in one state of a course each time."""

    def __init__(self, server: WeaviateServer, versions: Versions) -> None:
        self._server, self._versions = server, versions
        #: Of courses, as each was seen behind its last search.
        self._known: dict[int, CourseReading] = {}

    def read(
        self,
        course_key: int,
        search: Callable[["WeaviateAsyncClient", CourseReading], Awaitable[list[Any]]],
        seconds: float | None = None,
    ) -> list[Any]:
        """Return the objects that `search` finds in one state of the course.

        Whatever is read was complete before, and nothing of it is deleted before another takes its place, which the stamp
        tells. What is being written is left out.
        """
        # What was seen behind the last search is as good to begin with: what has changed since is seen behind this one.
        now = known = self._known.get(course_key)
        for _ in range(READS):
            if now is None or not now.models:
                now = self._known[course_key] = self._versions.reading(course_key)
                if not now.models:
                    return []

            async def work(client: "WeaviateAsyncClient", now: CourseReading = now) -> list[Any]:
                return await search(client, now)

            try:
                found = self._server.read(work, seconds)
            except EmbeddedOtherwise:
                if now is not known:
                    raise
                now = known = None
                continue
            before, now = now, self._versions.reading(course_key)
            self._known[course_key] = now
            if (now.stamp, now.changed_at) == (before.stamp, before.changed_at) and not any(
                one.properties["version"] in now.unread and one.properties["version"] not in before.unread
                for one in found
            ):
                return [one for one in found if one.properties["version"] not in now.unread]
        raise IndexUnavailable("The course's passages are being replaced all the time.", hint="Try again.")
