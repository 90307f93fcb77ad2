"""What a host publishes is answered from while the server of passages is away, and is given to it when it is back."""

import logging
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.sql.ledger import SqlLedger
from lectern.tutor.domain.passage import Passage, PassageKind
from lectern.tutor.domain.publication import Version, digest_of
from lectern.tutor.errors import IndexAway, IndexUnavailable, PassagesDiffer
from lectern.tutor.ports.passages import FromStandby, IndexStats, Vector
from lectern.tutor.retrieval.making_up import tend
from lectern.tutor.retrieval.moving import ahead, bring_home, compare
from lectern.tutor.retrieval.patience import patiently
from lectern.tutor.retrieval.standby import StandbyIndex
from tests.contract.test_passage_index import MODEL, make_passages, put, unit

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = list(PassageKind)
COURSE = 7


class FileServer(FtsPassageIndex):
    """A server of passages in a file, which can be away."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.is_away, self._ledger = False, SqlLedger()
        self.error: type[IndexUnavailable] = IndexUnavailable

    def __getattribute__(self, name: str) -> Any:
        if name[0] != "_" and name not in ("is_away", "error") and self.is_away:
            raise self.error("It is away.")
        return super().__getattribute__(name)

    def write_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        written = {
            document: Version(
                name=secrets.token_hex(4),
                digest=digest_of(model, passages),
                model=model,
                dimensions=4,
                passages=len(passages),
            )
            for document, passages in documents.items()
        }
        self._ledger.begin(course_key, [version.name for version in written.values()])
        self.put_documents(course_key, model, documents, vectors)
        self._ledger.switch(course_key, written)

    def withdraw_document(self, course_key: int, document: str) -> None:
        self.remove_document(course_key, document)
        self._ledger.withdraw(course_key, document)

    def check(self) -> None:
        """Be away or not."""

    def stats_without(self, course_key: int, documents: Collection[str]) -> IndexStats:
        left = self.kept_documents(course_key).keys() - set(documents)
        counts = [len(self.passages(course_key, one)) for one in left]
        return IndexStats(documents=len(counts), passages=sum(counts), models=(MODEL,))

    def lost(self, course_key: int) -> set[str]:
        there = self.kept_documents(course_key)
        return {
            one.document
            for one in self._ledger.served(course_key)
            if there.get(one.document) != one.version.digest
        }

    def sweep(self, is_embedding: Callable[[], bool]) -> None:
        """Have nothing that could be swept."""

    def tidy(self, course_key: int) -> None:
        if left := self._ledger.leftovers(course_key):
            self._ledger.deleted(course_key, left)


@dataclass
class Hosts:
    """Two hosts with a file each, and their server."""

    here: StandbyIndex
    there: StandbyIndex
    server: FileServer


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    server = FileServer(tmp_path / "server.sqlite3")
    files = [FtsPassageIndex(tmp_path / f"{name}.sqlite3") for name in ("here", "there")]
    here, there = (StandbyIndex(server, file, SqlLedger(), name="weaviate") for file in files)
    return Hosts(here, there, server)


def texts(index: StandbyIndex, query: str = "tea") -> tuple[list[str], str]:
    """Return what both legs find, and which store they say is away."""
    words = index.search_keywords(COURSE, query, 10, KINDS)
    near = index.search_vectors(COURSE, MODEL, unit(1), 10, KINDS)
    away = {hits.away if isinstance(hits, FromStandby) else "" for hits in (words, near)}
    assert sorted(hit.passage.text for hit in words) == sorted(hit.passage.text for hit in near)
    return [hit.passage.text for hit in words], "".join(sorted(away))


def test_while_the_server_is_there_it_answers(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    assert texts(hosts.here) == texts(hosts.there) == (["green tea"], "")
    assert hosts.here.standby.passages(COURSE, "a") == hosts.server.passages(COURSE, "a")


def test_while_it_is_away_the_file_answers_and_says_so(hosts: Hosts) -> None:
    passages = make_passages("a", ["green tea"])
    put(hosts.here, COURSE, passages)
    hosts.server.is_away = True
    assert texts(hosts.here) == (["green tea"], "weaviate")
    assert hosts.here.present(COURSE, {passages[0].id, "other"}) == {passages[0].id}
    assert hosts.here.passages(COURSE, "a") == passages
    assert hosts.here.stats(COURSE).documents == 1
    assert hosts.here.spelled_like(COURSE, "greem") == {"green": 1}
    assert hosts.here.missing_vectors(MODEL, {passages[0].text_sha}) == set()


def test_a_host_that_has_nothing_of_a_course_says_that_the_server_is_away(hosts: Hosts) -> None:
    passages = make_passages("a", ["green tea"])
    put(hosts.here, COURSE, passages)
    hosts.server.is_away = True
    for ask in (
        lambda: texts(hosts.there),
        lambda: hosts.there.stats(COURSE),
        lambda: hosts.there.passages(COURSE, "a"),
    ):
        with pytest.raises(IndexUnavailable):
            ask()
    assert hosts.there.present(COURSE, {passages[0].id}) == set()


def test_what_another_host_replaced_is_left_out(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["old tea"]))
    put(hosts.here, COURSE, make_passages("b", ["good tea"]))
    old = hosts.here.standby.passages(COURSE, "a")[0].id
    put(hosts.there, COURSE, make_passages("a", ["new tea"]))
    hosts.server.is_away = True
    assert texts(hosts.here) == (["good tea"], "weaviate")
    assert hosts.here.present(COURSE, {old}) == set()
    with pytest.raises(IndexUnavailable):
        hosts.here.stats(COURSE)


def test_what_another_host_removed_is_left_out(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["old tea"]))
    put(hosts.here, COURSE, make_passages("b", ["good tea"]))
    hosts.there.remove_document(COURSE, "a")
    hosts.server.is_away = True
    assert texts(hosts.here) == (["good tea"], "weaviate")


def test_what_is_published_while_it_is_away_is_answered_from_and_given_to_it_later(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["old tea"]))
    hosts.server.is_away = True
    put(hosts.here, COURSE, make_passages("a", ["new tea"]))
    put(hosts.here, COURSE, make_passages("b", ["more tea"]))
    assert sorted(texts(hosts.here)[0]) == ["more tea", "new tea"]
    with pytest.raises(IndexUnavailable):
        tend(hosts.here, lambda: {COURSE})
    hosts.server.is_away = False
    assert sorted(texts(hosts.here)[0]) == ["more tea", "new tea"]  # nobody had the time yet
    assert texts(hosts.here)[1] == "weaviate"
    assert texts(hosts.there) == ([], "weaviate")  # the old one is no answer, and the new one is not here
    assert tend(hosts.there, lambda: {COURSE}) == 0  # another host has them
    assert tend(hosts.here, lambda: {COURSE}) == 2
    assert sorted(texts(hosts.there)[0]) == ["more tea", "new tea"]
    assert texts(hosts.here)[1] == texts(hosts.there)[1] == ""
    assert tend(hosts.here, lambda: {COURSE}) == 0


def test_what_is_removed_while_it_is_away_is_removed_from_it_later(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["old tea"]))
    hosts.server.is_away = True
    hosts.here.remove_document(COURSE, "a")
    assert texts(hosts.here)[0] == []
    hosts.server.is_away = False
    assert texts(hosts.here)[0] == texts(hosts.there)[0] == []
    assert tend(hosts.there, lambda: {COURSE}) == 1
    assert hosts.server.kept_documents(COURSE) == {}
    assert texts(hosts.there) == ([], "")


def test_a_newer_content_is_not_overwritten_by_what_was_owed(hosts: Hosts) -> None:
    hosts.server.is_away = True
    put(hosts.here, COURSE, make_passages("a", ["old tea"]))
    hosts.server.is_away = False
    put(hosts.there, COURSE, make_passages("a", ["new tea"]))
    assert tend(hosts.here, lambda: {COURSE}) == 0
    assert texts(hosts.here) == texts(hosts.there) == (["new tea"], "")


def test_vectors_that_only_this_host_has_are_given_to_the_server(hosts: Hosts) -> None:
    hosts.server.is_away = True
    hosts.here.store_vectors(MODEL, {"sha": unit(1)})
    assert hosts.here.missing_vectors(MODEL, {"sha", "other"}) == {"other"}
    hosts.server.is_away = False
    assert hosts.here.missing_vectors(MODEL, {"sha", "other"}) == {"other"}
    assert np.allclose(hosts.server.vectors(MODEL, {"sha"})["sha"], unit(1))


def test_a_document_is_published_by_another_host_than_the_one_that_embedded_it(hosts: Hosts) -> None:
    (passage,) = make_passages("a", ["green tea"])
    hosts.here.store_vectors(MODEL, {passage.text_sha: unit(1)})
    hosts.there.replace_documents(COURSE, MODEL, {"a": [passage]})
    hosts.server.is_away = True
    assert texts(hosts.there) == (["green tea"], "weaviate")


def test_what_is_left_of_a_deleted_course_is_removed(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    tend(hosts.here, lambda: set())
    assert hosts.server.kept_courses() == hosts.here.standby.kept_courses() == set()


def test_what_is_left_of_a_deleted_course_in_the_file_of_another_host_is_removed_there(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    put(hosts.there, COURSE, make_passages("b", ["black tea"]))
    tend(hosts.here, lambda: set())
    assert hosts.there.standby.kept_courses() == {COURSE}
    tend(hosts.there, lambda: set())
    assert hosts.there.standby.kept_courses() == set()


def test_a_course_that_the_server_does_not_let_go_keeps_no_other_waiting(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    hosts.server.is_away = True
    put(hosts.here, COURSE + 1, make_passages("a", ["black tea"]))
    hosts.server.is_away = False

    def refuse(_: FileServer, course_key: int) -> None:
        raise IndexUnavailable(f"It is read-only, so {course_key} stays.")

    monkeypatch.setattr(FileServer, "remove_course", refuse)
    assert tend(hosts.here, lambda: {COURSE + 1}) == 1
    assert hosts.server.kept_documents(COURSE + 1).keys() == {"a"}


def test_a_document_waits_for_a_late_server_in_proportion_to_its_passages(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list[float]()

    def late(*_: object) -> None:
        with patiently(60.0) as seconds:
            given.append(seconds)
        raise IndexUnavailable("It does not answer in time.")

    for name in ("write_documents", "withdraw_document"):
        monkeypatch.setattr(FileServer, name, late)
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    put(hosts.here, COURSE, make_passages("b", [f"tea {number}" for number in range(100)]))
    hosts.here.remove_document(COURSE, "a")
    tend(hosts.here, lambda: {COURSE})
    assert [round(seconds) for seconds in given] == [10, 20, 10, 10, 20]


def test_what_is_counted_is_what_is_served(hosts: Hosts) -> None:
    for name in "ab":
        put(hosts.here, COURSE, make_passages(name, [f"green tea {name}", f"more tea {name}"]))
    hosts.server.is_away = True
    put(hosts.there, COURSE, make_passages("a", ["new tea"]))
    put(hosts.there, COURSE, make_passages("x", ["black tea x"]))
    hosts.server.is_away = False
    # Of b alone here: a was replaced, x is new, and both are in the other host's file till it has given them.
    assert hosts.here.stats(COURSE) == IndexStats(documents=1, passages=2, models=(MODEL,))
    assert hosts.there.stats(COURSE) == IndexStats(documents=3, passages=4, models=(MODEL,))
    tend(hosts.there, lambda: {COURSE})
    assert hosts.here.stats(COURSE) == IndexStats(documents=3, passages=4, models=(MODEL,))


def die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_host_can_do_without_the_server_though_a_writer_died_before_it_wrote_there(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        put(hosts.here, COURSE, make_passages(name, [f"old tea {name}"]))
    with monkeypatch.context() as patched:
        patched.setattr(FileServer, "write_documents", die)
        with pytest.raises(KeyboardInterrupt):
            put(hosts.here, COURSE, make_passages("a", ["new tea a"]))
    assert (bring_home(hosts.here, COURSE), bring_home(hosts.there, COURSE)) == (0, 3)
    assert (ahead(hosts.here, COURSE), ahead(hosts.there, COURSE)) == ({"a"}, set())
    for host in (hosts.here, hosts.there):
        assert compare(COURSE, host.server, host.standby, ahead(host, COURSE)) > 0
    # What was to be published is not lost: who goes on with it finds it done.
    assert [one.text for one in hosts.here.standby.passages(COURSE, "a")] == ["new tea a"]
    hosts.here.standby.remove_document(COURSE, "b")  # that is no writer's
    assert ahead(hosts.here, COURSE) == {"a"}
    with pytest.raises(PassagesDiffer):
        compare(COURSE, hosts.here.server, hosts.here.standby, {"a"})


def test_a_host_can_do_without_the_server_though_who_removed_a_document_died(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        put(hosts.here, COURSE, make_passages(name, [f"old tea {name}"]))
    with monkeypatch.context() as patched:
        patched.setattr(FileServer, "withdraw_document", die)
        with pytest.raises(KeyboardInterrupt):
            hosts.here.remove_document(COURSE, "a")
    assert bring_home(hosts.here, COURSE) == 0
    assert ahead(hosts.here, COURSE) == {"a"}
    assert compare(COURSE, hosts.here.server, hosts.here.standby, {"a"}) > 0
    assert hosts.here.standby.passages(COURSE, "a") == []


def test_a_host_that_brings_a_course_home_has_it_whole_and_nothing_else(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["old tea"]))
    put(hosts.there, COURSE, make_passages("a", ["new tea"]))
    put(hosts.here, COURSE, make_passages("b", ["gone tea"]))
    hosts.there.remove_document(COURSE, "b")
    put(hosts.there, COURSE, make_passages("c", ["more tea"]))
    assert bring_home(hosts.here, COURSE) == 2
    assert hosts.here.standby.kept_documents(COURSE) == hosts.server.kept_documents(COURSE)
    hosts.server.is_away = True
    assert bring_home(hosts.here, COURSE) == 0
    hosts.there.standby.remove_document(COURSE, "c")
    with pytest.raises(IndexUnavailable):
        bring_home(hosts.there, COURSE)


@pytest.mark.parametrize("step", ["announce", "replace_documents", "write_documents"])
def test_who_dies_at_any_step_leaves_what_was_and_what_is_to_be(
    hosts: Hosts, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hosts.here, COURSE, make_passages("a", ["old tea"]))
    new = make_passages("a", ["new tea"])
    on = {"announce": SqlLedger, "replace_documents": FtsPassageIndex, "write_documents": FileServer}[step]
    with monkeypatch.context() as patched:
        patched.setattr(on, step, die)
        with pytest.raises(KeyboardInterrupt):
            put(hosts.here, COURSE, new)
    assert texts(hosts.here) == (["old tea"], "")
    hosts.server.is_away = True
    assert texts(hosts.here)[0] in (["old tea"], ["new tea"])
    put(hosts.here, COURSE, new)
    assert texts(hosts.here)[0] == ["new tea"]
    hosts.server.is_away = False
    tend(hosts.here, lambda: {COURSE})
    assert texts(hosts.there) == (["new tea"], "")


def test_what_the_server_is_owed_is_added_to_what_it_has(hosts: Hosts) -> None:
    for name in "abc":
        put(hosts.here, COURSE, make_passages(name, [f"green tea {name}"]))
    hosts.server.is_away = True
    new = make_passages("x", ["black tea x"])
    put(hosts.there, COURSE, new)
    hosts.server.is_away = False
    rest = ["green tea a", "green tea b", "green tea c"]
    found, away = texts(hosts.there)
    assert (sorted(found), away) == (["black tea x", *rest], "weaviate")
    found, away = texts(hosts.here)
    assert (sorted(found), away) == (rest, "weaviate")
    ids = {make_passages("a", ["green tea a"])[0].id, new[0].id}
    assert hosts.there.present(COURSE, ids) == ids
    assert hosts.here.present(COURSE, ids) == ids - {new[0].id}


def test_what_a_document_was_before_is_not_present(hosts: Hosts) -> None:
    old = make_passages("a", ["old tea"])
    put(hosts.here, COURSE, old)
    hosts.server.is_away = True
    put(hosts.there, COURSE, make_passages("a", ["new tea"]))
    hosts.server.is_away = False
    for host in (hosts.here, hosts.there):
        assert host.present(COURSE, {old[0].id}) == set()


def test_a_host_that_lacks_what_another_took_in_answers_with_what_it_has(hosts: Hosts) -> None:
    passages = make_passages("a", ["green tea"])
    put(hosts.here, COURSE, passages)
    hosts.server.is_away = True
    put(hosts.there, COURSE, make_passages("x", ["black tea"]))
    assert texts(hosts.here) == (["green tea"], "weaviate")
    assert hosts.here.present(COURSE, {passages[0].id}) == {passages[0].id}


def test_more_is_asked_for_where_most_of_it_does_not_count(hosts: Hosts) -> None:
    for number in range(60):
        put(hosts.here, COURSE, make_passages(f"d{number:02}", ["tea tea tea"]))
    put(hosts.here, COURSE, make_passages("z", ["tea and many other words"]), [unit(1, 1)])
    for number in range(60):
        hosts.there.remove_document(COURSE, f"d{number:02}")
    hosts.server.is_away = True
    assert texts(hosts.here) == (["tea and many other words"], "weaviate")


def test_what_is_owed_is_given_though_who_was_to_replace_it_died(hosts: Hosts) -> None:
    hosts.server.is_away = True
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    hosts.server.is_away = False
    SqlLedger().announce(COURSE, {"a": "never written"})
    assert tend(hosts.there, lambda: {COURSE}) == 0
    assert tend(hosts.here, lambda: {COURSE}) == 1
    assert texts(hosts.there) == texts(hosts.here) == (["green tea"], "")


def test_what_is_owed_a_removal_is_removed_though_who_was_to_write_it_anew_died(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    hosts.server.is_away = True
    hosts.here.remove_document(COURSE, "a")
    hosts.server.is_away = False
    SqlLedger().announce(COURSE, {"a": "never written"})
    assert tend(hosts.here, lambda: {COURSE}) == 1
    assert texts(hosts.there) == ([], "")


def have_refused(monkeypatch: pytest.MonkeyPatch, document: str) -> None:
    """Have the server refuse what has an object of that document."""
    write = FileServer.write_documents

    def refuse(
        server: FileServer, course_key: int, model: str, documents: Mapping[str, Any], *rest: Any
    ) -> None:
        if document in documents:
            raise IndexUnavailable(f"It refuses an object of {document}.")
        write(server, course_key, model, documents, *rest)

    monkeypatch.setattr(FileServer, "write_documents", refuse)


def test_a_document_that_is_refused_keeps_no_other_waiting(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts.server.is_away = True
    for name in "abc":
        put(hosts.here, COURSE, make_passages(name, [f"green tea {name}"]))
    hosts.server.is_away = False
    have_refused(monkeypatch, "a")
    assert tend(hosts.here, lambda: {COURSE}) == 2
    assert [one.document for one in SqlLedger().owed()] == ["a"]
    monkeypatch.setattr(FileServer, "check", lambda _: hosts.server.passages(COURSE, "z"))

    def go_away(server: FileServer, *_: Any) -> None:
        server.is_away = True
        raise IndexUnavailable("It went away.")

    monkeypatch.setattr(FileServer, "write_documents", go_away)
    with pytest.raises(IndexUnavailable, match="is away"):
        tend(hosts.here, lambda: {COURSE})


def test_a_document_that_is_refused_keeps_none_that_came_with_it_from_the_server(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_refused(monkeypatch, "b")
    given = {name: make_passages(name, [f"green tea of {name}"]) for name in "abc"}
    hosts.here.store_vectors(MODEL, {one.text_sha: unit(1) for some in given.values() for one in some})
    hosts.here.replace_documents(COURSE, MODEL, given)
    assert [one.document for one in SqlLedger().owed()] == ["b"]
    assert set(hosts.server.kept_documents(COURSE)) == {"a", "c"}
    assert set(hosts.here.standby.kept_documents(COURSE)) == {"a", "b", "c"}


def test_a_turn_of_tidying_without_anything_to_do_writes_nothing(hosts: Hosts) -> None:
    put(hosts.here, COURSE, make_passages("a", ["green tea"]))
    tend(hosts.here, lambda: {COURSE})
    with CaptureQueriesContext(connection) as asked:
        tend(hosts.here, lambda: {COURSE})
    assert [one["sql"] for one in asked if not one["sql"].startswith("SELECT")] == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(IndexAway, [], id="away, which its adapter tells"),
        pytest.param(
            IndexUnavailable,
            ["missing_vectors", "remove_document", "replace_documents", "search", "store_vectors"],
            id="refuses",
        ),
    ],
)
def test_an_ingest_and_questions_without_the_server_fill_no_log(
    hosts: Hosts, caplog: pytest.LogCaptureFixture, error: type[IndexUnavailable], told: list[str]
) -> None:
    hosts.server.is_away, hosts.server.error = True, error
    for number in range(20):
        passages = make_passages(f"d{number}", [f"tea {number}"])
        hosts.here.missing_vectors(MODEL, {one.text_sha for one in passages})
        put(hosts.here, COURSE, passages)
        texts(hosts.here)
    hosts.here.remove_document(COURSE, "d0")
    warnings = [one.msg["doing"] for one in caplog.records if one.levelno >= logging.WARNING]  # type: ignore[index]
    assert sorted(warnings) == told
