"""The whole web process in one test: shell, Django, engine and tutor on SQLite; nothing is dispatched. And runs in every state."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from lectern import bootstrap
from lectern.adapters.sql.courses import SqlCourses
from lectern.adapters.sql.models import RunRow
from lectern.engine import finishing
from lectern.engine.domain.run import Run
from lectern.engine.retrying import Failure, RetryPolicy
from lectern.engine.submitting import RunRequest
from lectern.entrypoints.shell.app import build_shell
from lectern.tutor.answering.recording import alike, answer_id
from tests.engine_house import InMemoryBroker, claim, succeed

COURSE = "python_101"
ASKED = {"student_id": "anna", "question": "What is Python?", "context": {"course_id": COURSE}}
RESULT = {"answer": "A language. [1]", "sources": [], "confidence": 0.92, "question_type": "simple"}


class Pokes:
    """Stands where the dispatching thread is."""

    def __init__(self) -> None:
        self.count, self.cancels = 0, list[UUID]()
        #: Queues that were named, once a poke.
        self.queues = list[str]()

    def poke(self, *queues: str) -> None:
        self.count += 1
        self.queues.extend(queues)

    def announce_cancel(self, run_id: UUID) -> None:
        self.cancels.append(run_id)


def lend_models(var: Path) -> None:
    """Give another VAR_DIR the embedding model of all tests, so that it is built once."""
    models = settings.LECTERN.var_dir / "models"
    models.mkdir(exist_ok=True)
    (var / "models").symlink_to(models)


class WebHouse:
    """A client of the shell, and what stands behind it. `changes` are settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
        self.settings = replace(settings.LECTERN, **changes)
        self.lectern = bootstrap.build(self.settings, broker=InMemoryBroker())
        self.pokes = Pokes()
        self.lectern.__dict__["_dispatcher"] = self.pokes
        monkeypatch.setattr(bootstrap, "_lectern_of", lambda pid: self.lectern)
        self.shell = self.build_shell()
        self.http = TestClient(self.shell, base_url="http://localhost", raise_server_exceptions=False)

    def build_shell(self) -> ASGIApp:
        return build_shell(get_wsgi_application(), lambda: self.lectern, self.settings)

    @contextmanager
    def serving(self) -> Iterator["WebHouse"]:
        """Keep one loop for all requests inside."""
        with self.http:
            yield self

    def course(self, course_id: str = COURSE) -> None:
        SqlCourses().add(course_id, course_id.replace("_", " ").title())

    def answer(self, question: str = "What is a snake?", text: str = "A snake is a long animal.") -> str:
        """Write a teacher's answer, which is not indexed yet, and return its id."""
        desk = self.lectern.desk
        name = answer_id(question)
        return desk.answers.put(COURSE, name, question, alike(question), text).id

    # --- runs, each factory one step further --------------------------------------------------------------------

    def queued_run(self, **changes: Any) -> Run:
        values: dict[str, Any] = {"owner": "anna", "tenant": COURSE, "thread_key": "t1", **changes}
        asked = {"question": "What is Python?", "context": {}}
        return self.lectern.engine.submit(RunRequest(workload="tutor", input=asked, **values))

    def claimed_run(self, **changes: Any) -> Run:
        run = claim(
            self.queued_run(**changes).id, uuid4(), "Executing LangGraph workflow", self.lectern.engine.runs
        )
        assert run is not None
        return run

    def retrying_run(self, **changes: Any) -> Run:
        failure = Failure(again=True, sentence="The model is away.", code="away")
        return finishing.retry_later(
            self.claimed_run(**changes), failure, RetryPolicy(), self.lectern.engine.runs
        )

    def finished_run(self, **changes: Any) -> Run:
        return succeed(self.claimed_run(**changes), RESULT, self.lectern.engine.runs)

    def failed_run(self, **changes: Any) -> Run:
        return finishing.fail(
            self.claimed_run(**changes), "The model refused.", "failed", self.lectern.engine.runs
        )

    def cancelled_run(self, **changes: Any) -> Run:
        return self.lectern.engine.cancel(self.queued_run(**changes).id)

    def expired_run(self, **changes: Any) -> Run:
        run = self.finished_run(**changes)
        assert run.finished_at is not None
        ended = run.finished_at - timedelta(seconds=self.settings.result_expires + 1)
        RunRow.objects.filter(id=run.id).update(finished_at=ended)
        return self.lectern.engine.get(run.id)
