"""The one table of errors."""

import pytest

from lectern.base.errors import LecternError
from lectern.engine import errors as engine
from lectern.entrypoints.http import errors as http
from lectern.entrypoints.http.problems import TABLE, problem, report
from lectern.entrypoints.http.responses import ProblemBody
from lectern.tutor import errors as tutor

ROOMS = {module.__name__ for module in (engine, tutor, http)}


def _leaves(cls: type[LecternError]) -> set[type[LecternError]]:
    children = cls.__subclasses__()
    return set().union(*map(_leaves, children)) if children else {cls}


LEAVES = {leaf for leaf in _leaves(LecternError) if leaf.__module__ in ROOMS}
CONTROL = _leaves(engine.ControlSignal)


def test_every_leaf_of_the_error_trees_is_in_the_table_and_no_control_signal() -> None:
    assert set(TABLE) >= LEAVES - CONTROL
    assert not CONTROL & set(TABLE)
    assert not {engine.ControlSignal} & set(TABLE)


@pytest.mark.parametrize("cls", TABLE, ids=lambda cls: cls.__name__)
def test_every_error_is_told_by_a_sentence_and_a_word(cls: type[LecternError]) -> None:
    told = problem(cls("It happened."))
    body = ProblemBody.model_validate(told.body)
    assert body.error.endswith(".")
    assert body.code
    assert 400 <= told.status < 600


@pytest.mark.parametrize("cls", TABLE, ids=lambda cls: cls.__name__)
def test_what_is_away_says_when_to_come_back(cls: type[LecternError]) -> None:
    told = problem(cls("It happened."))
    assert ("Retry-After" in told.headers) is (told.status == 503)


@pytest.mark.parametrize(
    "exc",
    [
        ValueError("postgres://lectern:hunter2@db/lectern"),
        LecternError("hunter2"),
        engine.StoreUnavailable("could not connect to postgres://lectern:hunter2@db/lectern"),
        engine.BrokerUnavailable("redis://:hunter2@redis:6379"),
        engine.LeaseLost("hunter2"),
        tutor.IndexUnavailable("hunter2"),
        tutor.EmbeddingModelError("hunter2"),
    ],
    ids=lambda exc: type(exc).__name__,
)
def test_what_is_for_the_operator_is_not_told_to_clients(exc: Exception) -> None:
    told = report(exc)
    assert told.status >= 500
    assert "hunter2" not in str(told.body)


def test_what_nobody_foresaw_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    assert report(caught.value).body["code"] == "internal"
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "ZeroDivisionError" in caplog.text


def test_a_clients_mistake_is_no_event(caplog: pytest.LogCaptureFixture) -> None:
    report(http.InvalidRequest("question is missing.", fields={"question": "is missing"}))
    assert not [record for record in caplog.records if record.levelno >= 20]


def test_an_unknown_task_stops_a_client_that_polls() -> None:
    body = problem(engine.UnknownRun("There is no task x.", run_id="x")).body
    assert body["ready"] is True
    assert body["task_id"] == "x"
