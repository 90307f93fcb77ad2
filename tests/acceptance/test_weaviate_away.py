"""A Weaviate that is killed, frozen, slow, cut off, read-only or refuses the key under a running Lectern: questions are answered,
material is taken in, and all comes back by itself. Real web, worker and Weaviate; the faults are those of a proxy in front of
each of its ports.
"""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from celery import Celery

from lectern.adapters.weaviate.shelves import Shelves
from tests.playground import Playground, free_port, playground, until
from tests.python_server import python_server
from tests.refusing_server import RefusingServer
from tests.tcp_proxy import Proxy
from tests.weaviate_server import Address, _remove

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient

pytestmark = pytest.mark.timeout(300)

COURSE = "plumbus"
FAULTS = ("killed", "frozen", "slow", "cutting", "refusing")
#: What a question may wait for a store that is away, beside what it takes otherwise.
STORE_SECONDS = 2.0
#: As long as a server is spared that failed; see `adapters/sparing.py`.
SPARED_SECONDS = 5.0
FIRST = "# The Plumbus\n\nThe Plumbus was invented by Ada in a garden in 1842.\n"
ASKED = "Who invented the Plumbus?"

_INSTALLATION = "from lectern.adapters.sql.stores import installation\nprint('NAMED', installation())"
_COUNTED = """
import json
from collections import Counter
from lectern.bootstrap import IN_FILE, IN_WEAVIATE, lectern
here = lectern()
here.weaviate.read_seconds = 30.0
if {tend}:
    here.tend_passages()
course = here.tutor.course_for({course!r})
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
    #: What it has there.
    shelves: Shelves
    #: Answers each port in the place of the server, while that is said to refuse the key.
    refusing: RefusingServer
    address: str = ""
    broken: str = ""
    #: How long an answer takes without any fault.
    usual_seconds: float = 0.0
    _tended: float = 0.0
    _commands: int = field(default=0)

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
        """Have the worker do what beat has it do each minute, and tell whether answers come from Weaviate."""
        time.sleep(0.5)  # who asks all the time is who keeps it busy
        if time.monotonic() - self._tended > 3.0:
            self._tended = time.monotonic()
            app = Celery("tests", broker=self.place.broker.kombu_url, set_as_current=False)
            app.send_task("lectern.tend_passages", queue="embeddings", ignore_result=True)
        answer = self.ask(ASKED)
        self.usual_seconds = answer.seconds
        return answer.degraded == []

    def put(self, name: str, text: str) -> None:
        """Write a document of the course; it is not brought in yet."""
        (self.place.var / "material").mkdir(exist_ok=True)
        (self.place.var / "material" / f"{name}.md").write_text(text)

    def ingest(self, course: str = COURSE, material: str = "material") -> None:
        """Bring a course in as it is."""
        self.run("ingest_course", course, str(self.place.var / material))

    def move(self, store: str) -> None:
        """Have passages served from there."""
        self.run("move_index", "--to", store)

    def run(self, *command: str) -> None:
        """Run a command that ends well."""
        ended = self.place.manage(*command, timeout=120)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def killed_at(self, portion: int, *command: str) -> bool:
        """Run a command in a process of its own, and kill -9 it at that portion of bytes for the server; False if it ended before."""
        self._commands += 1
        log = self.place.var / f"killed-{self._commands}.log"
        process = python_server().start("manage", [*command], self.place.environment, log)
        before = self.portions

        def kill(_: int) -> None:
            if self.portions - before >= portion:
                os.kill(process.pid, signal.SIGKILL)

        with self.at_each_portion(kill):
            return process.wait(120) == -signal.SIGKILL

    @contextmanager
    def at_each_portion(self, do: Callable[[int], None]) -> Iterator[None]:
        """Have something done before each portion of bytes for the server."""
        for proxy in self.proxies:
            proxy.before_portion = do
        try:
            yield
        finally:
            for proxy in self.proxies:
                proxy.before_portion = lambda number: None

    @contextmanager
    def breaking(self, fault: str, portion: int) -> Iterator[None]:
        """Have the server go at that portion of bytes for it."""
        before = self.portions

        def go(_: int) -> None:
            if not self.broken and self.portions - before >= portion:
                self.break_it(fault)

        with self.at_each_portion(go):
            yield
        assert self.broken == fault

    @property
    def portions(self) -> int:
        return sum(proxy.portions for proxy in self.proxies)

    def both_are_alike(self, course: str = COURSE, *, tend: bool = False) -> bool:
        """Tell whether Weaviate has each passage of a course once, as the file has it; `tend` to it before."""
        told = self.place.python(_COUNTED.format(course=course, tend=tend), timeout=120)
        rows = [
            json.loads(line.removeprefix("COUNTED "))[1:]
            for line in told.splitlines()
            if line.startswith("COUNTED")
        ]
        embedded, weaviate = rows
        return bool(embedded == weaviate and embedded[2] != [] and embedded[3] == [])

    def ready(self) -> tuple[bool, bool, str]:
        """Return whether questions can be answered, and how Weaviate is and what is said of it."""
        with urllib.request.urlopen(f"{self.address}/health/ready", timeout=10) as reply:
            told = json.load(reply)
        return told["ready"], told["parts"]["weaviate"]["ok"], told["parts"]["weaviate"]["says"]

    def break_it(self, fault: str) -> None:
        self.broken = fault
        for proxy, refusing in zip(self.proxies, self.refusing.ports, strict=True):
            if fault == "killed":
                proxy.down()
            elif fault == "frozen":
                proxy.freeze()
            elif fault == "slow":
                proxy.slow(3.0)
            elif fault == "cutting":
                proxy.refuse()
                proxy.cut()
            else:
                proxy.lead_to(refusing)
                proxy.cut()

    def mend(self) -> None:
        fault, self.broken = self.broken, ""
        for proxy in self.proxies:
            proxy.slow(0)
            proxy.thaw()
            proxy.refuse(False)
            proxy.lead_to(0)
            if fault == "killed":
                proxy.up()
            elif fault == "refusing":
                proxy.cut()


@contextmanager
def _house(at: Address, var: Path) -> Iterator[House]:
    ports = [urlsplit(url) for url in (at.url, at.grpc_url)]
    with playground(var) as place, RefusingServer() as refusing:
        place.more = {"WEAVIATE_API_KEY": at.api_key}
        proxies = [Proxy(one.hostname or "", one.port or 0) for one in ports]
        for name, proxy in zip(("WEAVIATE_URL", "WEAVIATE_GRPC_URL"), proxies, strict=True):
            place.more[name] = f"http://127.0.0.1:{proxy.port}"
        named = place.python(_INSTALLATION).rpartition("NAMED ")[2].strip()
        try:
            yield House(place, proxies, Shelves(named), refusing)
        finally:
            place.end()
            for proxy in proxies:
                proxy.down()
            server = at.server()
            server.write(lambda client: _remove(client, Shelves(named)))
            server.close()


@pytest.fixture(scope="module")
def running(weaviate_address: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Web and worker, and a course of one lesson in Weaviate."""
    with _house(weaviate_address, tmp_path_factory.mktemp("p")) as house:
        house.place.valkey()
        house.place.worker()
        house.address = house.place.web(free_port())
        house.put("plumbus", FIRST)
        house.ingest()
        house.move("weaviate")
        yield house


