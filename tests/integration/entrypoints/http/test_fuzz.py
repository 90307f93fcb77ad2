"""Requests that Schemathesis makes of the API's own description: no crash, no status that is not described, no other shape.

`make test` sends a few hundred, `make fuzz` thousands. They are the same at every start.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, GenerationMode

from lectern.entrypoints.http.api import api
from tests.web_house import COURSE, WebHouse

pytestmark = pytest.mark.timeout(3600)

DESCRIPTION = api.get_openapi_schema()

#: What Schemathesis does not expect of a right request: that a task's result is no longer kept (410), that a task which
#: has not ended cannot be asked again, or that an idempotency key names another question (409).
ACCEPTED = ["2xx", "404", "409", "410"]
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}}
)


def _operations(app: Any = None) -> dict[str, APIOperation]:
    schema = schemathesis.openapi.from_dict(DESCRIPTION, config=CONFIG)
    schema.app = app
    return {operation.ok().label: operation.ok() for operation in schema.get_all_operations()}


def _kinds() -> list[tuple[str, GenerationMode]]:
    """Every operation by the description, and against it where that is possible: any text may stand in an address."""
    modes = {
        label: list(GenerationMode)
        if operation.query or (operation.body and not _is_form(operation))
        else [GenerationMode.POSITIVE]
        for label, operation in _operations().items()
    }
    return [(label, mode) for label, possible in modes.items() for mode in possible]


def _is_form(operation: APIOperation) -> bool:
    """In a form everything is text: an object in the place of a name is sent as the name that it spells."""
    return any(body.media_type == "multipart/form-data" for body in operation.body)


KINDS = _kinds()


@pytest.fixture(scope="module")
def sent(pytestconfig: pytest.Config) -> Iterator[Counter[str]]:
    """Requests that were sent, by operation; told at the end, as an operation without fields has few to send."""
    sent: Counter[str] = Counter()
    yield sent
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        lines = [f"{count:6} {label}" for label, count in sent.items()]
        print("", *lines, f"{sent.total():6} requests in all", sep="\n")


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> WebHouse:
    """A course, and a run in every state; nobody waits long for an answer."""
    house = WebHouse(monkeypatch, sync_ask_seconds=0.01)
    house.course()
    return house


def _names(house: WebHouse) -> dict[str, list[str]]:
    """Names that exist, by parameter: what is made up would only ever be answered with 404."""
    factories = (
        house.queued_run, house.claimed_run, house.retrying_run, house.finished_run, house.failed_run,
        house.cancelled_run, house.expired_run,
    )  # fmt: skip
    runs = [make(thread_key=None) for make in factories]
    house.finished_run()
    return {
        "task_id": [str(run.id) for run in runs],
        "thread_id": ["t1", runs[0].thread_key],
        "course_id": [COURSE],
        "student_id": ["anna"],
        "answer_id": [house.answer()],
    }


@pytest.mark.parametrize(("label", "mode"), KINDS, ids=[f"{label} {mode}" for label, mode in KINDS])
def test_every_answer_is_a_described_one(
    house: WebHouse, pytestconfig: pytest.Config, sent: Counter[str], label: str, mode: GenerationMode
) -> None:
    operation, names = _operations(house.shell)[label], _names(house)
    examples = max(1, pytestconfig.getoption("requests") // len(KINDS))

    @seed(1)
    @settings(
        max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(mode), st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        if mode.is_positive:
            _name_what_exists(case, names, data)
            _name_each_file(case)
        sent[label] += 1
        case.call_and_validate(base_url="http://localhost")

    ask()


def _name_what_exists(case: Any, names: dict[str, list[str]], data: st.DataObject) -> None:
    """Put names of what exists in the place of half of those that were made up."""
    for place in (case.path_parameters, case.query):
        for name in sorted(set(place or {}) & set(names)):
            if data.draw(st.booleans()):
                place[name] = data.draw(st.sampled_from(names[name]))
    if isinstance(case.body, dict) and "rating" in case.body and data.draw(st.booleans()):
        case.body["student_id"] = "anna"
    elif isinstance(case.body, dict) and "answer" not in case.body and data.draw(st.booleans()):
        case.body["context"] = {**(case.body.get("context") or {}), "course_id": COURSE}


def _name_each_file(case: Any) -> None:
    """Give an upload as many names as files: a description cannot tell that one list is as long as another."""
    if isinstance(case.body, dict) and "files" in case.body:
        case.body["names"] = [f"{number}.md" for number, _file in enumerate(case.body["files"])]
