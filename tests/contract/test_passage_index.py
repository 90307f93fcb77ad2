"""What every `PassageIndex` promises. The one in a file always, the one in Weaviate by `make test-stores`."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from lectern.adapters.fts.index import FtsPassageIndex
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from lectern.tutor.errors import EmbeddedOtherwise, IndexUnavailable
from lectern.tutor.ports.passages import IndexStats, PassageIndex, Vector
from tests import weaviate_server

MODEL = "test-model"
ALL = list(PassageKind)
BODY = [PassageKind.BODY]

#: Opens the same store again, as another process would.
Opener = Callable[[], PassageIndex]


#: The tables of the ledger; threads of a test see them too.
_WITH_ROWS = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["fts", pytest.param("weaviate", marks=_WITH_ROWS)])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    if request.param == "fts":
        yield lambda: FtsPassageIndex(tmp_path / "passages.sqlite3")
        return
    at, owner = request.getfixturevalue("weaviate_address"), f"test{secrets.token_hex(4)}"
    with ExitStack() as opened:
        yield lambda: opened.enter_context(weaviate_server.passages(at, owner=owner))


@pytest.fixture
def index(open_index: Opener) -> PassageIndex:
    return open_index()


def make_passages(
    document: str, texts: Sequence[str], kind: PassageKind = PassageKind.BODY, title: str = ""
) -> list[Passage]:
    return [
        Passage(
            id=passage_id(document, text, texts[:ordinal].count(text)),
            document=document,
            title=title or document,
            ordinal=ordinal,
            text=text,
            kind=kind,
            heading_path=("Part", f"Section {ordinal}"),
            anchor=f"s{ordinal}",
            start=ordinal * 1000,
            end=ordinal * 1000 + len(text),
            page=ordinal or None,
        )
        for ordinal, text in enumerate(texts)
    ]


def unit(*numbers: float) -> Vector:
    vector = np.array([*numbers, 0, 0, 0, 0][:4], dtype=np.float32)
    return vector / np.linalg.norm(vector)


def put(
    index: PassageIndex,
    course_key: int,
    passages: Sequence[Passage],
    vectors: Sequence[Vector] = (),
    model: str = MODEL,
) -> None:
    """Store vectors (by default the same for all) and replace the passages' document."""
    given = vectors or [unit(1)] * len(passages)
    index.store_vectors(model, {p.text_sha: v for p, v in zip(passages, given, strict=True)})
    index.replace_documents(course_key, model, {passages[0].document: passages})


def found(index: PassageIndex, course_key: int, query: str) -> list[str]:
    return [hit.passage.text for hit in index.search_keywords(course_key, query, 10, ALL)]


def near(index: PassageIndex, course_key: int, vector: Vector, limit: int = 10) -> list[str]:
    return [hit.passage.text for hit in index.search_vectors(course_key, MODEL, vector, limit, ALL)]


# --- what is found ---------------------------------------------------------------------------------------------------


def test_a_passage_comes_back_exactly_as_it_was_given(index: PassageIndex) -> None:
    texts = ["Ein Text\n\twith “quotes”, 漢字 and \0 nul.", "Quotes on page one"]
    passages = make_passages("a/größe.md", texts, PassageKind.SUMMARY)
    assert [passage.page for passage in passages] == [None, 1]
    put(index, 1, passages)
    keywords = index.search_keywords(1, "quotes", 5, ALL)
    assert sorted((hit.passage for hit in keywords), key=lambda passage: passage.ordinal) == passages
    assert [hit.passage for hit in index.search_vectors(1, MODEL, unit(1), 5, ALL)] == passages


def test_what_is_present_is_told_by_id_and_course(open_index: Opener) -> None:
    index = open_index()
    first, second, third = make_passages("a.md", ["tea is warm", "tea is green", "tea is old"])
    put(index, 1, [first, second])
    asked = {first.id, second.id, third.id}
    assert index.present(1, asked) == {first.id, second.id}
    assert index.present(2, asked) == set()
    put(index, 1, [second, third])
    assert open_index().present(1, asked) == {second.id, third.id}
    assert index.present(1, set()) == set()


def test_keyword_hits_come_best_first_with_positive_scores(index: PassageIndex) -> None:
    put(
        index,
        1,
        make_passages("d", ["enzymes enzymes enzymes", "enzymes and cells", "cells", "walls", "salt"]),
    )
    hits = index.search_keywords(1, "enzymes", 10, ALL)
    assert [hit.passage.ordinal for hit in hits] == [0, 1]
    assert hits[0].score > hits[1].score > 0


