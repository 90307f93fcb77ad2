"""A Neo4j that is away, frozen, cut off, or refuses the password; and back, without a restart of ours."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from lectern.adapters.neo4j import server as module
from lectern.adapters.neo4j.concepts import Neo4jConceptGraph
from lectern.adapters.neo4j.server import Neo4jServer
from lectern.adapters.sql.courses import SqlCourses
from lectern.tutor.errors import ConceptsUnavailable
from tests.concepts import concept, names, only
from tests.neo4j_server import Address
from tests.tcp_proxy import Proxy
from tests.waiting import free_port, until


@pytest.fixture
def away() -> Iterator[Neo4jServer]:
    server = Neo4jServer(f"bolt://127.0.0.1:{free_port()}", "neo4j", "secret-of-it")
    yield server
    server.close()


def test_a_server_that_is_not_there_is_told_by_name_and_without_the_password(away: Neo4jServer) -> None:
    with pytest.raises(ConceptsUnavailable) as raised:
        away.check()
    assert away.place in str(raised.value)
    assert "secret-of-it" not in str(raised.value)
    assert "NEO4J_URI" in raised.value.hint


def test_a_server_that_is_away_is_spared(away: Neo4jServer) -> None:
    for _ in range(2):
        with pytest.raises(ConceptsUnavailable):
            away.check()
    with pytest.raises(ConceptsUnavailable, match="is not asked"):
        away.check()


def test_one_that_takes_connections_and_says_nothing_holds_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        server = Neo4jServer(
            f"bolt://127.0.0.1:{mute.getsockname()[1]}", "neo4j", "secret-of-it", read_seconds=0.2
        )
        try:
            with pytest.raises(ConceptsUnavailable, match="does not answer"):
                server.check()
        finally:
            server.close()


def test_nothing_is_connected_and_no_driver_is_loaded_before_the_first_call() -> None:
    server = Neo4jServer("bolt://127.0.0.1:1", "neo4j", "x" * 8)
    assert server._driver is None
    assert server._loop is None
    server.close()


# --- with a server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def proxy(neo4j_address: Address) -> Iterator[Proxy]:
    parts = urlsplit(neo4j_address.uri)
    with Proxy(parts.hostname or "", parts.port or 7687) as one:
        yield one


@pytest.fixture
def behind(neo4j_address: Address, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Neo4jServer]:
    """The server behind the proxy, never spared, so that each call tells what it met."""
    sparing = module.Sparing
    monkeypatch.setattr(module, "Sparing", lambda failure, what: sparing(failure, what=what, failures=10**6))
    server = neo4j_address.server(f"bolt://127.0.0.1:{proxy.port}")
    server.check()
    yield server
    server.close()


def test_connections_that_were_cut_between_calls_are_made_anew(behind: Neo4jServer, proxy: Proxy) -> None:
    proxy.cut()
    assert behind.check().startswith("Neo4j/")


def test_a_transaction_whose_connection_is_cut_is_done_again(behind: Neo4jServer, proxy: Proxy) -> None:
    tries = list[int]()

    async def work(run: module.Run) -> object:
        tries.append(len(tries))
        if len(tries) == 1:
            proxy.cut()
        return await run("RETURN 1 AS one")

    assert behind.write(work) == [{"one": 1}]
    assert len(tries) == 2


def test_a_server_that_cuts_every_connection_is_told_and_comes_back(
    behind: Neo4jServer, proxy: Proxy
) -> None:
    proxy.refuse()
    proxy.cut()
    with pytest.raises(ConceptsUnavailable, match="does not answer"):
        behind.check()
    proxy.refuse(False)
    assert behind.check().startswith("Neo4j/")


def test_a_call_on_a_frozen_server_ends_and_the_next_one_after_it_thaws_succeeds(
    behind: Neo4jServer, proxy: Proxy
) -> None:
    proxy.freeze()
    with pytest.raises(ConceptsUnavailable, match="does not answer in time"):
        behind.read(lambda run: run("RETURN 1"), 0.3)
    proxy.thaw()
    assert behind.check().startswith("Neo4j/")


def test_a_statement_that_takes_too_long_is_ended(
    behind: Neo4jServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GOING_ON_SECONDS", 0.5)
    slow = "UNWIND range(1, 100000000) AS a UNWIND range(1, 100000000) AS b RETURN count(a + b)"
    with pytest.raises(ConceptsUnavailable):
        behind.read(lambda run: run(slow), 0.3)
    assert behind.check().startswith("Neo4j/")
    until("it is ended", lambda: not behind._going)


def test_a_statement_for_which_nobody_waits_any_more_goes_on_so_that_it_is_planned(
    behind: Neo4jServer,
) -> None:
    found = list[object]()

    async def ask(run: module.Run) -> None:
        found.append(await run("UNWIND range(1, 3000000) AS x RETURN count(x) AS n"))

    behind.check()
    with pytest.raises(ConceptsUnavailable, match="in time"):
        behind.read(ask, 0.02)
    until("it is found", lambda: bool(found))
    until("nothing goes on", lambda: not behind._going)


def test_no_more_statements_go_on_than_a_few(behind: Neo4jServer, proxy: Proxy) -> None:
    behind.check()
    proxy.freeze()
    try:
        for _ in range(module._GOING + 3):
            with pytest.raises(ConceptsUnavailable):
                behind.read(lambda run: run("RETURN 1"), 0.05)
        until("few go on", lambda: len(behind._going) <= module._GOING)
    finally:
        proxy.thaw()


def test_a_wrong_password_is_told_and_not_shown(neo4j_address: Address) -> None:
    server = Neo4jServer(neo4j_address.uri, "neo4j", "not-the-password", read_seconds=30)
    try:
        with pytest.raises(ConceptsUnavailable, match="refuses this user or password") as raised:
            server.check()
        assert "NEO4J_PASSWORD" in raised.value.hint
        assert "not-the-password" not in str(raised.value)
    finally:
        server.close()


# --- concepts behind the proxy ---------------------------------------------------------------------------------------

FAULTS = {
    "killed": (Proxy.down, Proxy.up),
    "frozen": (Proxy.freeze, Proxy.thaw),
    "slow": (lambda proxy: proxy.slow(2.0), lambda proxy: proxy.slow(0)),
    "cutting": (lambda proxy: (proxy.refuse(), proxy.cut()), lambda proxy: proxy.refuse(False)),
}


@pytest.fixture
def tea(neo4j_concepts: Neo4jConceptGraph) -> int:
    """A course of which the server has concepts."""
    key = SqlCourses().add("tea", "Tea").key
    neo4j_concepts.replace_course(key, only(concept("pot", 0)))
    return key


@pytest.mark.parametrize("fault", FAULTS)
def test_concepts_of_a_server_in_trouble_are_refused_in_time_and_there_again_behind_it(
    behind: Neo4jServer, proxy: Proxy, tea: int, fault: str
) -> None:
    graph = Neo4jConceptGraph(behind, lambda _key: True, lambda: "test")
    assert graph.find(tea, "", 0, 10).total == 1
    broken, mended = FAULTS[fault]
    behind.read_seconds = module.READ_SECONDS
    broken(proxy)
    for ask in (lambda: graph.named(tea, "pot"), lambda: graph.prerequisites(tea, "id-pot", 8, 200)):
        began = time.monotonic()
        with pytest.raises(ConceptsUnavailable, match="does not answer"):
            ask()
        assert time.monotonic() - began < 20  # the driver's own tries take 30
    mended(proxy)
    behind.read_seconds = 30
    assert graph.named(tea, "pot") == concept("pot", 0)


def test_a_server_that_lets_nobody_write_is_told_and_read(
    neo4j_concepts: Neo4jConceptGraph, tea: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own refusal: that of a session for reading, since the free edition has no users that may only read."""
    server = neo4j_concepts._server
    call = server._call
    with monkeypatch.context() as patch:
        patch.setattr(server, "_call", lambda ask, seconds, mode="READ": call(ask, seconds))
        with pytest.raises(ConceptsUnavailable, match="takes no changes") as raised:
            neo4j_concepts.replace_course(tea, only(concept("cup", 0)))
    assert "disk" in raised.value.hint
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["pot"]
    neo4j_concepts.replace_course(tea, only(concept("cup", 0)))
    assert names(neo4j_concepts.find(tea, "", 0, 10).concepts) == ["cup"]
