"""`doctor` when all is well, and with each part away."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from lectern.adapters.neo4j.server import Neo4jServer
from lectern.adapters.sql.ledger import SqlLedger
from lectern.adapters.sql.models import RunRow
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.adapters.weaviate.server import WeaviateServer
from lectern.bootstrap import IN_FILE, IN_WEAVIATE, Lectern
from lectern.engine.errors import BrokerUnavailable
from lectern.engine.submitting import RunRequest
from lectern.entrypoints.console import examining
from lectern.tutor.errors import ConceptsUnavailable, EmbeddingModelError, IndexUnavailable
from lectern.tutor.retrieval.standby import StandbyIndex
from tests.integration.entrypoints.commands.conftest import Console
from tests.playground import Playground
from tests.postgres import database_of_its_own
from tests.waiting import free_port

PARTS = ["settings", "disk", "sql", "clock", "broker", "workers", "waiting"]
PARTS += ["graphs", "passages", "embedding", "llm"]


@pytest.fixture
def well(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A worker for both queues, and a broker by which it answers."""
    _answers(monkeypatch, ("w", 1))
    workers = console.lectern.engine.workers
    workers.register(worker_id=uuid4(), name="w", pid=1, slots={"langgraph": 4, "embeddings": 4})
    return console


def _answers(monkeypatch: pytest.MonkeyPatch, *workers: tuple[str, int]) -> None:
    stats = [{"worker": name, "pid": pid} for name, pid in workers]
    answer = {"queues": [{"queue": "langgraph", "messages": 2}], "stats": stats}
    monkeypatch.setattr(Lectern, "cluster", lambda self, timeout: answer)


def _report(console: Console) -> tuple[int, dict[str, Any]]:
    ended = console.run("doctor", "--json")
    report = json.loads(ended.out)
    assert list(report["parts"]) == PARTS
    assert report["ok"] is (ended.status == 0)
    for part in report["parts"].values():
        assert part["says"].endswith(".")
        assert bool(part["do"]) is not part["ok"]
    return ended.status, {name: part for name, part in report["parts"].items() if not part["ok"]}


def test_when_all_is_well_every_part_says_so(well: Console) -> None:
    assert _report(well) == (0, {})
    text = well.run("doctor").out
    assert all(part in text for part in PARTS)
    assert "WRONG" not in text
    assert len(well.lectern.engine.live_workers()) == 1