@pytest.fixture
def house(running: House) -> Iterator[House]:
    until("answers come from Weaviate", running.answers_from_it, 60)
    yield running
    running.mend()


@pytest.fixture(scope="module")
def alone(weaviate_address: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Without web and worker, so that a command does all by itself; nothing is brought in, and Weaviate serves."""
    with _house(weaviate_address, tmp_path_factory.mktemp("p")) as house:
        for number in range(5):
            folder = house.place.var / "gardens"
            folder.mkdir(exist_ok=True)
            text = f"# Garden {number}\n\nGarden {number} has {number} leaves, and a Plumbus.\n"
            (folder / f"garden-{number}.md").write_text(text)
        house.move("weaviate")
        yield house


@pytest.mark.parametrize("fault", FAULTS)
def test_questions_and_an_ingest_go_on_without_it_say_so_and_all_comes_to_it_by_itself(
    house: House, fault: str
) -> None:
    patience = STORE_SECONDS + 2 * house.usual_seconds
    with house.breaking(fault, 2):  # while a question is under way
        answer = house.ask(ASKED)
    assert "Ada" in answer.text
    assert answer.seconds < patience
    answer = house.ask(ASKED)  # while it is spared
    assert ("Ada" in answer.text, answer.degraded) == (True, ["weaviate"])
    assert answer.seconds < patience / 2
    time.sleep(SPARED_SECONDS)
    answer = house.ask(ASKED)  # which tries whether it is back
    assert ("Ada" in answer.text, answer.degraded) == (True, ["weaviate"])
    assert answer.seconds < patience
    house.put(fault, f"# The {fault} tea\n\nThe {fault} tea was first drunk by Bea in Lisbon.\n")
    house.ingest()
    answer = house.ask(f"Who first drank the {fault} tea?")
    assert ("Bea" in answer.text, "weaviate" in answer.degraded) == (True, True)
    ready, ok, says = house.ready()
    assert (ready, ok) == (True, False), says
    if fault == "refusing":
        ended = house.place.manage("doctor")
        assert (ended.returncode, "WEAVIATE_API_KEY" in ended.stdout) == (1, True), ended
        assert house.place.more["WEAVIATE_API_KEY"] not in ended.stdout + ended.stderr + says
    house.mend()
    until("answers come from Weaviate again", house.answers_from_it, 60)
    until("web says so too", lambda: house.ready()[:2] == (True, True))
    assert house.both_are_alike()
    answer = house.ask(f"Who first drank the {fault} tea?")
    assert ("Bea" in answer.text, answer.degraded) == (True, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_an_ingest_during_which_it_goes_ends_with_all_of_it_and_nothing_twice(
    house: House, fault: str
) -> None:
    for number in range(3):
        text = f"# Garden {fault} {number}\n\nGarden {number} has {number} {fault} leaves.\n"
        house.put(f"{fault}-{number}", text)
    with house.breaking(fault, 20):
        house.ingest()
    house.mend()
    until("answers come from Weaviate again", house.answers_from_it, 60)
    assert house.both_are_alike()


def test_while_it_takes_no_changes_it_answers_and_what_changes_comes_to_it_later(
    house: House, weaviate_address: Address
) -> None:
    house.put("old", "# The old tea\n\nThe old tea was first drunk by Cleo in Rome.\n")
    house.ingest()
    server = weaviate_address.server()

    def become(status: str) -> None:
        async def update(client: "WeaviateAsyncClient") -> None:
            for name in (house.shelves.passages, house.shelves.spellings, house.shelves.vectors):
                await client.collections.use(name).config.update_shards(status=status)

        server.write(update)

    become("READONLY")
    try:
        assert house.answers_from_it()
        house.put("new", "# The new tea\n\nThe new tea was first drunk by Dora in Oslo.\n")
        (house.place.var / "material" / "old.md").unlink()
        house.ingest()
        answer = house.ask("Who first drank the new tea?")
        assert ("Dora" in answer.text, answer.degraded) == (True, ["weaviate"])
        assert "Cleo" not in house.ask("Who first drank the old tea?").text
        assert not house.answers_from_it()
    finally:
        become("READY")
        server.close()
    until("answers come from Weaviate again", house.answers_from_it, 60)
    assert house.both_are_alike()
    answer = house.ask("Who first drank the new tea?")
    assert ("Dora" in answer.text, answer.degraded) == (True, [])


@pytest.mark.parametrize("portion", [2, 12, 30])
def test_an_ingest_that_is_killed_is_completed_by_the_next_and_nothing_is_there_twice(
    alone: House, portion: int
) -> None:
    course = f"gardens-{portion}"
    assert alone.killed_at(portion, "ingest_course", course, str(alone.place.var / "gardens"))
    alone.ingest(course, "gardens")
    assert alone.both_are_alike(course, tend=True)


@pytest.mark.parametrize("portion", [2, 20, 40])
def test_a_move_that_is_killed_is_completed_by_the_next_and_nothing_is_there_twice(
    alone: House, portion: int
) -> None:
    course = f"moved-{portion}"
    alone.move("embedded")
    alone.ingest(course, "gardens")
    assert alone.killed_at(portion, "move_index", "--to", "weaviate")
    alone.move("weaviate")
    assert alone.both_are_alike(course)
