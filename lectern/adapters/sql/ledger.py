"""The ledger of passages on a server: rows that say which version of a document is read, changed in one transaction."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from lectern.adapters.sql.calls import store_call, store_write
from lectern.adapters.sql.models import ServedCourseRow, ServedDocumentRow
from lectern.adapters.sql.time import StoreClock
from lectern.tutor.domain.publication import NOTHING, CourseReading, Owed, Serving, Version

#: A version that is being written for longer was left by a writer that died. One document takes seconds.
LEFT_SECONDS = 900.0
_COLUMNS = ("version", "digest", "model", "dimensions", "passages", "content", "owed")


class SqlLedger:
    """Implements `Publications`, and the `Versions` of Weaviate's adapter. Writers of a course take turns at its row; what they do on the server is outside."""

    def __init__(self, clock: StoreClock | None = None) -> None:
        self._clock = clock or StoreClock()

    # --- reading -----------------------------------------------------------------------------------------------------

    def reading(self, course_key: int) -> CourseReading:
        """Return what who reads a course must know of it."""
        with store_call():
            for row in ServedCourseRow.objects.filter(course_key=course_key)[:1]:
                models = tuple((str(model), int(length)) for model, length in row.models)
                return CourseReading(
                    stamp=row.stamp, unread=frozenset(row.unread), models=models, changed_at=row.changed_at
                )
        return CourseReading()

    def served(self, course_key: int) -> list[Serving]:
        """Return the documents of a course of which a version is read."""
        with store_call():
            rows = ServedDocumentRow.objects.filter(course_key=course_key).exclude(version="")
            return [
                Serving(document=row.document, version=_version(row)) for row in rows.order_by("document")
            ]

    def content(self, course_key: int) -> dict[str, frozenset[str]]:
        """Return the digests of each document of a course: what has another one is not its content any more."""
        with store_call():
            rows = ServedDocumentRow.objects.filter(course_key=course_key)
            return {row.document: frozenset(row.content) for row in rows}

    def owed(self) -> list[Owed]:
        """Return what the server does not have yet."""
        with store_call():
            return [
                Owed(course_key=row.course_key, document=row.document, content=tuple(row.content))
                for row in ServedDocumentRow.objects.filter(owed=True).order_by("course_key", "document")
            ]

    def owed_of(self, course_key: int) -> set[str]:
        """Return the documents of a course of which the server does not have what was settled."""
        with store_call():
            rows = ServedDocumentRow.objects.filter(course_key=course_key, owed=True)
            return set(rows.values_list("document", flat=True))

    def courses(self) -> set[int]:
        """Return the keys of the courses of which something is, or is to be, on the server."""
        with store_call():
            keys = set(ServedCourseRow.objects.values_list("course_key", flat=True))
            return keys | set(ServedDocumentRow.objects.values_list("course_key", flat=True))

    # --- what a document's content is --------------------------------------------------------------------------------

    def announce(self, course_key: int, digests: Mapping[str, str]) -> None:
        """Note that documents are about to have that content, beside what they had."""
        with self._course(course_key):
            rows = self._rows(course_key, digests)
            for document, digest in digests.items():
                row = rows[document]
                row.content = [*(one for one in row.content or [NOTHING] if one != digest), digest]
            _save(rows.values())

    def settle(self, course_key: int, digests: Mapping[str, str]) -> None:
        """Note that they have that content alone, but those with newer announced, and that the server owes it."""
        with self._course(course_key):
            settled = list[ServedDocumentRow]()
            for document, row in self._rows(course_key, digests).items():
                if row.pk and row.content[-1:] == [digests[document]]:
                    row.content, row.owed = [digests[document]], True
                    settled.append(row)
            _save(settled)

    def owe(self, course_key: int, document: str) -> None:
        """Note that the server lost what it had of a document."""
        with self._course(course_key):
            ServedDocumentRow.objects.filter(course_key=course_key, document=document).update(owed=True)

    # --- versions on the server --------------------------------------------------------------------------------------

    def begin(self, course_key: int, versions: Collection[str]) -> None:
        """Note versions before anything of them is written, so that they are found whatever becomes of their writer."""
        with self._course(course_key) as course:
            course.unread |= dict.fromkeys(versions, self._clock.now().timestamp())
            course.save()

    def switch(self, course_key: int, versions: Mapping[str, Version]) -> bool:
        """Have versions of documents read in the place of those before; False, and none is, where one was taken for left over.

        One whose content a newer one has replaced meanwhile is as good as read: it is only deleted.
        """
        with self._course(course_key) as course:
            if not all(course.unread.get(version.name) for version in versions.values()):
                return False
            rows = self._rows(course_key, versions)
            for document, version in versions.items():
                row = rows[document]
                if version.digest not in row.content:
                    course.unread[version.name] = 0
                    del rows[document]
                    continue
                del course.unread[version.name]
                if row.version:
                    course.unread[row.version] = 0
                row.content, row.owed = row.content[row.content.index(version.digest) :], False
                row.version, row.digest = version.name, version.digest
                row.model, row.dimensions, row.passages = version.model, version.dimensions, version.passages
            _save(rows.values())
            self._stamp(course)
            return True

    def withdraw(self, course_key: int, document: str) -> None:
        """Have no version of a document read, unless newer content has replaced its removal meanwhile."""
        with self._course(course_key) as course:
            row = self._rows(course_key, [document])[document]
            if NOTHING not in row.content:
                return
            if row.version:
                course.unread[row.version] = 0
            row.content, row.owed = row.content[row.content.index(NOTHING) :], False
            if row.content == [NOTHING]:
                row.delete()
            else:
                row.version = row.digest = ""
                _save([row])
            self._stamp(course)

    def leftovers(self, course_key: int) -> list[str]:
        """Return the versions that are to be deleted, those of writers that died included: they cannot switch any more."""
        if not self.reading(course_key).unread:  # as nearly always: no lock is taken for that
            return []
        with self._course(course_key) as course:
            since = self._clock.now().timestamp() - LEFT_SECONDS
            left = [version for version, began in course.unread.items() if began < since]
            if any(course.unread[version] for version in left):
                course.unread.update(dict.fromkeys(left, 0))
                course.save()
            return left

    def deleted(self, course_key: int, versions: Collection[str]) -> None:
        """Note that nothing of versions is left on the server."""
        with self._course(course_key) as course:
            for version in versions:
                course.unread.pop(version, None)
            course.changed_at = self._clock.now().timestamp()
            course.save()

    def forget(self, course_key: int) -> None:
        """Delete the rows of a course of which nothing is on the server any more."""
        with store_write():
            ServedDocumentRow.objects.filter(course_key=course_key).delete()
            ServedCourseRow.objects.filter(course_key=course_key).delete()

    @contextmanager
    def _course(self, course_key: int) -> Iterator[ServedCourseRow]:
        with store_write():
            ServedCourseRow.objects.get_or_create(course_key=course_key)
            yield ServedCourseRow.objects.select_for_update().get(course_key=course_key)

    def _rows(self, course_key: int, documents: Collection[str]) -> dict[str, ServedDocumentRow]:
        """Return a row of each document, a new one where there is none."""
        known = ServedDocumentRow.objects.filter(course_key=course_key, document__in=list(documents))
        rows = {row.document: row for row in known}
        return {
            one: rows.get(one) or ServedDocumentRow(course_key=course_key, document=one) for one in documents
        }

    def _stamp(self, course: ServedCourseRow) -> None:
        rows = ServedDocumentRow.objects.filter(course_key=course.course_key).exclude(version="")
        course.models = [
            list(one) for one in rows.values_list("model", "dimensions").distinct().order_by("model")
        ]
        course.stamp, course.changed_at = secrets.token_hex(8), self._clock.now().timestamp()
        course.save()


def _save(rows: Iterable[ServedDocumentRow]) -> None:
    """Write rows, new ones or not, in one statement."""
    told = list(rows)
    for row in told:
        row.pk = None  # SQLite would stumble over it before it finds which row is meant
    ServedDocumentRow.objects.bulk_create(
        told, update_conflicts=True, unique_fields=["course_key", "document"], update_fields=_COLUMNS
    )


def _version(row: ServedDocumentRow) -> Version:
    return Version(
        name=row.version,
        digest=row.digest,
        model=row.model,
        dimensions=row.dimensions,
        passages=row.passages,
    )
