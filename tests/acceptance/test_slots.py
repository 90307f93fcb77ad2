"""One worker, many runs: batches take no run's slot, a cancel is felt, and who stops gives everything back."""

import signal
from collections.abc import Iterator

import pytest

from tests.playground import Playground, playground, until
from tests.slow_runs import ended, ledger, let, submit

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with playground(tmp_path_factory.mktemp("p"), "tests.integration.slow_settings") as place:
        place.valkey()
        yield place


def test_with_one_slot_a_question_is_answered_beside_long_batches(place: Playground) -> None:
    place.worker("--concurrency=1")
    batches = submit(place, 20, held="one", workload="slow_batch")
    until("batches run", lambda: ledger(place)["begin one"] == 2)
    (question,) = submit(place, 1, seconds=0.1)
    assert [run["status"] for run in ended(place, [question], 60)] == ["succeeded"]
    states = ended(place, batches, 0)
    assert sorted(run["status"] for run in states) == ["queued"] * 18 + ["running"] * 2


@pytest.mark.parametrize(
    ("queue", "slots"), [("langgraph", {"langgraph": 5}), ("embeddings", {"embeddings": 2})]
)
def test_a_worker_of_one_queue_leaves_the_other_alone(
    place: Playground, queue: str, slots: dict[str, int]
) -> None:
    place.worker("--concurrency=5", f"--queues={queue}")
    both = {
        "embeddings": submit(place, 1, seconds=0.1, workload="slow_batch"),
        "langgraph": submit(place, 1, seconds=0.1),
    }
    assert [run["status"] for run in ended(place, both.pop(queue), 60)] == ["succeeded"]
    ((other,),) = both.values()
    assert [run["status"] for run in ended(place, [other], 1)] == ["queued"]
    said = place.python(
        "from lectern.bootstrap import lectern; print(dict(lectern().engine.live_workers()[0].slots))"
    )
    assert said.strip() == str(slots)


@pytest.mark.parametrize(("command", "key"), [("lectern_cancel", "run_id"), ("revoke", "task_id")])
def test_a_running_run_that_is_cancelled_by_command_is_stopped(
    place: Playground, command: str, key: str
) -> None:
    place.worker()
    (run_id,) = submit(place, 1, held="one")
    until("it runs", lambda: ledger(place)["begin one"])
    place.python(
        f"from config.celery import app; app.control.broadcast({command!r}, arguments={{{key!r}: {run_id!r}}})"
    )
    assert [run["status"] for run in ended(place, [run_id], 60)] == ["cancelled"]
    until("its step is stopped", lambda: ledger(place)["cancelled one"])


def test_a_waiting_run_that_is_revoked_never_begins(place: Playground) -> None:
    place.worker("--concurrency=1")
    first, second = submit(place, 2, held="one")
    until("the first runs", lambda: ledger(place)["begin one"])
    place.celery("control", "revoke", second, first)
    assert [run["status"] for run in ended(place, [first, second], 60)] == ["cancelled", "cancelled"]
    place.celery("inspect", "ping")
    assert ledger(place)["begin one"] == 1


def test_what_a_blocking_node_returns_after_a_cancel_is_dropped(place: Playground) -> None:
    place.worker()
    (run_id,) = submit(place, 1, held="blocking", workload="slow_blocking")
    until("it runs", lambda: ledger(place)["begin blocking"])
    place.celery("control", "revoke", run_id)
    assert [run["status"] for run in ended(place, [run_id], 60)] == ["cancelled"]
    assert not ledger(place)["end blocking"]
    let(place)
    until("the node returned", lambda: ledger(place)["end blocking"])
    ended(place, submit(place, 1), 60)  # by now its result would have been written
    assert [run["status"] for run in ended(place, [run_id], 0)] == ["cancelled"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGQUIT], ids=["warm", "cold"])
def test_a_worker_that_stops_gives_many_runs_to_another_at_once(
    place: Playground, how: signal.Signals
) -> None:
    first = place.worker("--concurrency=100")
    ids = submit(place, 100, held="one")
    until("all run", lambda: ledger(place)["begin one"] == 100)
    place.worker("--concurrency=100", "--hostname=second@t")
    first.send_signal(how)
    until("all run elsewhere", lambda: ledger(place)["begin one"] == 200)
    first.wait(60)
    assert "action=release" in (place.var / "worker-2.log").read_text()
    assert "action=take_back" not in (place.var / "worker-3.log").read_text(), (
        "waited for the end of the lease"
    )
    assert {(run["status"], run["attempt"]) for run in ended(place, ids, 0)} == {("running", 2)}
    assert "Traceback" not in (place.var / "worker-2.log").read_text()


def test_a_blocking_node_does_not_keep_a_worker_that_stops(place: Playground) -> None:
    worker = place.worker()
    (run_id,) = submit(place, 1, held="blocking", workload="slow_blocking")
    until("it runs", lambda: ledger(place)["begin blocking"])
    worker.terminate()
    worker.wait(60)
    assert [run["status"] for run in ended(place, [run_id], 0)] == ["queued"]
