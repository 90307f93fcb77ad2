"""Where an answer stands, and how old that is."""

from collections.abc import Collection
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from lectern.tutor.graph.material import cited
from lectern.tutor.graph.state import passage_to_json
from tests.tutor_house import OPERATORS

OLD, NEW = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def test_only_the_dates_of_cited_documents_are_read() -> None:
    """A course has hundreds of documents, an answer cites a few."""
    indexed, read = {"z.md": NEW, "q.md": OLD, "l.md": NEW}, list[str]()

    def documents(_course: str, names: Collection[str] | None = None) -> list[Any]:
        found = sorted(indexed if names is None else names)
        read.extend(found)
        return [SimpleNamespace(name=name, indexed_at=indexed[name]) for name in found]

    state: Any = {
        "course": {"id": "c1", "key": 1},
        "ranked": [{"passage": passage_to_json(one), "score": 1.0, "legs": []} for one in OPERATORS],
    }
    context: Any = SimpleNamespace(courses=SimpleNamespace(documents=documents))
    sources, day = cited([(1, 0, 9), (2, 0, 5), (1, 3, 9)], OPERATORS, state, context)
    assert read == ["l.md", "q.md"]
    assert [one.updated_at for one in sources] == [one.isoformat() for one in (OLD, NEW, OLD)]
    assert day == "2026-01-05"
