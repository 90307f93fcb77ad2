"""What a question builds on, beside its answer: from concepts in SQL, and from a Neo4j that is away."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.neo4j import server as neo4j_server
from lectern.adapters.neo4j.concepts import Neo4jConceptGraph
from lectern.adapters.neo4j.server import Neo4jServer
from lectern.adapters.sparing import Sparing
from lectern.adapters.sql.concepts import SqlConcepts
from lectern.adapters.sql.courses import SqlCourses
from lectern.tutor.domain.concept import Need
from lectern.tutor.errors import ConceptsUnavailable
from lectern.tutor.graph.build import build_graph
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.ports.concepts import ConceptGraph
from tests.concepts import concept, only
from tests.tutor_house import MODEL, OPERATORS, TEA, WordEmbeddings, filled, passage
from tests.waiting import free_port

pytestmark = pytest.mark.django_db(transaction=True)

VALUE = concept("value", 0, sentence="A value is a thing.")
ZORBLAX = concept("Zorblax operator", 1, sentence="The Zorblax operator is what returns the value seven.")
EXPLAINED = replace(passage("b.md", "Größe", "A value is a thing."), id="p-b.md")
QUESTION = "What is the Zorblax operator?"


@pytest.fixture
def courses(tmp_path: Path) -> tuple[FtsPassageIndex, int, int]:
    """Passages of two courses with their keys; the first has concepts in SQL."""
    keys = [SqlCourses().add(name, name).key for name in ("operators", "tea")]
    index = FtsPassageIndex(tmp_path / "passages.sqlite3")
    for key, passages in zip(keys, ([*OPERATORS, EXPLAINED], [*OPERATORS, *TEA]), strict=True):
        filled(index, key, passages)
    need = Need(concept=ZORBLAX.id, needs=VALUE.id, weight=5.0)
    SqlConcepts().replace_course(keys[0], only(VALUE, ZORBLAX, needs=[need]))
    return index, keys[0], keys[1]


def _ask(
    index: FtsPassageIndex,
    concepts: ConceptGraph | None,
    key: int,
    question: str = QUESTION,
    mode: str = "answer",
) -> dict[str, Any]:
    context = TutorContext(
        index=index, embeddings=WordEmbeddings(), model="toy", confidence=MODEL, concepts=concepts
    )
    course = {"id": "c", "key": key, "title": "Operators", "answer_from_exercises": False}
    asked: Any = {"question": question, "course": course, "history": [], "mode": mode}
    result: dict[str, Any] = build_graph().compile().invoke(asked, context=context)["result"]
    return result


def _without(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("builds_on", "degraded")}


def test_an_answer_tells_what_the_concept_rests_on_and_is_otherwise_the_same(
    courses: tuple[FtsPassageIndex, int, int],
) -> None:
    index, key, _ = courses
    told = _ask(index, SqlConcepts(), key)
    assert told["builds_on"] == [
        {
            "concept_id": VALUE.id,
            "name": "value",
            "explained": {
                "passage_id": "p-b.md",
                "document": "b.md",
                "title": "Größe",
                "location": {"heading_path": ["A", "B"], "anchor": "b", "page": 3},
            },
        }
    ]
    assert told["degraded"] == []
    assert _without(told) == _without(_ask(index, None, key))


def test_what_the_course_has_no_more_is_not_told(courses: tuple[FtsPassageIndex, int, int]) -> None:
    index, key, _ = courses
    index.remove_document(key, "b.md")
    result = _ask(index, SqlConcepts(), key)
    assert (result["declined"], result["builds_on"]) == (False, [])


def test_another_course_is_told_nothing_of_it(courses: tuple[FtsPassageIndex, int, int]) -> None:
    index, _, other = courses
    result = _ask(index, SqlConcepts(), other)
    assert (result["declined"], result["builds_on"]) == (False, [])


@pytest.mark.parametrize(
    ("question", "mode"),
    [("Does a loop run longer than what the Zorblax operator returns takes?", "answer"), ("Who painted the Mona Lisa?", "answer"), ("Hello!", "answer"), (QUESTION, "hint")],
    ids=["about-more-than-a-concept", "declined", "no-question", "hint"],
)  # fmt: skip
def test_nothing_is_told_of_what_is_no_concept_or_declined_or_a_hint(
    courses: tuple[FtsPassageIndex, int, int], question: str, mode: str
) -> None:
    index, key, _ = courses
    assert _ask(index, SqlConcepts(), key, question, mode)["builds_on"] == []


def test_a_concept_of_which_no_passage_says_enough_is_declined_without(
    courses: tuple[FtsPassageIndex, int, int], tmp_path: Path
) -> None:
    _, key, _ = courses
    bare = FtsPassageIndex(tmp_path / "bare.sqlite3")
    filled(bare, key, TEA)
    result = _ask(bare, SqlConcepts(), key)
    assert (result["declined"], result["builds_on"]) == (True, [])


# --- in a Neo4j that is away -----------------------------------------------------------------------------------------


@pytest.fixture(params=["killed", "frozen"])
def away(request: pytest.FixtureRequest) -> Iterator[Neo4jServer]:
    """A port that nobody listens on, or one that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = free_port() if request.param == "killed" else mute.getsockname()[1]
        server = Neo4jServer(f"bolt://127.0.0.1:{port}", "neo4j", "secret-of-it")
        server.load()
        yield server
        server.close()


def test_a_question_is_answered_without_its_store_and_says_so(
    courses: tuple[FtsPassageIndex, int, int], away: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, key, _ = courses
    concepts = Neo4jConceptGraph(away, SqlCourses().has_key, lambda: "test")
    tries, twice = list[object](), away._twice
    monkeypatch.setattr(away, "_twice", lambda *asked: tries.append(asked) or twice(*asked))
    monkeypatch.setattr(neo4j_server, "Sparing", partial(Sparing, pause_seconds=1000))
    alone = _ask(index, None, key)
    began = time.monotonic()
    for _ in range(4):
        result = _ask(index, concepts, key)
        assert (result["builds_on"], result["degraded"]) == ([], ["neo4j"])
        assert _without(result) == _without(alone)
    assert time.monotonic() - began < 25  # the driver's own tries take 30
    assert len(tries) == 2  # then it is spared


def test_who_asks_beside_an_answer_waits_a_second_at_most(
    courses: tuple[FtsPassageIndex, int, int], away: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    concepts = Neo4jConceptGraph(away, SqlCourses().has_key, lambda: "test")
    waits, read = list[float | None](), away.read
    monkeypatch.setattr(away, "read", lambda work, seconds: waits.append(seconds) or read(work, seconds))
    with suppress(ConceptsUnavailable):
        concepts.underlaid(1, ["loop"])
    assert waits == [pytest.approx(1.0)]