def test_a_word_is_found_in_its_other_forms(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["Bacteria were stained.", "nothing of it"]))
    assert found(index, 1, "staining") == ["Bacteria were stained."]


def test_a_word_of_the_title_finds_the_passage(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["about something"], title="Dictionaries"))
    assert found(index, 1, "dictionary") == ["about something"]


def test_a_question_without_any_known_word_finds_nothing(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["enzymes"]))
    assert found(index, 1, "zebra") == []


def test_a_question_of_stop_words_alone_still_searches_for_them(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["What is this?", "Enzymes."]))
    assert found(index, 1, "what is this") == ["What is this?"]


def test_vector_hits_come_nearest_first_and_score_the_cosine(index: PassageIndex) -> None:
    passages = make_passages("d", ["near", "far", "middle"])
    put(index, 1, passages, [unit(1, 0.1), unit(0, 1), unit(1, 1)])
    hits = index.search_vectors(1, MODEL, unit(1), 10, ALL)
    assert [hit.passage.text for hit in hits] == ["near", "middle", "far"]
    assert [hit.score for hit in hits] == pytest.approx([1 / 1.01**0.5, 0.5**0.5, 0], abs=1e-5)


def test_limit_bounds_both_legs(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", [f"cell number {number}" for number in range(20)]))
    assert len(index.search_keywords(1, "cell", 7, ALL)) == 7
    assert len(near(index, 1, unit(1), 7)) == 7
    assert index.search_keywords(1, "cell", 0, ALL) == []
    assert near(index, 1, unit(1), 0) == []


def test_equal_scores_keep_a_stable_order(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", [f"cell {'abcdefgh'[number]}" for number in range(8)]))
    assert near(index, 1, unit(1), 3) == ["cell a", "cell b", "cell c"]
    assert found(index, 1, "cell")[:3] == ["cell a", "cell b", "cell c"]


def test_equal_texts_in_one_document_are_two_passages(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["same words", "same words"]))
    assert found(index, 1, "words") == ["same words"] * 2
    assert near(index, 1, unit(1)) == ["same words"] * 2


def test_vectors_of_another_length_are_never_compared(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["cell"]))
    with pytest.raises(
        EmbeddedOtherwise, match=r"test-model \(4 numbers\), and this server .* \(7 numbers\)"
    ):
        index.search_vectors(1, MODEL, np.ones(7, dtype=np.float32), 5, ALL)


def test_vectors_of_two_models_are_never_compared(index: PassageIndex) -> None:
    put(index, 1, make_passages("a", ["cell"]))
    put(index, 1, make_passages("b", ["wall"]), model="other-model")
    put(index, 2, make_passages("c", ["salt"]))
    assert index.stats(1).models == ("other-model", MODEL)
    for model in (MODEL, "other-model"):
        with pytest.raises(EmbeddedOtherwise):
            index.search_vectors(1, model, unit(1), 5, ALL)
    assert near(index, 2, unit(1)) == ["salt"]
    put(index, 1, make_passages("b", ["wall"]))
    assert near(index, 1, unit(1)) == ["cell", "wall"]


def test_a_vector_that_is_stored_again_takes_the_place_of_the_old_one(index: PassageIndex) -> None:
    passages = make_passages("d", ["near", "far"])
    put(index, 1, passages, [unit(1), unit(0, 1)])
    put(index, 1, passages, [unit(0, 1), unit(1)])
    assert near(index, 1, unit(1)) == ["far", "near"]


