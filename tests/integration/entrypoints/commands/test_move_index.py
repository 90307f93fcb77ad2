"""Passages move to Weaviate and back without being embedded again, and what it missed while it was away is given to it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.bootstrap import IN_FILE, IN_WEAVIATE, TO_WEAVIATE
from lectern.entrypoints.console import examining
from lectern.entrypoints.management.commands import move_index
from lectern.tutor.errors import IndexUnavailable, PassagesDiffer
from lectern.tutor.ports.passages import FromStandby
from lectern.tutor.retrieval import moving as module
from lectern.tutor.retrieval.standby import StandbyIndex
from tests.contract.test_passage_index import make_passages, put, unit
from tests.integration.entrypoints.commands.conftest import Console
from tests.waiting import free_port
from tests.weaviate_server import Address, _remove

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def moving(
    weaviate_address: Address,
    transactional_db: None,
    tmp_path: Path,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Console]:
    """Two courses with passages in the file, and a Weaviate."""
    (tmp_path / "models").symlink_to(models)
    at = weaviate_address
    one = Console(
        tmp_path,
        monkeypatch,
        weaviate_url=at.url,
        weaviate_grpc_url=at.grpc_url,
        weaviate_api_key=at.api_key,
    )
    assert one.lectern.weaviate
    one.lectern.weaviate.read_seconds = 30.0
    monkeypatch.setattr(move_index, "SWITCH_SECONDS", 0.0)
    model = one.lectern.tutor.indexing.model
    for name in ("tea", "wine"):
        course = one.lectern.tutor.indexing.courses.add(name, name.title())
        texts = [f"{name} is made of {part}, and of nothing else" for part in ("leaves", "water", "air")]
        put(
            file_of(one),
            course.key,
            make_passages(f"{name}.md", texts),
            [unit(1), unit(1, 1), unit(0, 1)],
            model,
        )
    yield one
    server = server_of(one)
    for key in server.kept_courses():
        server.remove_course(key)
    one.lectern.weaviate.close()


def standby_of(console: Console) -> StandbyIndex:
    served: StandbyIndex = console.lectern.passages.stores[IN_WEAVIATE]
    return served


def file_of(console: Console) -> FtsPassageIndex:
    file: FtsPassageIndex = console.lectern.passages.stores[IN_FILE]
    return file


def server_of(console: Console) -> WeaviatePassageIndex:
    server: Any = standby_of(console).server
    return server  # type: ignore[no-any-return]


def kept(console: Console, store: Any) -> dict[str, Any]:
    courses = console.lectern.tutor.courses()
    return {one.id: store.read_document(one.key, f"{one.id}.md")[:2] for one in courses}


def test_passages_are_served_from_weaviate_after_the_move_and_from_the_file_after_the_way_back(
    moving: Console,
) -> None:
    given = kept(moving, file_of(moving))
    ended = moving.run("move_index", "--to", "weaviate")
    assert (ended.status, "2 documents were copied now" in ended.out) == (0, True), ended
    assert kept(moving, server_of(moving)) == given
    tea = moving.lectern.tutor.course_for("tea")
    model = moving.lectern.tutor.indexing.model
    index = moving.lectern.tutor.indexing.index
    assert index.search_keywords(tea.key, "leaves", 5, list(tea.answerable_kinds))
    put(index, tea.key, make_passages("more.md", ["tea is drunk at four"]), [unit(1)], model)
    assert file_of(moving).kept_documents(tea.key) == server_of(moving).kept_documents(tea.key)
    file_of(moving).remove_document(tea.key, "tea.md")
    ended = moving.run("move_index", "--to", "embedded")
    assert (ended.status, "1 documents were copied now" in ended.out) == (0, True), ended
    assert moving.lectern.passages.serving == IN_FILE
    assert kept(moving, file_of(moving)) == given
    assert "already" in moving.run("move_index", "--to", "embedded").out


def test_a_move_that_was_interrupted_goes_on_behind_the_documents_that_are_there(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = WeaviatePassageIndex.put_documents, list[str]()

    def put_once(
        index: WeaviatePassageIndex, course_key: int, model: str, documents: Mapping[str, Any], *rest: Any
    ) -> None:
        if written:
            raise KeyboardInterrupt
        written.extend(documents)
        write(index, course_key, model, documents, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(WeaviatePassageIndex, "put_documents", put_once)
        with pytest.raises(KeyboardInterrupt):
            move_index.Command().run(to="weaviate")
    assert moving.lectern.passages.serving == TO_WEAVIATE
    ended = moving.run("move_index", "--to", "weaviate")
    assert (ended.status, "1 documents were copied now" in ended.out) == (0, True), ended


def test_nothing_is_switched_where_the_stores_differ(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_: object) -> int:
        raise PassagesDiffer("They differ.")

    monkeypatch.setattr(module, "compare", differ)
    ended = moving.run("move_index", "--to", "weaviate")
    assert (ended.status, "They differ" in ended.err) == (1, True)
    assert moving.lectern.passages.serving == TO_WEAVIATE


def test_a_copy_that_lacks_a_passage_differs(moving: Console) -> None:
    tea = moving.lectern.tutor.course_for("tea")
    model, passages, vectors = file_of(moving).read_document(tea.key, "tea.md")
    server_of(moving).put_documents(tea.key, model, {"tea.md": passages[:2]}, vectors)
    with pytest.raises(PassagesDiffer, match="have different documents"):
        module.compare(tea.key, file_of(moving), server_of(moving))


def test_what_was_published_while_weaviate_was_away_is_given_to_it(moving: Console) -> None:
    moving.run("move_index", "--to", "weaviate")
    tea, server = moving.lectern.tutor.course_for("tea"), moving.lectern.weaviate
    assert server
    model, index = moving.lectern.tutor.indexing.model, moving.lectern.tutor.indexing.index
    address, server._grpc = server._grpc, server._grpc._replace(netloc=f"127.0.0.1:{free_port()}")
    server.close()
    server.read_seconds = 1.5
    put(index, tea.key, make_passages("more.md", ["tea is drunk at four"]), [unit(1)], model)
    hits = index.search_keywords(tea.key, "drunk", 5, list(tea.answerable_kinds))
    assert isinstance(hits, FromStandby)
    assert [hit.passage.text for hit in hits] == ["tea is drunk at four"]
    assert moving.lectern.owed_passages() == 1
    with pytest.raises(IndexUnavailable):
        moving.lectern.tend_passages()
    server._grpc, server.read_seconds = address, 30.0
    server.close()
    assert not examining._weaviate(moving.lectern).ok
    assert moving.lectern.tend_passages() == 1
    assert examining._weaviate(moving.lectern).ok
    hits = index.search_keywords(tea.key, "drunk", 5, list(tea.answerable_kinds))
    assert not isinstance(hits, FromStandby)
    assert [hit.passage.text for hit in hits] == ["tea is drunk at four"]


def test_without_an_address_the_move_says_what_to_set(console: Console) -> None:
    ended = console.run("move_index", "--to", "weaviate")
    assert (ended.status, "WEAVIATE_URL" in ended.err) == (1, True)


def test_a_process_that_lacks_the_store_that_serves_says_so(console: Console) -> None:
    console.lectern.passages.serve(IN_WEAVIATE)
    with pytest.raises(IndexUnavailable, match="passages are in weaviate"):
        console.lectern.tutor.indexing.index.stats(0)
    finding = examining._weaviate(console.lectern)
    assert (finding.ok, "WEAVIATE_URL" in finding.do) == (False, True)


def test_a_process_without_an_address_reads_while_passages_move_and_changes_nothing(console: Console) -> None:
    index, model = console.lectern.tutor.indexing.index, console.lectern.tutor.indexing.model
    file, tea = file_of(console), make_passages("tea.md", ["tea is made of leaves"])
    put(file, 1, tea, [unit(1)], model)
    console.lectern.passages.serve(TO_WEAVIATE)
    assert index.passages(1, "tea.md") == tea
    assert index.search_keywords(1, "leaves", 5, [tea[0].kind])
    for change in (
        lambda: index.missing_vectors(model, {"sha"}),
        lambda: index.store_vectors(model, {"sha": unit(1)}),
        lambda: index.replace_documents(1, model, {"tea.md": make_passages("tea.md", ["another"])}),
        lambda: index.remove_document(1, "tea.md"),
    ):
        with pytest.raises(IndexUnavailable, match="on their way to weaviate"):
            change()
    assert file.passages(1, "tea.md") == tea
    finding = examining._weaviate(console.lectern)
    assert (finding.ok, "on their way" in finding.says, "WEAVIATE_URL" in finding.do) == (False, True, True)
    assert examining._has_passages_elsewhere(console.lectern)


def test_what_changes_while_passages_move_is_in_both(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea, _ = moving.lectern.tutor.courses()
    indexing, passages = moving.lectern.tutor.indexing, moving.lectern.passages
    serve, new = type(passages).serve, list[int]()

    def change_before(switch: Any, store: str) -> None:
        if store == IN_WEAVIATE:  # all is copied; another process does this
            new.append(indexing.courses.add("beer", "Beer").key)
            put(
                indexing.index,
                new[0],
                make_passages("beer.md", ["beer is made of hops"]),
                [unit(1)],
                indexing.model,
            )
            indexing.index.remove_document(tea.key, "tea.md")
            assert not isinstance(indexing.index.search_keywords(new[0], "hops", 5, []), FromStandby)
        serve(switch, store)

    monkeypatch.setattr(type(passages), "serve", change_before)
    ended = moving.run("move_index", "--to", "weaviate")
    assert ended.status == 0, ended
    assert server_of(moving).kept_documents(tea.key) == {}
    found = indexing.index.search_keywords(new[0], "hops", 5, list(tea.answerable_kinds))
    assert [hit.passage.document for hit in found] == ["beer.md"]
    assert not isinstance(found, FromStandby)


def test_what_is_written_to_the_file_until_all_know_of_the_move_is_copied(
    moving: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea, _ = moving.lectern.tutor.courses()
    model = moving.lectern.tutor.indexing.model

    def write_late(_: float) -> None:
        put(file_of(moving), tea.key, make_passages("late.md", ["late leaves"]), [unit(1)], model)

    monkeypatch.setattr("time.sleep", write_late)
    assert moving.run("move_index", "--to", "weaviate").status == 0
    assert server_of(moving).kept_documents(tea.key).keys() == {"tea.md", "late.md"}


def test_what_was_owed_before_the_way_home_is_no_more_owed_when_it_moves_again(moving: Console) -> None:
    tea, _ = moving.lectern.tutor.courses()
    moving.run("move_index", "--to", "weaviate")
    ledger = standby_of(moving).publications
    ledger.announce(tea.key, {"tea.md": "newer"})
    ledger.settle(tea.key, {"tea.md": "newer"})
    ledger.announce(tea.key, {"gone.md": "gone"})
    ledger.settle(tea.key, {"gone.md": "gone"})
    moving.lectern.passages.serve(IN_FILE)
    assert moving.run("move_index", "--to", "weaviate").status == 0
    assert moving.lectern.owed_passages() == 0
    hits = moving.lectern.tutor.indexing.index.search_keywords(
        tea.key, "leaves", 5, list(tea.answerable_kinds)
    )
    assert hits
    assert not isinstance(hits, FromStandby)


def test_a_weaviate_that_lost_its_data_gets_back_what_this_host_has(moving: Console) -> None:
    moving.run("move_index", "--to", "weaviate")
    given, server, wine = (
        kept(moving, server_of(moving)),
        server_of(moving),
        moving.lectern.tutor.course_for("wine"),
    )
    server.server.write(lambda client: _remove(client, server._shelves.checked()))
    finding = examining._weaviate(moving.lectern)
    assert (finding.ok, "lost passages of 2 documents" in finding.says) == (False, True), finding
    file = file_of(moving)
    model, passages, vectors = file.read_document(wine.key, "wine.md")
    file.remove_document(wine.key, "wine.md")
    ended = moving.run("move_index", "--to", "weaviate")
    assert (ended.status, "1 documents were given" in ended.err) == (1, True), ended
    file.put_documents(wine.key, model, {"wine.md": passages}, vectors)
    ended = moving.run("move_index", "--to", "weaviate")
    assert (ended.status, "1 documents that it lacked" in ended.out) == (0, True), ended
    assert kept(moving, server) == given
    assert examining._weaviate(moving.lectern).ok
