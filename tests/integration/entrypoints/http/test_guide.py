"""The table from a run to the guide's words."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from lectern.engine.domain.run import ENDED, RunStatus
from lectern.engine.domain.standing import Standing
from lectern.entrypoints.http.guide import WORDS, status_body, status_json, submitted_body
from lectern.entrypoints.http.responses import Gone, TaskStatus

NOW = datetime(2030, 1, 1, tzinfo=UTC)
RUN = Standing(
    id=UUID("8b0c2f5e-7f0e-4d0c-9a55-0d1f6f2f6a11"), status=RunStatus.QUEUED, step="Waiting for a worker", attempt=0,
    created_at=NOW, thread_key="t1", result_json=None, error="", retry_of="", position=3, ended_for=None,
)  # fmt: skip
RESULT = {"answer": "A language.", "sources": [], "confidence": 0.92, "question_type": "simple"}
EXTRAS = {"created_at": "2030-01-01T00:00:00+00:00", "attempt": 0, "thread_id": "t1"}

ROWS = {
    "queued": (
        {"status": RunStatus.QUEUED},
        {"status": "PENDING", "ready": False, "info": {"step": "Waiting for a worker", "position": 3}},
    ),
    "running": (
        {"status": RunStatus.RUNNING, "step": "Executing LangGraph workflow"},
        {"status": "PROCESSING", "ready": False, "info": {"step": "Executing LangGraph workflow"}},
    ),
    "waiting for a retry": (
        {"status": RunStatus.RETRYING, "step": "Attempt 2 of 5 in 1 s: away", "error": "away"},
        {"status": "PROCESSING", "ready": False, "info": {"step": "Attempt 2 of 5 in 1 s: away"}},
    ),
    "succeeded": (
        {"status": RunStatus.SUCCEEDED, "result_json": json.dumps(RESULT), "ended_for": 1},
        {"status": "SUCCESS", "ready": True, "result": RESULT},
    ),
    "failed": (
        {"status": RunStatus.FAILED, "error": "It broke.", "ended_for": 1},
        {"status": "FAILURE", "ready": True, "error": "It broke."},
    ),
    "cancelled": (
        {"status": RunStatus.CANCELLED, "ended_for": 1},
        {"status": "REVOKED", "ready": True, "error": "Task was cancelled"},
    ),
}


@pytest.mark.parametrize(("changes", "told"), ROWS.values(), ids=ROWS)
def test_each_state_of_a_run_has_exactly_its_words(changes: dict[str, Any], told: dict[str, Any]) -> None:
    status, body = status_body(replace(RUN, **changes), 3600)
    assert status == 200
    assert body == {"task_id": str(RUN.id), **told, **EXTRAS}
    status, text = status_json(replace(RUN, **changes), 3600)
    assert (status, json.loads(text)) == (200, body)
    TaskStatus.model_validate(body)


def test_every_status_has_a_word_and_is_ready_when_it_ended() -> None:
    assert set(WORDS) == set(RunStatus)
    for status in RunStatus:
        assert status_body(replace(RUN, status=status), 3600)[1]["ready"] is (status in ENDED)


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_expired_run_is_gone_and_says_no_word_that_would_be_a_lie(status: RunStatus) -> None:
    run = replace(RUN, status=status, result_json=json.dumps(RESULT), error="It broke.", ended_for=3600)
    assert status_body(run, 3600)[0] == 200
    http, body = status_body(replace(run, ended_for=3601), 3600)
    assert http == 410
    assert body["ready"] is True
    assert body["code"] == "expired"
    assert "result" not in body
    assert "status" not in body
    Gone.model_validate(body)


def test_a_run_that_repeats_another_names_it() -> None:
    body = status_body(replace(RUN, retry_of="8b0c2f5e-7f0e-4d0c-9a55-0d1f6f2f6a12"), 3600)[1]
    assert TaskStatus.model_validate(body).retry_of == "8b0c2f5e-7f0e-4d0c-9a55-0d1f6f2f6a12"


def test_an_accepted_question_is_told_exactly_as_in_the_guide() -> None:
    assert submitted_body(RUN.id) == {
        "task_id": str(RUN.id),
        "status": "PENDING",
        "message": "Question submitted for processing",
    }
