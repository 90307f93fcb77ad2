"""What is searched for is known behind this node, and its embedding begins there."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.nodes.condense import condense
from tests.tutor_house import MODEL, OPERATORS, filled
from tests.unit.tutor.retrieval.test_vectors import ForesightedEmbeddings


def test_the_query_is_embedded_from_here_on_as_it_will_be_searched(tmp_path: Path) -> None:
    index, embeddings = FtsPassageIndex(tmp_path / "passages.sqlite3"), ForesightedEmbeddings()
    filled(index, 1, OPERATORS)
    context = TutorContext(index=index, embeddings=embeddings, model="toy", confidence=MODEL)
    state: Any = {"question": "what is an opertor?", "history": [], "course": {"id": "c1", "key": 1}}
    runtime: Any = SimpleNamespace(context=context)
    query = condense(state, runtime)["query"]
    assert embeddings.expected == [query]


def test_what_will_not_be_searched_is_not_embedded(tmp_path: Path) -> None:
    embeddings = ForesightedEmbeddings()
    index = FtsPassageIndex(tmp_path / "passages.sqlite3")
    context = TutorContext(index=index, embeddings=embeddings, model="toy", confidence=MODEL)
    state: Any = {"question": "hello", "history": [], "course": {"id": "c1", "key": 1}}
    runtime: Any = SimpleNamespace(context=context)
    assert condense(state, runtime)["question_type"] == "off_topic"
    assert embeddings.expected == []
