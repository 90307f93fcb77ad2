"""What is particular to Weaviate: many passages that were written just now, writers that died, and models of other lengths."""

import random

import numpy as np
import pytest

from lectern.adapters.sql import ledger as ledger_module
from lectern.adapters.weaviate import shelving, tidying
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.adapters.weaviate.shelves import passage_objects
from lectern.adapters.weaviate.storing import Request, insert
from lectern.adapters.weaviate.tidying import count_of, delete_unused_vectors, has_tenant
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import EmbeddedOtherwise, IndexUnavailable
from lectern.tutor.ports.passages import IndexStats
from tests.contract.test_passage_index import MODEL, make_passages, put, unit
from tests.integration.adapters.weaviate.test_separation import WORDS as OF_MATHS

KINDS = list(PassageKind)
WORDS = [*OF_MATHS, "with", "the", "operator", "join", "call"]


def test_a_search_for_the_best_few_finds_them_among_passages_that_were_written_just_now(
    weaviate_passages: WeaviatePassageIndex,
) -> None:
    index, chance = weaviate_passages, random.Random(3)
    for number in range(12):
        texts = [" ".join(chance.choices(WORDS, range(1, 18), k=chance.randint(20, 60))) for _ in range(12)]
        put(index, 1, make_passages(f"{number}.md", texts))
    for _ in range(30):
        query = " ".join(chance.sample(WORDS, 5))
        few, many = (index.search_keywords(1, query, limit, KINDS) for limit in (10, 1000))
        assert few == many[:10]


