"""PostgreSQL goes and comes back under real workers: every run ends, and no finished step is repeated."""

import os
import re
import signal
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.playground import ROOT, Playground, free_port, until
from tests.postgres import Server, database_of_its_own
from tests.slow_runs import ended, ledger, let, submit

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="`make test-postgres` runs it"),
]


@pytest.fixture
def place(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    # A short folder: the path of a Unix socket has at most 107 bytes.
    var: Path = tmp_path_factory.mktemp("p")
    with database_of_its_own(postgres_server.url) as url:
        place = Playground(var, "tests.integration.slow_settings", url)
        migrated = place.manage("migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        try:
            place.valkey()
            yield place
        finally:
            place.end()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restarted", "crashed"])
def test_a_worker_outlives_its_server_and_no_finished_step_is_repeated(
    place: Playground, postgres_server: Server, how: signal.Signals
) -> None:
    place.worker()
    ids = submit(place, 3, held="two")
    until("the second step began three times", lambda: ledger(place)["begin two"] == 3)
    postgres_server.stop(how)
    try:
        let(place)
        until("a step ended without its server", lambda: ledger(place)["end two"] == 3)
    finally:
        postgres_server.go()
    runs = ended(place, ids, 60)
    assert Counter(run["status"] for run in runs) == {"succeeded": 3}
    counted = ledger(place)
    assert (counted["begin one"], counted["end one"], counted["end three"]) == (3, 3, 3)


def test_a_worker_that_started_without_its_server_works_when_it_comes(
    place: Playground, postgres_server: Server
) -> None:
    postgres_server.stop()
    try:
        place.worker()
    finally:
        postgres_server.go()
    runs = ended(place, submit(place, 2, seconds=0.1), 60)
    assert Counter(run["status"] for run in runs) == {"succeeded": 2}


def test_a_frozen_server_holds_no_request_and_no_run_beyond_its_lease(
    place: Playground, postgres_server: Server
) -> None:
    """It takes connections, keeps them alive, and answers nothing: no limit of TCP's ends a call."""
    place.worker()
    log = place.var / f"worker-{len(place.processes)}.log"
    address = place.web(free_port())
    submit(place, 1, held="one")
    until("the first step began", lambda: ledger(place)["begin one"] == 1)
    assert _status(address) == 404
    with postgres_server.frozen():
        assert _status(address) == 503
        until("the step was stopped", lambda: ledger(place)["cancelled one"] == 1, 90)
        until("the heartbeat was given up", lambda: "The database does not answer" in log.read_text(), 90)
    until("another attempt began", lambda: ledger(place)["begin one"] == 2, 60)
    assert _status(address) == 404
    runs = ended(place, submit(place, 1, seconds=0.1), 60)
    assert [run["status"] for run in runs] == ["succeeded"]


def _status(address: str) -> int:
    """Ask for a course that there is not."""
    try:
        with urllib.request.urlopen(f"{address}/api/ai/courses/nothing/", timeout=60) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code


def test_a_killed_workers_run_is_carried_on_from_another_folder(place: Playground) -> None:
    """Another machine: it shares the databases and nothing else."""
    first = place.worker()
    ids = submit(place, 1, held="two")
    until("the second step began", lambda: ledger(place)["begin two"] == 1)
    first.kill()
    let(place)
    other = Playground(place.var / "other", place.settings, place.database_url)
    other.broker = place.broker
    other.var.mkdir()
    try:
        other.worker()
        runs = ended(place, ids, 60)
    finally:
        other.end()
    assert [(run["status"], run["attempt"]) for run in runs] == [("succeeded", 2)]
    assert ledger(place)["begin one"] == 1
    assert not list(place.var.rglob("checkpoints.sqlite3"))


def test_a_worker_holds_no_more_connections_than_its_page_says(place: Playground) -> None:
    """Questions read their course from threads of nodes, of which there are more than connections."""
    lesson = place.var / "zorblax.md"
    lesson.write_text("# Zorblax\n\nThe Zorblax operator always returns the value seven.\n")
    ingested = place.manage("ingest_course", "zorblax", str(lesson))
    assert ingested.returncode == 0, ingested.stderr
    place.worker("--concurrency=64")
    slow, asked = submit(place, 150, seconds=0.1), _ask(place, 64)
    runs = ended(place, [*slow, *asked], 120)
    assert Counter(run["status"] for run in runs) == {"succeeded": 150 + 64}
    with psycopg.connect(place.database_url) as connection:  # those of a worker stay
        counted = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert counted
    assert 4 < counted[0] <= _said_of_a_worker()


def _ask(place: Playground, questions: int) -> list[str]:
    out = place.python(
        f"""
from lectern.entrypoints.asking import ask
for number in range({questions}):
    asked = ask(f"student_{{number}}", "What does the Zorblax operator return?", {{"course_id": "zorblax"}})
    print("RUN", asked.id)
"""
    )
    return [line.split()[1] for line in out.splitlines() if line.startswith("RUN")]


def _said_of_a_worker() -> int:
    page = (ROOT / "docs/how-to/use-postgresql.md").read_text()
    said = re.search(r"\| worker \| (\d+), however many runs", page)
    assert said
    return int(said[1])


def test_without_the_tables_of_checkpoints_migrate_is_asked_for_and_makes_them(place: Playground) -> None:
    look = "from lectern.databases import is_migrated; print(is_migrated())"
    assert place.python(look).split() == ["True"]
    with psycopg.connect(place.database_url) as connection:
        connection.execute(
            "DROP TABLE checkpoints, checkpoint_blobs, checkpoint_writes, checkpoint_migrations"
        )
    assert place.python(look).split() == ["False"]
    assert place.manage("migrate").returncode == 0
    assert place.python(look).split() == ["True"]
