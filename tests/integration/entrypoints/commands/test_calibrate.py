"""calibrate: judged answers correct a course's confidences from its next answer on, or it is said why not."""

from typing import Any
from uuid import UUID

import pytest

from tests.integration.entrypoints.commands.conftest import Console

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def tea(console: Console) -> Console:
    console.lesson("tea", "Ada")
    console.ingest()
    return console


def _judged(console: Console, count: int, *, right: int) -> None:
    """Write `count` answers that were all found alike, `right` of them judged right."""
    from lectern.adapters.sql.models import QuestionRow

    now = console.lectern.engine.runs.now()
    same: dict[str, Any] = {
        "course_id": "tea", "question": "What is tea?", "alike": "tea", "section": "Tea", "confidence": 0.9, "calibration": "",
        "declined": False, "composed": False, "mode": "answer", "features": {"passage_score": 1.0}, "degraded": False,
        "asks": True, "asked_at": now, "answered_at": now, "rated_at": now,
    }  # fmt: skip
    QuestionRow.objects.bulk_create(
        QuestionRow(**same, run_id=UUID(int=place + 1), rating="up" if place % count < right else "down")
        for place in range(count)
    )


def _intercept(console: Console) -> float | None:
    made = console.lectern.tutor.course_for("tea").recalibration
    return made["extractive"]["intercept"] if made else None


def test_judged_answers_correct_a_course_until_that_is_taken_back(tea: Console) -> None:
    _judged(tea, 200, right=90)
    ended = tea.run("calibrate", "tea")
    assert ended.status == 0
    assert "tea, extractive answers: corrected by 200 judged answers, 90 of them right; slope" in ended.out
    assert "tea, llm answers: 0 answers were judged" in ended.out
    assert (_intercept(tea) or 0) < -0.1
    assert tea.run("calibrate", "tea", "--forget").status == 0
    assert _intercept(tea) is None


def test_too_few_judged_answers_are_refused_with_their_number(tea: Console) -> None:
    _judged(tea, 30, right=15)
    ended = tea.run("calibrate", "tea")
    assert ended.status == 1
    assert "30 answers were judged, 15 of them right and 15 wrong: it takes 50" in ended.out
    assert _intercept(tea) is None


def test_an_unknown_course_is_named(tea: Console) -> None:
    ended = tea.run("calibrate", "tee")
    assert (ended.status, "'tee'" in ended.err) == (1, True)