def test_the_passages_of_a_document_are_given_back_in_their_order(index: PassageIndex) -> None:
    passages = make_passages("d", ["b", "a", "c", "a"])
    put(index, 1, passages)
    put(index, 1, make_passages("e", ["other document"]))
    put(index, 2, make_passages("d", ["other course"]))
    assert index.passages(1, "d") == passages
    assert index.passages(1, "none") == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param("水", "光合作用需要水和二氧化碳", id="one-han-character"),
        pytest.param("二氧化碳是什么", "光合作用需要水和二氧化碳", id="han"),
        pytest.param("碳", "光合作用需要水和二氧化碳", id="last-han-character"),
        pytest.param("でんぷんとは", "植物はでんぷんを作る", id="kana"),
        pytest.param("แบคทีเรีย", "เซลล์ของแบคทีเรียมีผนัง", id="thai"),
        pytest.param("Что такое бактерия", "Бактерия это организм", id="russian"),
        pytest.param("जीवाणु क्या है", "जीवाणु एक कोशिका", id="hindi"),
        pytest.param("uber", "Über Größe", id="diacritics"),
        pytest.param("Python的列表", "Python 列表 list", id="mixed"),
    ],
)
def test_other_scripts_are_searched(index: PassageIndex, query: str, text: str) -> None:
    put(index, 1, make_passages("d", [text, "unrelated English words", "別の話題"]))
    assert found(index, 1, query)[:1] == [text]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param("What does __init__ do?", "def __init__(self): a method", id="dunder"),
        pytest.param("what is ==", "Use a == b to compare.", id="operator"),
        pytest.param("What does % mean?", "The remainder: 7 % 3 is 1.", id="lone-operator"),
        pytest.param("len()", "len(names) counts them.", id="call"),
        pytest.param("x += 1", "count += 1 adds one.", id="augmented"),
    ],
)
def test_code_and_symbols_are_searched(index: PassageIndex, query: str, text: str) -> None:
    others = [
        "A comparison of things.",
        "Init is short, len is short.",
        "Plain words = none.",
        "print(names)",
    ]
    put(index, 1, make_passages("d", [*others, text], title="Lesson"))
    assert found(index, 1, query)[:1] == [text]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("what is DNA?", id="question-mark"),
        pytest.param("a-b", id="hyphen"),
        pytest.param('"x', id="open-quote"),
        pytest.param("NEAR(", id="near"),
        pytest.param("*", id="star"),
        pytest.param("", id="empty"),
        pytest.param(" \t\n", id="blank"),
        pytest.param("nul \0 inside", id="nul"),
        pytest.param("\ud83d half a pair", id="surrogate"),
        pytest.param("AND OR NOT", id="operators"),
        pytest.param("title:secret ^x {a b}: c", id="column-filter"),
        pytest.param("'; DROP TABLE passage; --", id="sql"),
        pytest.param("word " * 2000, id="10k-characters"),
        pytest.param("".join(f"w{number} " for number in range(2500)), id="2500-words"),
        pytest.param("漢" * 10_000, id="10k-han"),
        pytest.param("=" * 10_000, id="10k-symbols"),
        pytest.param("🧬 e\u0301 \u200b\u202e", id="emoji-and-marks"),
    ],
)
def test_no_form_of_a_question_raises(index: PassageIndex, query: str) -> None:
    put(index, 1, make_passages("d", ["DNA holds x and a b word"]))
    assert len(index.search_keywords(1, query, 5, ALL)) <= 1


# --- courses and kinds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mine", "other"), [(1, 2), (1, 11), (7, 77), (10, 1)])
def test_a_course_never_sees_anothers_passages(index: PassageIndex, mine: int, other: int) -> None:
    put(index, other, make_passages("d", ["secret enzymes"]))
    assert found(index, mine, "secret enzymes") == []
    assert near(index, mine, unit(1)) == []
    put(index, mine, make_passages("d", ["open enzymes"]))
    assert found(index, mine, "secret enzymes") == ["open enzymes"]
    assert near(index, mine, unit(1)) == ["open enzymes"]
    assert found(index, other, "enzymes") == ["secret enzymes"]


def test_promise_8_nearer_passages_of_another_course_take_no_place(index: PassageIndex) -> None:
    put(index, 2, make_passages("theirs", [f"secret enzymes {number}" for number in range(5)]))
    put(index, 1, make_passages("mine", ["open enzymes"]), [unit(1, 1)])
    assert near(index, 1, unit(1), limit=1) == ["open enzymes"]


def test_a_course_does_not_change_the_scores_of_another(index: PassageIndex) -> None:
    put(index, 1, make_passages("mine", ["loops repeat code", "lists hold items", "loops end with break"]))
    before = index.search_keywords(1, "how do loops end", 5, ALL)
    put(index, 2, make_passages("theirs", [f"loops and more loops, part {number}" for number in range(30)]))
    assert index.search_keywords(1, "how do loops end", 5, ALL) == before


def test_words_of_the_filter_are_no_words_of_the_text(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["enzymes"]))
    for query in ("body1", "body", "k1", "1", "course 1"):
        assert found(index, 1, query) == []


def test_only_the_kinds_asked_for_are_returned_and_they_fill_the_limit(index: PassageIndex) -> None:
    put(
        index,
        1,
        make_passages("tasks", [f"cell task {number}" for number in range(30)], PassageKind.EXERCISE),
    )
    body = make_passages("d", ["a cell wall", "the cell membrane"])
    put(index, 1, body, [unit(0, 1), unit(0, 1, 1)])
    assert {h.passage.text for h in index.search_keywords(1, "cell task", 5, BODY)} == {p.text for p in body}
    assert {h.passage.text for h in index.search_vectors(1, MODEL, unit(1), 5, BODY)} == {
        p.text for p in body
    }
    both = [PassageKind.BODY, PassageKind.EXERCISE]
    assert len(index.search_keywords(1, "cell", 50, both)) == 32
    assert len(index.search_vectors(1, MODEL, unit(1), 50, both)) == 32


