"""What is particular to Weaviate: many passages that were written just now, writers that died, and models of other lengths."""

import random

import numpy as np
import pytest

from lectern.adapters.sql import ledger as ledger_module
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.adapters.weaviate.tidying import has_tenant
from lectern.tutor.domain.passage import PassageKind
from lectern.tutor.errors import EmbeddedOtherwise
from lectern.tutor.ports import IndexStats
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
    assert index._count(1, sorted(left)) == 1
    monkeypatch.setattr(ledger_module, "LEFT_SECONDS", -1.0)
    index.tidy(1)
    assert index._count(1, sorted(left)) == 0
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
    index = WeaviatePassageIndex(other.server, other._versions, other._installation)

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
    assert not has_tenant(index.server, index._shelves(), 1)
    assert index.stats(2).passages == 1


def test_what_the_server_lost_is_not_counted(weaviate_passages: WeaviatePassageIndex) -> None:
    index = weaviate_passages
    put(index, 1, make_passages("a", ["tea"]))
    shelf = index._shelves().passages
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