def _no_worker(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in console.lectern.engine.live_workers():
        console.lectern.engine.workers.leave(worker.id)


def _old_question(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    run = console.lectern.engine.submit(RunRequest(workload="tutor", input={"question": "?"}))
    RunRow.objects.filter(id=run.id).update(created_at=run.created_at - timedelta(minutes=5))


def _full_disk(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "LEAST_FREE_BYTES", 10**18)


def _not_migrated(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "is_migrated", lambda: False)


def _slow_clock(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    late = console.lectern.engine.runs.now() + timedelta(minutes=1)
    monkeypatch.setattr(type(console.lectern.engine.runs), "now", lambda self: late)


def _raises(name: str, part_of: Callable[[Lectern], object], error: Exception) -> Any:
    def damage(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: Any, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(type(part_of(console.lectern)), name, away)

    return damage


DAMAGES = {
    "workers": _no_worker,
    "waiting": _old_question,
    "disk": _full_disk,
    "sql": _not_migrated,
    "clock": _slow_clock,
    "broker": _raises("cluster", lambda here: here, BrokerUnavailable("It is away.")),
    "passages": _raises(
        "stats", lambda here: here.passages.stores["embedded"], IndexUnavailable("It is away.")
    ),
    "embedding": _raises(
        "embed_query", lambda here: here.tutor.indexing.embeddings, EmbeddingModelError("It is gone.")
    ),
}


@pytest.mark.parametrize("part", DAMAGES)
def test_what_is_wrong_is_named_with_what_to_do(
    well: Console, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    DAMAGES[part](well, monkeypatch)
    status, wrong = _report(well)
    assert status == 1
    assert set(wrong) == {part}


def test_a_worker_that_does_not_hear_the_broker_is_found(
    well: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lectern, "cluster", lambda self, timeout: {"queues": [], "stats": []})
    _, wrong = _report(well)
    assert "CELERY_BROKER_URL" in wrong["broker"]["do"]


@pytest.mark.parametrize("stranger", [("other", 1), ("w", 2)], ids=["another name", "the same name"])
def test_answers_of_another_installations_workers_are_not_taken_for_ours(
    well: Console, monkeypatch: pytest.MonkeyPatch, stranger: tuple[str, int]
) -> None:
    _answers(monkeypatch, stranger)
    _, wrong = _report(well)
    assert "holds 2 messages; 0 workers answer by it, and 1 that no row" in wrong["broker"]["says"]
    assert "CELERY_BROKER_URL" in wrong["broker"]["do"]
    _answers(monkeypatch, stranger, ("w", 1))
    assert _report(well)[1] == {}


def test_a_pool_that_forks_is_known_by_its_parents_answer(
    well: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    _no_worker(well, monkeypatch)
    for child in (11, 12):
        well.lectern.engine.workers.register(
            worker_id=uuid4(), name=f"w/{child}", pid=child, slots={"langgraph": 1, "embeddings": 1}
        )
    _answers(monkeypatch, ("w", 10))
    assert _report(well)[1] == {}


@pytest.mark.parametrize("up", [True, False])
def test_that_the_broker_is_only_a_fallback_is_said(
    well: Console, monkeypatch: pytest.MonkeyPatch, up: bool
) -> None:
    if not up:
        DAMAGES["broker"](well, monkeypatch)
    elsewhere = replace(well.lectern.settings, broker_url="redis://127.0.0.1:6379/0", broker_is_bundled=True)
    said = examining.examine(replace(well.lectern, settings=elsewhere), 20)["broker"].says
    assert said.startswith("No broker is named and the bundled one does not run, so ")
    bundled = replace(elsewhere, broker_url="redis+socket:///x?virtual_host=0")
    said = examining.examine(replace(well.lectern, settings=bundled), 20)["broker"].says
    assert "No broker" not in said


def test_with_nothing_running_every_part_is_still_answered(place: Playground) -> None:
    for file in place.var.glob("lectern.sqlite3*"):
        file.unlink()
    ended = place.manage("doctor", "--json")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    wrong = {name for name, part in json.loads(ended.stdout)["parts"].items() if not part["ok"]}
    rows = set() if os.environ.get("TEST_DATABASE_URL") else {"sql"}  # on PostgreSQL no file is missed
    assert rows | {"broker", "workers"} <= wrong


def test_a_damaged_database_is_told_as_one_with_the_way_back(place: Playground) -> None:
    if os.environ.get("TEST_DATABASE_URL"):
        pytest.skip("the file is SQLite's")
    (place.var / "lectern.sqlite3").write_bytes(b"a picture of a cat" * 500)
    parts = json.loads(place.manage("doctor", "--json").stdout)["parts"]
    for part in ("sql", "workers", "waiting"):
        assert parts[part]["says"] == "The database is damaged: file is not a database."
        assert "manage.py restore" in parts[part]["do"]


def test_a_postgres_that_is_away_is_told_on_one_line(place: Playground) -> None:
    place.database_url = "postgresql://someone:hidden@127.0.0.1:1/lectern"
    parts = json.loads(place.manage("doctor", "--json").stdout)["parts"]
    for part in ("sql", "clock", "workers"):
        assert "refused" in parts[part]["says"]
        assert "\n" not in parts[part]["says"]
        assert "check DATABASE_URL" in parts[part]["do"]


def test_a_weaviate_that_is_away_is_told_with_the_reason(well: Console) -> None:
    weaviate = WeaviateServer(f"http://127.0.0.1:{free_port()}")
    index = WeaviatePassageIndex(weaviate, SqlLedger(), lambda: "doctor")
    file = well.lectern.passages.stores[IN_FILE]
    well.lectern.passages.stores[IN_WEAVIATE] = StandbyIndex(index, file, SqlLedger(), name=IN_WEAVIATE)
    well.lectern.passages.serve(IN_WEAVIATE)
    found = examining.examine(replace(well.lectern, weaviate=weaviate), 20)
    assert not found["weaviate"].ok
    assert f"Weaviate at {weaviate.place} does not answer: [Errno " in found["weaviate"].says
    assert "is not asked" not in found["weaviate"].says  # though other parts ask it too
    assert "WEAVIATE_URL" in found["weaviate"].do
    assert found["passages"].ok  # the file answers
    weaviate.close()


class ColdNeo4j:
    """A Neo4j that has just begun: its first answer takes longer than a question waits."""

    place, read_seconds = "127.0.0.1:7687", 1.5

    def check(self) -> str:
        if self.read_seconds < 8.0:
            raise ConceptsUnavailable("It does not answer in time.")
        return "Neo4j/5"


def test_a_neo4j_that_has_just_begun_is_waited_for(well: Console) -> None:
    cold = cast("Neo4jServer", ColdNeo4j())
    assert examining.examine(replace(well.lectern, neo4j=cold), 20)["concepts"].ok


def test_a_database_that_does_not_hold_every_character_is_refused(
    place: Playground, postgres_database: str
) -> None:
    options = "TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
    with database_of_its_own(postgres_database, options) as place.database_url:
        migrated = place.manage("migrate")
        assert migrated.returncode == 1
        assert "the encoding SQL_ASCII" in migrated.stderr
        assert "Traceback" not in migrated.stderr
        found = json.loads(place.manage("doctor", "--json").stdout)["parts"]["sql"]
        assert "the encoding SQL_ASCII" in found["says"]
        assert "ENCODING 'UTF8'" in found["do"]


@pytest.mark.parametrize("timeout", ["nan", "inf", "-1", "0", "soon"])
def test_a_timeout_that_is_none_is_named(console: Console, timeout: str) -> None:
    ended = console.run("doctor", f"--timeout={timeout}")
    assert ended.status
    assert "must be a number of seconds from 0.1 to 60" in ended.err


def test_the_broker_that_was_asked_is_named_without_its_password(well: Console) -> None:
    url = "redis://user:hid@den@broker:7000/1"
    settings = replace(well.lectern.settings, broker_url=url, broker_is_bundled=False)
    said = examining.examine(replace(well.lectern, settings=settings), 20)["broker"].says
    assert said.startswith("redis://broker:7000/1 answers and holds 2 messages; ")
