from dataclasses import asdict, replace
from typing import Any
from unittest.mock import sentinel

import pytest

from lectern.tutor.confidence.bands import CHECK_FROM
from lectern.tutor.confidence.model import AnswerKind
from lectern.tutor.confidence.recalibrating import Recalibration
from lectern.tutor.domain.gap import LOW_BELOW
from lectern.tutor.graph.context import TutorContext
from lectern.tutor.graph.stating import notices, stated
from tests.tutor_house import MODEL

MODEST = Recalibration(slope=1.0, intercept=-1.5, judged=80, right=40, brier_before=0.3, brier_after=0.2)


def context() -> TutorContext:
    return TutorContext(
        index=sentinel.index,
        embeddings=sentinel.embeddings,
        model="toy",
        confidence=MODEL,
        composed_confidence=replace(MODEL, version="toy of a model"),
    )


def state(**recalibration: Any) -> Any:
    return {"course": {"id": "c1", "key": 1, "title": "", "recalibration": recalibration}}


def test_a_confidence_is_stated_with_its_band_and_the_fit_of_its_kind() -> None:
    said = stated(0.87654, AnswerKind.COMPOSED, state(), context())
    assert said == {"confidence": 0.8765, "confidence_band": "high", "calibration": "toy of a model"}


def test_what_students_judged_corrects_their_course_and_this_kind_of_answer_only() -> None:
    corrected = state(extractive=asdict(MODEST))
    said = stated(0.87, AnswerKind.EXTRACTIVE, corrected, context())
    assert said["confidence"] == pytest.approx(0.599, abs=0.001)
    assert said["confidence_band"] == "low"
    assert said["calibration"] == "toy, corrected by 80 judged answers of the course"
    assert stated(0.87, AnswerKind.COMPOSED, corrected, context())["confidence"] == 0.87


def test_a_low_confidence_is_a_gap() -> None:
    assert LOW_BELOW == CHECK_FROM


def test_a_student_is_told_in_the_questions_language_that_the_language_model_was_no_help() -> None:
    asked: Any = {
        "question": "Was ist eine Schleife?",
        "degraded": ["llm", "vector"],
        "notices": ["Embed it."],
    }
    first, second = notices(asked)
    assert first == "Embed it."
    assert "ohne das Sprachmodell" in second


def test_nothing_is_told_of_parts_that_come_back_by_themselves() -> None:
    asked: Any = {"question": "What is a loop?"}
    assert notices(asked) == notices({**asked, "degraded": ["vector"]}) == []
