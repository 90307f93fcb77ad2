"""What a language model named in passages, on Django's ORM: a row a text, for which it is not asked again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import Count, Max

from lectern.adapters.sql.calls import store_call, store_write
from lectern.adapters.sql.models import CourseRow, ReadPassageRow
from lectern.tutor.domain.concept import NamedConcept, ReadPassage
from lectern.tutor.errors import UnknownCourse

#: Rows of one transaction: SQLite's other writers wait for it.
_AT_ONCE = 200


class SqlReadings:
    """Implements `ConceptReadings`."""

    def keep(self, course_key: int, reader: str, named: Mapping[str, Sequence[NamedConcept]]) -> None:
        """Remember what `reader` named in texts."""
        with store_write():
            if not CourseRow.objects.select_for_update(no_key=True).filter(key=course_key).exists():
                raise UnknownCourse("The course was deleted while the language model read it.")
            ReadPassageRow.objects.filter(course__key=course_key, text_sha__in=list(named)).delete()
            ReadPassageRow.objects.bulk_create(
                ReadPassageRow(
                    course_id=course_key,
                    text_sha=text_sha,
                    reader=reader,
                    concepts=[asdict(one) for one in concepts],
                )
                for text_sha, concepts in named.items()
            )

    def kept(self, course_key: int) -> dict[str, ReadPassage]:
        """Return what is remembered."""
        with store_call():
            rows = ReadPassageRow.objects.filter(course__key=course_key)
            return {
                row.text_sha: ReadPassage(reader=row.reader, concepts=tuple(map(_named, row.concepts)))
                for row in rows
            }

    def state(self, course_key: int) -> str:
        """Return how many rows there are and the highest id."""
        with store_call():
            found = ReadPassageRow.objects.filter(course__key=course_key).aggregate(Count("id"), Max("id"))
            return f"{found['id__count']} {found['id__max']}" if found["id__count"] else ""

    def forget_others(self, course_key: int, text_shas: Collection[str]) -> None:
        """Forget all texts but these."""
        with store_call():
            known = ReadPassageRow.objects.filter(course__key=course_key).values_list("pk", "text_sha")
            gone = [pk for pk, text_sha in known if text_sha not in text_shas]
        for first in range(0, len(gone), _AT_ONCE):
            with store_write():
                ReadPassageRow.objects.filter(pk__in=gone[first : first + _AT_ONCE]).delete()


def _named(values: Mapping[str, Any]) -> NamedConcept:
    return NamedConcept(
        name=values["name"],
        aliases=tuple(values["aliases"]),
        sentence=values["sentence"],
        needs=tuple(values["needs"]),
    )