def test_no_kinds_give_no_passages(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["cell"]))
    assert index.search_keywords(1, "cell", 5, []) == []
    assert index.search_vectors(1, MODEL, unit(1), 5, []) == []


# --- documents -------------------------------------------------------------------------------------------------------


def test_replacing_a_document_leaves_nothing_of_its_old_text(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["old enzymes", "old cells"]))
    put(index, 1, make_passages("other", ["other enzymes"]))
    put(index, 1, make_passages("d", ["new enzymes"]))
    assert sorted(found(index, 1, "old new other enzymes cells")) == ["new enzymes", "other enzymes"]
    assert sorted(near(index, 1, unit(1))) == ["new enzymes", "other enzymes"]
    assert index.stats(1) == IndexStats(documents=2, passages=2, models=(MODEL,))


def test_replacing_twice_with_the_same_passages_changes_nothing(index: PassageIndex) -> None:
    passages = make_passages("d", ["enzymes", "cells"])
    put(index, 1, passages)
    put(index, 1, passages)
    assert index.stats(1) == IndexStats(documents=1, passages=2, models=(MODEL,))
    assert found(index, 1, "enzymes") == ["enzymes"]


def test_replacing_with_nothing_empties_the_document(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["enzymes"]))
    index.replace_documents(1, MODEL, {"d": []})
    assert index.stats(1) == IndexStats(documents=0, passages=0)
    assert near(index, 1, unit(1)) == []


def test_documents_are_replaced_together(index: PassageIndex) -> None:
    for name in "abc":
        put(index, 1, make_passages(name, [f"old enzymes of {name}"]))
    new = {name: make_passages(name, [f"new enzymes of {name}"]) for name in "ad"}
    index.store_vectors(MODEL, {one.text_sha: unit(1) for passages in new.values() for one in passages})
    index.replace_documents(1, MODEL, {**new, "b": []})
    assert sorted(found(index, 1, "enzymes")) == ["new enzymes of a", "new enzymes of d", "old enzymes of c"]
    assert sorted(near(index, 1, unit(1))) == ["new enzymes of a", "new enzymes of d", "old enzymes of c"]
    assert index.stats(1) == IndexStats(documents=3, passages=3, models=(MODEL,))


def test_one_document_without_its_vectors_keeps_all_that_come_with_it_out(index: PassageIndex) -> None:
    put(index, 1, make_passages("a", ["old enzymes"]))
    (new,), (lacking,) = make_passages("a", ["new enzymes"]), make_passages("b", ["more enzymes"])
    index.store_vectors(MODEL, {new.text_sha: unit(1)})
    with pytest.raises(IndexUnavailable, match="1 of the vectors of b are not stored"):
        index.replace_documents(1, MODEL, {"a": [new], "b": [lacking]})
    assert found(index, 1, "enzymes") == ["old enzymes"]


def test_a_document_name_in_another_course_is_another_document(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["enzymes of one"]))
    put(index, 2, make_passages("d", ["enzymes of two"]))
    index.remove_document(1, "d")
    assert found(index, 2, "enzymes") == ["enzymes of two"]


def test_a_replacement_without_its_vectors_is_refused_and_changes_nothing(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["old enzymes"]))
    new = make_passages("d", ["new enzymes", "newer", "newest"])
    index.store_vectors(MODEL, {new[0].text_sha: unit(1)})
    with pytest.raises(IndexUnavailable, match="2 of the vectors of d are not stored"):
        index.replace_documents(1, MODEL, {"d": new})
    assert found(index, 1, "enzymes") == ["old enzymes"]
    assert near(index, 1, unit(1)) == ["old enzymes"]


def test_a_replacement_that_fails_midway_changes_nothing(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["old enzymes"]))
    first, second = make_passages("d", ["new one", "new two"])
    index.store_vectors(MODEL, {first.text_sha: unit(1), second.text_sha: unit(1)})
    with pytest.raises(IndexUnavailable):
        index.replace_documents(1, MODEL, {"d": [first, second, first]})
    assert found(index, 1, "old new enzymes") == ["old enzymes"]
    assert index.stats(1) == IndexStats(documents=1, passages=1, models=(MODEL,))


def test_removing_is_complete_and_may_be_repeated(index: PassageIndex) -> None:
    put(index, 1, make_passages("d", ["enzymes"]))
    index.remove_document(1, "d")
    index.remove_document(1, "d")
    index.remove_document(5, "never there")
    assert found(index, 1, "enzymes") == []
    assert near(index, 1, unit(1)) == []
    assert index.stats(1) == IndexStats(documents=0, passages=0)


