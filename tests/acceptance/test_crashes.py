"""Whoever dies, every run ends once. Real workers, a real Valkey, a graph whose nodes write down each time they run."""

import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.playground import Playground, playground, until
from tests.slow_runs import ended as _ended
from tests.slow_runs import ledger as _ledger
from tests.slow_runs import let as _let
from tests.slow_runs import submit as _submit

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    # A short folder: the path of a Unix socket has at most 107 bytes.
    with playground(tmp_path_factory.mktemp("p"), "tests.integration.slow_settings") as place:
        place.valkey()
        yield place


def test_a_killed_workers_runs_are_answered_once_by_the_next_and_no_finished_step_is_repeated(
    place: Playground,
) -> None:
    first = place.worker()
    ids = _submit(place, 3, held="two")
    until("the second step began three times", lambda: _ledger(place)["begin two"] == 3)
    first.send_signal(signal.SIGKILL)
    first.wait(30)
    _let(place)
    place.worker()
    runs = _ended(place, ids, 60)
    assert Counter((run["status"], run["attempt"]) for run in runs) == {("succeeded", 2): 3}
    ledger = _ledger(place)
    assert (ledger["begin one"], ledger["end two"], ledger["end three"]) == (3, 3, 3)


def test_a_frozen_worker_that_wakes_up_writes_nothing(place: Playground) -> None:
    first = place.worker()
    ids = _submit(place, 2, held="two")
    until("the second step began", lambda: _ledger(place)["begin two"] == 2)
    os.kill(first.pid, signal.SIGSTOP)
    _let(place)
    place.worker()
    runs = _ended(place, ids, 60)
    os.kill(first.pid, signal.SIGCONT)
    assert Counter((run["status"], run["attempt"]) for run in runs) == {("succeeded", 2): 2}
    log = place.var / "worker-2.log"
    until("the woken worker noticed", lambda: "lease_lost" in log.read_text())
    assert _ended(place, ids, 1) == runs


def test_a_broker_that_loses_its_data_loses_no_run(place: Playground) -> None:
    place.worker("--concurrency=8")
    ids = _submit(place, 60, seconds=0.2)
    place.flush_broker()
    runs = _ended(place, ids, 60)
    assert Counter(run["status"] for run in runs) == {"succeeded": 60}
    assert _ledger(place)["end three"] == 60


def test_a_broker_that_is_killed_and_comes_back_empty_loses_no_run(place: Playground) -> None:
    place.worker("--concurrency=8")
    ids = _submit(place, 60, seconds=0.2)
    place.processes[0].kill()
    place.processes[0].wait(30)
    place.valkey()
    runs = _ended(place, ids, 60)
    assert Counter(run["status"] for run in runs) == {"succeeded": 60}
    assert _ledger(place)["end three"] == 60


def test_a_worker_that_is_asked_to_stop_gives_its_runs_back_at_once(place: Playground) -> None:
    first = place.worker()
    ids = _submit(place, 2, held="one")
    until("the first step began", lambda: _ledger(place)["begin one"] == 2)
    first.terminate()
    first.wait(60)
    state = _ended(place, ids, 0)
    assert {(run["status"], run["attempt"]) for run in state} == {("queued", 1)}


def test_a_worker_whose_broker_dies_goes_on_with_its_runs_and_takes_new_ones_when_it_is_back(
    place: Playground,
) -> None:
    worker, log = place.worker(), place.var / "worker-2.log"
    ids = _submit(place, 3, held="one")
    until("the first step began", lambda: _ledger(place)["begin one"] == 3)
    place.processes[0].kill()
    place.processes[0].wait(30)
    until("the worker noticed", lambda: "Connection to broker lost" in log.read_text())
    place.valkey()
    _let(place)
    ids += _submit(place, 1)
    runs = _ended(place, ids, 60)
    assert Counter((run["status"], run["attempt"]) for run in runs) == {("succeeded", 1): 4}
    assert worker.poll() is None


def test_a_worker_whose_broker_freezes_is_not_held_by_it_and_takes_new_runs_when_it_goes_on(
    place: Playground,
) -> None:
    worker, log, broker = place.worker(), place.var / "worker-2.log", place.processes[0]
    ids = _submit(place, 3, held="one")
    until("the first step began", lambda: _ledger(place)["begin one"] == 3)
    os.kill(broker.pid, signal.SIGSTOP)
    until("the worker noticed", lambda: "Connection to broker lost" in log.read_text(), 90)
    os.kill(broker.pid, signal.SIGCONT)
    _let(place)
    ids += _submit(place, 1)
    runs = _ended(place, ids, 60)
    assert Counter((run["status"], run["attempt"]) for run in runs) == {("succeeded", 1): 4}
    assert worker.poll() is None


def test_a_worker_whose_broker_is_frozen_or_gone_is_ended_in_time_and_gives_its_runs_back(
    place: Playground,
) -> None:
    first, second = place.worker("--hostname=first@here"), place.worker("--hostname=second@here")
    ids = _submit(place, 8, held="one")
    until("the first step began", lambda: _ledger(place)["begin one"] == 8)
    os.kill(place.processes[0].pid, signal.SIGSTOP)
    logs = [place.var / "worker-2.log", place.var / "worker-3.log"]
    until("both wait for it", lambda: all("broker does not answer" in log.read_text() for log in logs))
    first.terminate()
    assert first.wait(60) == 0
    place.processes[0].kill()
    second.terminate()
    assert second.wait(60) == 0
    state = _ended(place, ids, 0)
    assert Counter((run["status"], run["attempt"]) for run in state) == {("queued", 1): 8}
    rows = place.python("from lectern.adapters.sql.models import WorkerRow; print(WorkerRow.objects.count())")
    assert rows.split()[-1] == "0"
