"""A Weaviate that is killed, frozen, slow, cut off or read-only under a running Lectern: questions are answered, material is taken
in, and all comes back by itself. Real web, worker and Weaviate; the faults are those of a proxy in front of each of its ports.
"""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.playground import ROOT, Playground, free_port, playground, until
from tests.tcp_proxy import Proxy
from tests.weaviate_server import Address

pytestmark = pytest.mark.timeout(300)

COURSE = "plumbus"
FAULTS = ("killed", "frozen", "slow", "cutting")
#: Longer than an answer takes on a loaded machine, and shorter than what a client without limits waits.
PATIENCE_SECONDS = 20.0
FIRST = "# The Plumbus\n\nThe Plumbus was invented by Ada in a garden in 1842.\n"

_SETTLE = """
from lectern.bootstrap import lectern
from lectern.tutor.errors import IndexUnavailable
try:
    lectern().tend_passages()
except IndexUnavailable as exc:
    print(exc)
"""
_COUNTED = """
import json
from collections import Counter
from lectern.bootstrap import IN_FILE, IN_WEAVIATE, lectern
here = lectern()
course = here.tutor.course_for("plumbus")
documents = [one.name for one in here.tutor.documents(course)]
# The server by itself, without what stands in for it.
for store, index in ((IN_FILE, here.passages.stores[IN_FILE]), (IN_WEAVIATE, here.passages.stores[IN_WEAVIATE].server)):
    stats = index.stats(course.key)
    ids = [one.id for name in documents for one in index.passages(course.key, name)]
    hits = index.search_keywords(course.key, "Plumbus garden leaves", 50, list(course.answerable_kinds))
    twice = [one for one, count in Counter(hit.passage.id for hit in hits).items() if count > 1]
    print("COUNTED", json.dumps([store, stats.documents, stats.passages, sorted(ids), twice, len(hits)]))
"""


@dataclass(frozen=True)
class Answer:
    """What a question came to."""

    text: str
    degraded: list[str]
    seconds: float


@dataclass
class House:
    """An installation whose passages are in a Weaviate behind `proxies`, one for each of its ports."""

    place: Playground
    proxies: list[Proxy]
    address: str = ""
    broken: str = ""
    lessons: dict[str, str] = field(default_factory=dict)

    def ask(self, question: str) -> Answer:
        """Ask, and wait for the answer."""
        body = {"student_id": "anna", "question": question, "context": {"course_id": COURSE}}
        request = urllib.request.Request(
            f"{self.address}/api/ai/ask/", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=60) as reply:
            result: dict[str, Any] = json.load(reply)["result"]
        return Answer(result["answer"], result["degraded"], time.monotonic() - began)

    def answers_from_it(self) -> bool:
        """Do what beat does every minute, and tell whether answers come from Weaviate."""
        self.place.python(_SETTLE, timeout=120)
        return self.ask("Who invented the Plumbus?").degraded == []

    def put(self, name: str, text: str) -> None:
        """Write a document of the course; it is not brought in yet."""
        (self.place.var / "material").mkdir(exist_ok=True)
        (self.place.var / "material" / f"{name}.md").write_text(text)

    def ingest(self) -> "subprocess.CompletedProcess[str]":
        """Bring the course in as it is."""
        return self.place.manage("ingest_course", COURSE, str(self.place.var / "material"), timeout=180)

    def move(self, store: str) -> "subprocess.CompletedProcess[str]":
        """Have passages served from there."""
        return self.place.manage("move_index", "--to", store, timeout=180)

    def killed_at(self, portion: int, *command: str) -> bool:
        """Run a command in a process of its own, and kill -9 it at that portion of bytes for the server; False if it ended before."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.place.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        before = self.portions

        def kill(_: int) -> None:
            if self.portions - before >= portion:
                process.send_signal(signal.SIGKILL)

        for proxy in self.proxies:
            proxy.before_portion = kill
        ended = process.wait(180)
        for proxy in self.proxies:
            proxy.before_portion = lambda number: None
        return ended == -signal.SIGKILL

    @property
    def portions(self) -> int:
        return sum(proxy.portions for proxy in self.proxies)

    def counted(self) -> dict[str, list[Any]]:
        """Return documents, passages, their ids, those that are found twice, and how many are found, by store."""
        told = self.place.python(_COUNTED, timeout=120)
        rows = [
            json.loads(line.removeprefix("COUNTED "))
            for line in told.splitlines()
            if line.startswith("COUNTED")
        ]
        return {row[0]: row[1:] for row in rows}

    def both_are_alike(self) -> bool:
        """Tell whether Weaviate has each passage of the course once, as the file has it."""
        counted = self.counted()
        embedded, weaviate = counted.values()
        return embedded == weaviate and embedded[2] != [] and embedded[3] == []

    def break_it(self, fault: str) -> None:
        self.broken = fault
        for proxy in self.proxies:
            if fault == "killed":
                proxy.down()
            elif fault == "frozen":
                proxy.freeze()
            elif fault == "slow":
                proxy.slow(3.0)
            else:
                proxy.refuse()
                proxy.cut()

    def mend(self) -> None:
        fault, self.broken = self.broken, ""
        for proxy in self.proxies:
            proxy.slow(0)
            proxy.thaw()
            proxy.refuse(False)
            if fault == "killed":
                proxy.up()


@contextmanager
def _house(at: Address, var: Path) -> Iterator[House]:
    ports = [urlsplit(url) for url in (at.url, at.grpc_url)]
    with playground(var) as place:
        house = House(place, [Proxy(one.hostname or "", one.port or 0) for one in ports])
        place.more = {
            "WEAVIATE_URL": f"http://127.0.0.1:{house.proxies[0].port}",
            "WEAVIATE_GRPC_URL": f"http://127.0.0.1:{house.proxies[1].port}",
            "WEAVIATE_API_KEY": at.api_key,
        }
        yield house
        house.mend()
        place.manage("remove_course", COURSE, "--yes")
        place.python(_SETTLE, timeout=120)
        for proxy in house.proxies:
            proxy.down()


@pytest.fixture(scope="module")
def running(weaviate_address: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Web and worker, and a course of one lesson in Weaviate."""
    with _house(weaviate_address, tmp_path_factory.mktemp("p")) as house:
        house.place.valkey()
        house.place.worker()
        house.address = house.place.web(free_port())
        house.put("plumbus", FIRST)
        assert house.ingest().returncode == 0
        assert house.move("weaviate").returncode == 0
        yield house


