"""A database as the first version made it, with rows in every table, is carried to this version, and nothing is lost."""

import json
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.playground import Playground
from tests.postgres import database_of_its_own

pytestmark = pytest.mark.timeout(180)

FIRST = "0001_first_version"
WAITING, RUNNING, ANSWERED, FAILED = (
    f"0000000{number}-0000-4000-8000-000000000000" for number in range(1, 5)
)
THREAD, WORKER, JOB = (f"0000000{number}-0000-4000-8000-000000000000" for number in range(5, 8))
THEN = "2026-11-01T10:00:00Z"


def _run(run_id: str, status: str, **values: Any) -> dict[str, Any]:
    return {
        "id": run_id, "workload": "tutor", "queue": "langgraph", "input": {"question": "What is tea?"}, "owner": "anna",
        "tenant": "tea", "thread_id": THREAD, "metadata": {"a": [1, None]}, "status": status, "step": "Waiting",
        "max_attempts": 5, "deadline_seconds": 120.0, "created_at": THEN, **values,
    }  # fmt: skip


#: Rows as the first version wrote them, by model, in an order in which they can be inserted.
ROWS: dict[str, list[dict[str, Any]]] = {
    "ThreadRow": [
        {"id": THREAD, "workload": "tutor", "owner": "anna", "tenant": "tea", "key": "t 1", "created_at": THEN}
    ],
    "RunRow": [
        _run(ANSWERED, "succeeded", finished_at=THEN, started_at=THEN, attempt=1, result={"answer": "A drink ☕."}),
        _run(FAILED, "failed", finished_at=THEN, attempt=5, error="The model was away.", error_code="attempts"),
        _run(RUNNING, "running", thread_id=None, attempt=1, token=JOB, worker_id=WORKER, started_at=THEN),
        _run(WAITING, "queued"),
    ],
    "TurnRow": [
        {
            "thread_id": THREAD, "number": number, "run_id": run_id, "input": {"question": "What is tea?"},
            "output": output, "created_at": THEN,
        }
        for number, (run_id, output) in enumerate({ANSWERED: {"answer": "A drink ☕."}, FAILED: None, WAITING: None}.items(), 1)
    ],
    "WorkerRow": [
        {"id": WORKER, "name": "w@h", "pid": 7, "slots": 4, "queues": ["langgraph"], "started_at": THEN, "heartbeat_at": THEN}
    ],
    "CourseRow": [
        {"id": "tea", "key": 2**61 + 1, "title": "Thé", "answer_from_exercises": True, "created_at": THEN}
    ],
    "DocumentRow": [
        {"course_id": "tea", "name": "a/tea.md", "title": "Tea", "content_sha": "0" * 64, "passages": 3, "indexed_at": THEN}
    ],
    "IndexingJobRow": [
        {
            "id": JOB, "course_id": "tea", "created_at": THEN, "problems": [{"document": "b.pdf", "reason": "Empty."}],
            "removals": ["old.md"], "to_embed": 2,
        }
    ],
    "StagedDocumentRow": [
        {"job_id": JOB, "name": "a/tea.md", "title": "Tea", "content_sha": "0" * 64, "passages": []}
    ],
}  # fmt: skip

_INSERT = """
import json
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
apps = MigrationExecutor(connection).loader.project_state(("lectern", {first!r})).apps
rows = json.loads({rows!r})
assert {{model.__name__ for model in apps.get_models()}} == set(rows), "a table of the first version has no rows here"
for name, many in rows.items():
    for row in many:
        apps.get_model("lectern", name).objects.create(**row)
"""

#: A process of the first version that still runs: it names no columns that came later.
_INSERT_AS_BEFORE = """
import json
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
apps = MigrationExecutor(connection).loader.project_state(("lectern", {first!r})).apps
apps.get_model("lectern", "RunRow").objects.create(**json.loads({row!r}))
from uuid import UUID
from lectern.bootstrap import lectern
run = lectern().engine.get(UUID({run_id!r}))
assert (run.status, run.checkpoint_id, run.subgraph_heads) == ("queued", "", {{}})
"""

_READ = """
import json
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
found = {model.__name__: list(model.objects.order_by("pk").values()) for model in apps.get_app_config("lectern").get_models()}
print("ROWS", json.dumps(found, cls=DjangoJSONEncoder))
"""

_USE = f"""
import json
from uuid import UUID
from lectern.bootstrap import lectern
here = lectern()
engine, tutor = here.engine, here.tutor
assert engine.get(UUID({ANSWERED!r})).result == {{"answer": "A drink ☕."}}
thread = engine.conversations.thread("tutor", "anna", "tea", "t 1")
assert [turn.output for turn in thread.turns] == [{{"answer": "A drink ☕."}}, None, None]
assert [str(run.id) for run in engine.failed.failed(None, "", "tea", None, 9)] == [{FAILED!r}]
assert [str(run.id) for run in engine.runs.recent("anna", "tea", 2)] == [{WAITING!r}, {RUNNING!r}]
engine.take_back()
assert engine.get(UUID({RUNNING!r})).status == "queued"
for run_id in ({WAITING!r}, {RUNNING!r}):
    assert engine.runs.claim({{UUID(run_id): UUID({JOB!r})}}, worker_id=UUID({WORKER!r}), step="Working")
assert engine.live_workers() == []
assert dict(engine.workers.live(1e9)[0].slots) == {{"langgraph": 4}}
course = tutor.course_for("tea")
assert (course.title, course.key, course.answer_from_exercises) == ("Thé", {2**61 + 1}, True)
assert [one.passages for one in tutor.indexing.courses.documents("tea")] == [3]
assert [one.name for one in tutor.indexing.jobs.staged(tutor.indexing.jobs.latest("tea").id)] == ["a/tea.md"]
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Playground]:
    """An installation of the first version."""
    url = os.environ.get("DATABASE_URL", "")
    with database_of_its_own(url) if url else nullcontext("") as database_url:
        place = Playground(tmp_path, database_url=database_url)
        migrated = place.manage("migrate", "lectern", FIRST)
        assert migrated.returncode == 0, migrated.stderr
        yield place


def test_rows_of_the_first_version_are_there_and_usable_in_this_one(place: Playground) -> None:
    rows = json.dumps(ROWS)
    place.python(_INSERT.format(first=FIRST, rows=rows))
    migrated = place.manage("migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert place.manage("migrate", "--check").returncode == 0
    found = json.loads(place.python(_READ).rsplit("ROWS ", 1)[1])
    for name, many in ROWS.items():
        kept = [{column: now[column] for column in row} for row, now in zip(many, found[name], strict=True)]
        assert kept == many
    place.python(_USE)
    late = "0000000a-0000-4000-8000-000000000000"
    row = json.dumps(_run(late, "queued", thread_id=None))
    place.python(_INSERT_AS_BEFORE.format(first=FIRST, row=row, run_id=late))


def test_models_and_migrations_agree(place: Playground) -> None:
    checked = place.manage("makemigrations", "--check", "--dry-run")
    assert checked.returncode == 0, checked.stdout