def test_what_a_writer_left_that_died_is_found_by_no_search_and_deleted_by_the_next(
    weaviate_passages: WeaviatePassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, old, new = weaviate_passages, make_passages("d", ["old tea"]), make_passages("d", ["new tea"])
    put(index, 1, old)

    def die(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ledger_module.SqlLedger, "switch", die)
        with pytest.raises(KeyboardInterrupt):
            put(index, 1, new)
    assert index.passages(1, "d") == old
    assert [hit.passage.text for hit in index.search_keywords(1, "tea", 5, KINDS)] == ["old tea"]
    assert [hit.passage.text for hit in index.search_vectors(1, MODEL, unit(1), 5, KINDS)] == ["old tea"]
    left = ledger_module.SqlLedger().reading(1).unread
    assert count_of(index.server, index._shelves.checked().passages, 1, sorted(left)) == 1
    monkeypatch.setattr(ledger_module, "LEFT_SECONDS", -1.0)
    index.tidy(1)
    assert count_of(index.server, index._shelves.checked().passages, 1, sorted(left)) == 0
    assert not ledger_module.SqlLedger().reading(1).unread
    assert index.stats(1) == IndexStats(documents=1, passages=1, models=(MODEL,))


def test_a_course_is_embedded_anew_by_a_model_with_longer_vectors(
    weaviate_passages: WeaviatePassageIndex,
) -> None:
    index, passages, more = weaviate_passages, make_passages("a", ["tea"]), make_passages("b", ["wine"])
    put(index, 1, passages)
    put(index, 1, more)
    longer = np.ones(7, dtype=np.float32) / np.sqrt(7, dtype=np.float32)
    put(index, 1, passages, [longer], "longer-model")
    with pytest.raises(EmbeddedOtherwise):
        index.search_vectors(1, "longer-model", longer, 5, KINDS)
    put(index, 1, more, [longer], "longer-model")
    assert len(index.search_vectors(1, "longer-model", longer, 5, KINDS)) == 2
    model, found, vectors = index.read_document(1, "a")
    assert (model, found) == ("longer-model", passages)
    assert np.allclose(vectors[passages[0].text_sha], longer)


def test_a_search_finds_what_another_process_has_changed_since_the_one_before(
    weaviate_passages: WeaviatePassageIndex,
) -> None:
    other, longer = weaviate_passages, np.ones(7, dtype=np.float32) / np.sqrt(7, dtype=np.float32)
    index = WeaviatePassageIndex(other.server, other._versions, other._shelves._installation)

    def seen() -> list[list[str]]:
        found = index.search_keywords(1, "tea", 5, KINDS), index.search_vectors(1, MODEL, unit(1), 5, KINDS)
        return [[hit.passage.text for hit in hits] for hits in found]

    assert seen() == [[], []]
    put(other, 1, make_passages("a", ["old tea"]))
    assert seen() == [["old tea"]] * 2
    put(other, 1, make_passages("a", ["new tea"]))
    assert seen() == [["new tea"]] * 2
    put(other, 1, make_passages("a", ["longer tea"]), [longer], "longer-model")
    found = index.search_vectors(1, "longer-model", longer, 5, KINDS)
    assert [hit.passage.text for hit in found] == ["longer tea"]
    with pytest.raises(EmbeddedOtherwise):
        index.search_vectors(1, MODEL, unit(1), 5, KINDS)
    other.remove_document(1, "a")
    assert seen() == [[], []]


def test_a_course_that_was_deleted_leaves_nothing(weaviate_passages: WeaviatePassageIndex) -> None:
    index = weaviate_passages
    put(index, 1, make_passages("a", ["tea"]))
    put(index, 2, make_passages("a", ["tea"]))
    index.remove_course(1)
    assert index.kept_courses() == {2}
    assert not has_tenant(index.server, index._shelves.checked(), 1)
    assert index.stats(2).passages == 1


def test_what_the_server_lost_is_not_counted(weaviate_passages: WeaviatePassageIndex) -> None:
    index = weaviate_passages
    put(index, 1, make_passages("a", ["tea"]))
    shelf = index._shelves.checked().passages
    index.server.write(lambda client: client.collections.use(shelf).tenants.remove(["1"]))
    assert index.stats(1) == IndexStats(documents=0, passages=0)


def test_a_document_whose_vectors_the_server_lost_is_written_anew(
    weaviate_passages: WeaviatePassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, passages = weaviate_passages, make_passages("a", ["green tea", "black tea"])
    put(index, 1, passages)
    put(index, 1, make_passages("b", ["wine"]))
    before = {one.document: one.version.name for one in ledger_module.SqlLedger().served(1)}
    index.tidy(1)
    assert {one.document: one.version.name for one in ledger_module.SqlLedger().served(1)} == before
    # One more passage than the search by meaning can find, as after a loss.
    ledger_module.ServedDocumentRow.objects.filter(document="a").update(passages=3)
    monkeypatch.setattr(index, "lost", lambda _: set())  # their objects are there
    monkeypatch.setattr(
        index, "read_document", lambda *_: (MODEL, passages, {p.text_sha: unit(1) for p in passages})
    )
    index.tidy(1)
    now = {one.document: one.version for one in ledger_module.SqlLedger().served(1)}
    assert (now["a"].name == before["a"], now["b"].name == before["b"]) == (False, True)
    assert now["a"].passages == 2
    assert len(index.search_vectors(1, MODEL, unit(1), 5, KINDS)) == 3


def test_what_a_read_only_server_did_not_delete_stays_unread_and_is_deleted_later(
    weaviate_passages: WeaviatePassageIndex,
) -> None:
    index, shelves = weaviate_passages, weaviate_passages._shelves.checked()
    put(index, 1, make_passages("a", ["green tea"]))
    put(index, 1, make_passages("b", ["black tea"]))

    def become(status: str) -> None:
        index.server.write(
            lambda it: it.collections.use(shelves.passages).config.update_shards(status=status)  # type: ignore[arg-type] # one of two
        )

    become("READONLY")
    index.remove_document(1, "a")
    assert len(ledger_module.SqlLedger().reading(1).unread) == 1
    assert [hit.passage.document for hit in index.search_keywords(1, "tea", 5, KINDS)] == ["b"]
    with pytest.raises(IndexUnavailable, match="did not delete"):
        index.tidy(1)
    become("READY")
    index.tidy(1)
    assert not ledger_module.SqlLedger().reading(1).unread
    assert [hit.passage.document for hit in index.search_keywords(1, "tea", 5, KINDS)] == ["b"]


# --- a server that lost its data, or has what nobody knows -----------------------------------------------------------


async def lose_all(index: WeaviatePassageIndex) -> None:
    shelves = index._shelves.checked()
    for name in (shelves.passages, shelves.spellings, shelves.vectors):
        await index.server._client.collections.delete(name)  # type: ignore[union-attr] # it is connected


def other_process(index: WeaviatePassageIndex) -> WeaviatePassageIndex:
    """Return the same passages as another process has them, which knows nothing of this one."""
    return WeaviatePassageIndex(index.server, ledger_module.SqlLedger(), index._shelves._installation)


def test_a_server_that_lost_its_data_is_written_to_without_a_restart(
    weaviate_passages: WeaviatePassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, other = weaviate_passages, other_process(weaviate_passages)
    passages = make_passages("a", ["green tea", "black tea"])
    put(index, 1, passages)
    put(other, 2, make_passages("b", ["wine"]))
    index.server.write(lambda _: lose_all(index))
    with pytest.raises(IndexUnavailable, match="lacks what was written"):
        index.search_keywords(1, "tea", 5, KINDS)
    monkeypatch.setattr(shelving, "_MADE_SECONDS", 0.0)
    index._shelves._made_until = other._shelves._made_until = 0.0  # it began anew, which takes seconds
    index.tidy(1)  # as beat does
    assert [one.document for one in ledger_module.SqlLedger().owed()] == ["a"]
    put(index, 1, passages)
    put(other, 2, make_passages("b", ["red wine"]))
    for one in (index, other):
        assert [hit.passage.text for hit in one.search_keywords(2, "wine", 5, KINDS)] == ["red wine"]
        assert len(one.search_vectors(1, MODEL, unit(1), 5, KINDS)) == 2
        assert one.spelled_like(1, "gree") == {"green": 1}
    assert ledger_module.SqlLedger().owed() == []


def test_a_course_that_changed_long_ago_and_was_lost_whole_is_missed(
    weaviate_passages: WeaviatePassageIndex,
) -> None:
    index = weaviate_passages
    put(index, 1, make_passages("a", ["tea"]))
    put(index, 2, make_passages("b", ["wine"]))
    ledger_module.ServedCourseRow.objects.update(changed_at=1.0)
    index.server.write(lambda it: it.collections.use(index._shelves.checked().passages).tenants.remove(["1"]))
    for key in (1, 2):
        index.tidy(key)
    assert [one.document for one in ledger_module.SqlLedger().owed()] == ["a"]


def test_what_no_course_has_any_more_is_deleted_and_nothing_else(
    weaviate_passages: WeaviatePassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, ledger = weaviate_passages, ledger_module.SqlLedger()
    green, black, wine = (make_passages(name, [f"{name} of it"]) for name in ("green", "black", "wine"))
    put(index, 1, green)
    put(index, 1, black)
    put(index, 2, wine)
    begun = "being written"
    ledger.begin(1, [begun])
    shelves, server = index._shelves.checked(), index.server
    objects = passage_objects(MODEL, [(begun, 0, wine[0])], {wine[0].text_sha: unit(1)})
    insert(server, Request(shelves.passages, objects, 1))
    # As where SQL was put back to before `black` and the second course.
    ledger_module.ServedDocumentRow.objects.filter(document__in=["black", "wine"]).delete()
    ledger_module.ServedCourseRow.objects.filter(course_key=2).delete()
    index.store_vectors(MODEL, {"sha of nothing": unit(1)})
    assert len(index.search_keywords(1, "it", 5, KINDS)) == 2
    index._sweeping.sweep(shelves, lambda: False)
    assert [hit.passage.document for hit in index.search_keywords(1, "it", 5, KINDS)] == ["green"]
    assert count_of(server, shelves.passages, 1, [begun]) == 1
    assert index.spelled_like(1, "blac") == {}
    assert not has_tenant(server, shelves, 2)
    shas = {one.text_sha for one in (*green, *black, *wine)} | {"sha of nothing"}
    assert index.missing_vectors(MODEL, shas) == set()  # stored just now
    monkeypatch.setattr(tidying, "UNUSED_SECONDS", -5.0)
    assert delete_unused_vectors(server, shelves, {1}, lambda: True) is None
    assert index.missing_vectors(MODEL, shas) == set()  # somebody may count on them
    delete_unused_vectors(server, shelves, {1}, lambda: False)
    assert index.missing_vectors(MODEL, shas) == {black[0].text_sha, "sha of nothing"}
    assert index.search_vectors(1, MODEL, unit(1), 5, KINDS)


def test_vectors_that_nobody_uses_are_looked_for_a_part_at_a_time(
    weaviate_passages: WeaviatePassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = weaviate_passages
    index.store_vectors(MODEL, {str(number): unit(1) for number in range(5)})
    monkeypatch.setattr(tidying, "UNUSED_SECONDS", -5.0)
    monkeypatch.setattr(tidying, "_CANDIDATES", 2)
    left, after = list[int](), None
    for _ in range(3):
        after = delete_unused_vectors(index.server, index._shelves.checked(), [], lambda: False, after)
        left.append(5 - len(index.missing_vectors(MODEL, [str(number) for number in range(5)])))
    assert left == [3, 1, 0]
    assert after is None