@pytest.fixture
def alone(weaviate_address: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Without web and worker, so that a command does all by itself; nothing is brought in."""
    with _house(weaviate_address, tmp_path_factory.mktemp("p")) as house:
        for number in range(12):
            house.put(
                f"garden-{number}",
                f"# Garden {number}\n\nGarden {number} has {number} leaves, and a Plumbus.\n",
            )
        yield house


@pytest.fixture
def house(running: House) -> Iterator[House]:
    until("answers come from Weaviate", running.answers_from_it, 60)
    yield running
    running.mend()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_question_is_answered_without_it_says_so_and_is_answered_from_it_again(
    house: House, fault: str
) -> None:
    house.break_it(fault)
    for _ in range(3):  # met, and spared
        answer = house.ask("Who invented the Plumbus?")
        assert "Ada" in answer.text
        assert "weaviate" in answer.degraded
        assert answer.seconds < PATIENCE_SECONDS
    house.mend()
    until("answers come from Weaviate again", house.answers_from_it, 60)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_question_under_way_is_answered_when_it_goes(house: House, fault: str) -> None:
    _, grpc = house.proxies
    seen = grpc.portions

    def go(number: int) -> None:
        if not house.broken and number > seen:
            house.break_it(fault)

    grpc.before_portion = go
    try:
        answer = house.ask("Who invented the Plumbus?")
    finally:
        grpc.before_portion = lambda number: None
    assert house.broken == fault
    assert "Ada" in answer.text
    assert answer.seconds < PATIENCE_SECONDS


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_taken_in_meanwhile_is_answered_and_comes_to_weaviate_by_itself(
    house: House, fault: str
) -> None:
    house.break_it(fault)
    house.put(fault, f"# The {fault} tea\n\nThe {fault} tea was first drunk by Bea in Lisbon.\n")
    ended = house.ingest()
    assert ended.returncode == 0, ended.stderr
    answer = house.ask(f"Who first drank the {fault} tea?")
    assert "Bea" in answer.text
    assert "weaviate" in answer.degraded
    house.mend()
    until("answers come from Weaviate again", house.answers_from_it, 60)
    assert house.both_are_alike()
    answer = house.ask(f"Who first drank the {fault} tea?")
    assert ("Bea" in answer.text, answer.degraded) == (True, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_an_ingest_during_which_it_goes_ends_with_all_of_it_and_nothing_twice(
    house: House, fault: str
) -> None:
    for number in range(4):
        house.put(
            f"{fault}-{number}",
            f"# Garden {fault} {number}\n\nGarden {number} has {number} {fault} leaves.\n",
        )
    before = house.portions

    def go(_: int) -> None:
        if not house.broken and house.portions - before > 20:
            house.break_it(fault)

    for proxy in house.proxies:
        proxy.before_portion = go
    ended = house.ingest()
    for proxy in house.proxies:
        proxy.before_portion = lambda number: None
    assert house.broken == fault
    assert ended.returncode == 0, ended.stderr
    house.mend()
    until("answers come from Weaviate again", house.answers_from_it, 60)
    assert house.both_are_alike()


@pytest.mark.parametrize("portion", [2, 12, 30, 60])
def test_a_move_that_is_killed_is_completed_by_the_next_and_nothing_is_there_twice(
    alone: House, portion: int
) -> None:
    assert alone.ingest().returncode == 0
    assert alone.killed_at(portion, "move_index", "--to", "weaviate")
    again = alone.move("weaviate")
    assert again.returncode == 0, again.stderr
    assert alone.both_are_alike()


@pytest.mark.parametrize("portion", [2, 12, 30, 60])
def test_an_ingest_that_is_killed_is_completed_by_the_next_and_nothing_is_there_twice(
    alone: House, portion: int
) -> None:
    assert alone.move("weaviate").returncode == 0
    assert alone.killed_at(portion, "ingest_course", COURSE, str(alone.place.var / "material"))
    again = alone.ingest()
    assert again.returncode == 0, again.stderr
    alone.place.python(_SETTLE, timeout=120)
    assert alone.both_are_alike()
