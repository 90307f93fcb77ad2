"""What is published of a job in which one document cannot be."""

from types import SimpleNamespace
from typing import Any

import pytest

from lectern.base.ids import new_id
from lectern.tutor.domain.course import StagedDocument
from lectern.tutor.errors import IndexUnavailable
from lectern.tutor.ingest.publishing import publish
from tests.tutor_house import OPERATORS


class Refusing:
    """An index that refuses one document, and with it all that come along."""

    def __init__(self) -> None:
        self.has = set[str]()

    def replace_documents(self, _course_key: int, _model: str, documents: dict[str, object]) -> None:
        if "q.md" in documents:
            raise IndexUnavailable("2 of the vectors of q.md are not stored.")
        self.has |= documents.keys()


def test_documents_before_one_that_is_refused_are_published_and_recorded() -> None:
    index, recorded = Refusing(), list[str]()
    staged = [
        StagedDocument(name=one.document, title=one.title, content_sha="sha", passages=(one,))
        for one in OPERATORS
    ]
    course = SimpleNamespace(id="c", key=1)
    courses = SimpleNamespace(
        get=lambda _: course,
        documents=lambda _: [],
        record=lambda _, document: recorded.append(document.name),
    )
    jobs = SimpleNamespace(
        get=lambda _: SimpleNamespace(course_id="c", removals=()), staged=lambda _: iter(staged)
    )
    given: dict[str, Any] = {"jobs": jobs, "courses": courses, "index": index}
    with pytest.raises(IndexUnavailable, match="vectors of q"):
        publish(new_id(), model="toy", **given)
    assert recorded == ["z.md"]
    assert index.has == {"z.md"}
