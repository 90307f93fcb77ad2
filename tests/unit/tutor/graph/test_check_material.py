"""What the answer cites is compared with what the course has now."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.nodes.check_material import check_material
from lectern.tutor.graph.state import passage_to_json
from tests.tutor_house import MODEL, OPERATORS, WordEmbeddings, filled

HAD, GONE = OPERATORS[0], OPERATORS[1]


def _checked(folder: Path, cited: list[int], **state: Any) -> dict[str, Any]:
    """Check an answer of pieces that cite HAD (0) and GONE (1), of which the course has the first only."""
    index = FtsPassageIndex(folder / "passages.sqlite3")
    filled(index, 1, [HAD])
    context = TutorContext(index=index, embeddings=WordEmbeddings(), model="toy", confidence=MODEL)
    ranked = [{"passage": passage_to_json(one), "score": 1.0, "legs": []} for one in (HAD, GONE)]
    pieces = [{"rank": rank} for rank in cited]
    asked: Any = {"course": {"id": "c1", "key": 1}, "ranked": ranked, "pieces": pieces, **state}
    runtime: Any = SimpleNamespace(context=context)
    return check_material(asked, runtime)


def test_what_the_course_has_is_kept(tmp_path: Path) -> None:
    assert _checked(tmp_path, [0, 0]) == {"stale": False, "pieces": [{"rank": 0}, {"rank": 0}]}


def test_a_cited_passage_that_is_gone_asks_for_one_more_search(tmp_path: Path) -> None:
    assert _checked(tmp_path, [0, 1]) == {"stale": True, "pieces": []}


def test_a_refusal_that_looked_at_what_is_gone_asks_for_one_more_search(tmp_path: Path) -> None:
    assert _checked(tmp_path, []) == {"stale": True, "pieces": []}


def test_after_that_pieces_that_cite_what_is_gone_are_left_out(tmp_path: Path) -> None:
    assert _checked(tmp_path, [0, 1], stale=True) == {"stale": False, "pieces": [{"rank": 0}]}
    assert _checked(tmp_path, [], stale=True) == {"stale": False, "pieces": []}