def test_an_unknown_course_is_empty(index: PassageIndex) -> None:
    assert index.stats(404) == IndexStats(documents=0, passages=0)
    assert found(index, 404, "enzymes") == []
    assert near(index, 404, unit(1)) == []


# --- vectors ---------------------------------------------------------------------------------------------------------


def test_missing_vectors_are_told_by_model(index: PassageIndex) -> None:
    assert index.missing_vectors(MODEL, {"a", "b"}) == {"a", "b"}
    index.store_vectors(MODEL, {"a": unit(1)})
    assert index.missing_vectors(MODEL, {"a", "b"}) == {"b"}
    assert index.missing_vectors("other-model", ["a"]) == {"a"}
    assert index.missing_vectors(MODEL, []) == set()


def test_stored_vectors_are_found_by_no_search_before_a_passage_uses_them(index: PassageIndex) -> None:
    (passage,) = make_passages("d", ["enzymes"])
    index.store_vectors(MODEL, {passage.text_sha: unit(1)})
    index.store_vectors(MODEL, {passage.text_sha: unit(1)})
    assert near(index, 1, unit(1)) == []
    index.replace_documents(1, MODEL, {"d": [passage]})
    assert near(index, 1, unit(1)) == ["enzymes"]


def test_vectors_of_removed_passages_stay_a_while_for_an_ingest_under_way(index: PassageIndex) -> None:
    passages = make_passages("d", ["enzymes"])
    put(index, 1, passages)
    index.remove_document(1, "d")
    assert index.missing_vectors(MODEL, {passages[0].text_sha}) == set()
    index.replace_documents(1, MODEL, {"d": passages})
    assert near(index, 1, unit(1)) == ["enzymes"]


# --- processes and threads -------------------------------------------------------------------------------------------


def test_another_process_sees_a_commit_at_its_next_question(open_index: Opener) -> None:
    writer, reader = open_index(), open_index()
    put(writer, 1, make_passages("d", ["old enzymes"]))
    assert found(reader, 1, "enzymes") == near(reader, 1, unit(1)) == ["old enzymes"]
    put(writer, 1, make_passages("d", ["new enzymes"]))
    assert found(reader, 1, "enzymes") == near(reader, 1, unit(1)) == ["new enzymes"]
    writer.remove_document(1, "d")
    assert found(reader, 1, "enzymes") == near(reader, 1, unit(1)) == []


def test_many_threads_read_whole_documents_while_others_write(open_index: Opener) -> None:
    index = open_index()
    versions = [make_passages("d", [f"cell v{v} part {part}" for part in range(5)]) for v in range(2)]
    put(index, 1, versions[0])
    done = threading.Event()

    def write(course_key: int) -> None:
        for turn in range(20):
            put(index, course_key, versions[turn % 2])

    def read(_: int) -> int:
        reads = 0
        while not done.is_set() or not reads:
            for texts in (found(index, 1, "cell"), near(index, 1, unit(1))):
                assert len(texts) == 5
                assert len({text.split()[1] for text in texts}) == 1
            reads += 1
        return reads

    with ThreadPoolExecutor(12) as pool:
        readers = [pool.submit(read, number) for number in range(8)]
        writers = [pool.submit(write, course_key) for course_key in (1, 1, 2, 3)]
        try:
            for writer in writers:
                writer.result(timeout=60)
        finally:
            done.set()
        assert all(reader.result(timeout=60) for reader in readers)
    assert index.stats(2) == IndexStats(documents=1, passages=5, models=(MODEL,))


def test_words_are_told_as_they_are_spelled_with_their_passages(index: PassageIndex) -> None:
    put(index, 1, make_passages("a", ["The cell divides.", "Cells. A cell of 12 celery stalks", "Cellular"]))
    put(index, 2, make_passages("b", ["A cello."]))
    assert index.spelled_like(1, "cello") == {"cell": 2, "cells": 1, "celery": 1}
    assert index.spelled_like(1, "cells") == {"cells": 1}
    assert index.spelled_like(1, "") == index.spelled_like(3, "cells") == {}


def test_words_go_with_the_last_passage_that_holds_them(index: PassageIndex) -> None:
    put(index, 1, make_passages("a", ["The cells divide."]))
    put(index, 1, make_passages("b", ["Two cells grow."]))
    put(index, 1, make_passages("a", ["A virus spreads."]))
    assert index.spelled_like(1, "cells") == {"cells": 1}
    index.remove_document(1, "b")
    assert index.spelled_like(1, "cells") == {}
