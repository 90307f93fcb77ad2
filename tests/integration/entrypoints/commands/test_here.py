"""Runs executed in the calling process, without any worker."""

import pytest

from lectern.bootstrap import lectern
from lectern.engine.domain.run import RunStatus
from lectern.entrypoints.asking import submit
from tests.integration.entrypoints.commands.conftest import Console

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def test_an_earlier_question_of_the_thread_is_answered_first_and_not_waited_for(console: Console) -> None:
    from lectern.guide import ai_agent

    console.lesson("tea", "Ada")
    console.ingest()
    earlier = submit("anna", "Who found tea?", {"course_id": "tea"}, "t")
    answer = ai_agent.answer_with_langgraph("anna", "What is tea?", {"course_id": "tea"}, "t")
    assert answer["sources"]
    assert lectern().engine.get(earlier.id).status is RunStatus.SUCCEEDED
