"""`celery purge`: what waits ends REVOKED and does not come back; what it did not name stays."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.playground import Playground, playground


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with playground(tmp_path_factory.mktemp("p"), "tests.integration.slow_settings") as place:
        place.valkey()
        _submit(place, 2)
        yield place


def _submit(place: Playground, runs: int) -> None:
    place.python(
        f"""
from lectern.bootstrap import lectern
from lectern.engine.submitting import RunRequest
engine = lectern().engine
for _ in range({runs}):
    engine.submit(RunRequest(workload="slow", input={{"seconds": 0, "ledger": "/dev/null"}}, in_thread=False))
engine.dispatch("langgraph")
"""
    )


def _statuses(place: Playground) -> Counter[str]:
    with closing(sqlite3.connect(place.var / "lectern.sqlite3")) as rows:
        return Counter(dict(rows.execute("SELECT status, count(*) FROM lectern_run GROUP BY status")))


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        pytest.param(["-f", "-Q", "embeddings"], "", id="another queue"),
        pytest.param(["-f", "-X", "langgraph"], "", id="all but this one"),
        pytest.param([], "n\n", id="not confirmed"),
        pytest.param([], "", id="nobody to confirm"),
    ],
)
def test_runs_stay_when_their_queue_was_not_purged(
    place: Playground, options: list[str], answer: str
) -> None:
    waiting = _statuses(place)["queued"]
    assert waiting
    place.celery("purge", *options, given=answer)
    assert _statuses(place) == {"queued": waiting}


def test_a_broker_that_loses_its_data_is_no_purge(place: Playground) -> None:
    waiting = _statuses(place)["queued"]
    assert waiting
    place.flush_broker()
    assert _statuses(place)["queued"] == waiting


@pytest.mark.parametrize(
    "purge",
    [
        pytest.param(lambda place: place.celery("purge", "-f"), id="celery purge"),
        pytest.param(
            lambda place: place.python("from config.celery import app; app.control.purge()"),
            id="app.control.purge",
        ),
    ],
)
def test_purged_runs_end_revoked_and_do_not_come_back(place: Playground, purge) -> None:  # type: ignore[no-untyped-def]
    _submit(place, 3)
    purge(place)
    assert set(_statuses(place)) == {"cancelled"}
    assert place.python(
        'from lectern.bootstrap import lectern; print(lectern().engine.dispatch("langgraph"))'
    ).endswith("0\n")
