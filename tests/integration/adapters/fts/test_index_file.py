"""The embedded index as a file: made, shared, damaged, locked, forked over, kept small."""

import gc
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lectern.adapters.fts import connections, vector_leg
from lectern.adapters.fts.index import FtsPassageIndex
from lectern.adapters.fts.vector_leg import MatrixCache
from lectern.adapters.fts.vector_store import KEEP_UNUSED_SECONDS
from lectern.tutor.domain.passage import Passage, PassageKind, passage_id
from lectern.tutor.errors import IndexUnavailable
from lectern.tutor.ports.passages import IndexStats

BODY = [PassageKind.BODY]
VECTOR = np.array([1, 0, 0, 0], dtype=np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "passages.sqlite3"


def passage(document: str, text: str) -> Passage:
    return Passage(
        id=passage_id(document, text, 0),
        document=document,
        title="Title",
        ordinal=0,
        text=text,
        kind=PassageKind.BODY,
        heading_path=(),
        anchor="",
        start=0,
        end=len(text),
    )


def put(index: FtsPassageIndex, course_key: int, document: str, text: str) -> str:
    one = passage(document, text)
    index.store_vectors("model", {one.text_sha: VECTOR})
    index.replace_documents(course_key, "model", {document: [one]})
    return one.text_sha


def near(index: FtsPassageIndex, course_key: int) -> list[str]:
    return [hit.passage.text for hit in index.search_vectors(course_key, "model", VECTOR, 10, BODY)]


def test_a_missing_file_is_made_with_its_folder_at_the_first_use(path: Path) -> None:
    index = FtsPassageIndex(path)
    assert not path.parent.exists()
    assert index.stats(1) == IndexStats(documents=0, passages=0)
    assert path.exists()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_is_told_by_name_with_what_to_do(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(
        IndexUnavailable, match=r"passages\.sqlite3 is damaged: .* Move the file away"
    ) as caught:
        FtsPassageIndex(path).search_keywords(1, "cell", 5, BODY)
    assert caught.value.details["path"] == str(path)


def test_damage_in_the_middle_is_told_as_well(path: Path) -> None:
    index = FtsPassageIndex(path)
    for number in range(50):
        put(index, 1, f"d{number}", f"cell {number} " * 50)
    subprocess.run([sys.executable, "-c", _CHECKPOINT, str(path)], check=True)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(IndexUnavailable, match="is damaged"):
        FtsPassageIndex(path).search_keywords(1, "cell", 5, BODY)


_CHECKPOINT = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA wal_checkpoint(TRUNCATE)')"


def test_a_file_of_another_version_or_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    with pytest.raises(IndexUnavailable, match="was made by another version"):
        FtsPassageIndex(path).stats(1)


def test_a_file_of_a_later_version_or_of_a_program_that_counts_alike_is_told_apart(path: Path) -> None:
    path.parent.mkdir()
    theirs = sqlite3.connect(path)
    theirs.executescript("CREATE TABLE theirs (x); PRAGMA user_version = 1")
    theirs.close()
    with pytest.raises(IndexUnavailable, match=r"was made by another version.* Move the file away"):
        FtsPassageIndex(path).stats(1)
    path.unlink()
    put(FtsPassageIndex(path), 1, "d", "cell")
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(IndexUnavailable, match="its schema version is 99, not 3"):
        FtsPassageIndex(path).stats(1)


def test_a_file_of_version_1_gets_the_words_of_its_courses(path: Path) -> None:
    put(FtsPassageIndex(path), 1, "d", "cell wall")
    older = sqlite3.connect(path)
    older.executescript("DROP TABLE word; DROP TABLE document; PRAGMA user_version = 1")
    older.close()
    assert FtsPassageIndex(path).spelled_like(1, "walls") == {"wall": 1}


def test_a_file_of_version_2_gets_the_digests_of_its_documents(path: Path) -> None:
    put(FtsPassageIndex(path), 1, "d", "cell wall")
    before = FtsPassageIndex(path).kept_documents(1)
    older = sqlite3.connect(path)
    older.executescript("DROP TABLE document; PRAGMA user_version = 2")
    older.close()
    assert FtsPassageIndex(path).kept_documents(1) == before
    assert list(before) == ["d"]


def test_a_folder_in_the_way_is_a_sentence(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(IndexUnavailable, match="cannot be used right now: unable to open database file"):
        FtsPassageIndex(path).stats(1)


def test_a_file_in_the_place_of_the_folder_is_a_sentence(path: Path) -> None:
    path.parent.write_text("in the way")
    with pytest.raises(IndexUnavailable, match="cannot be opened: File exists"):
        FtsPassageIndex(path).stats(1)


def test_readers_go_on_while_a_writer_holds_the_file_and_a_second_writer_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    index = FtsPassageIndex(path)
    put(index, 1, "d", "cell")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert near(index, 1) == ["cell"]
    with pytest.raises(IndexUnavailable, match="database is locked"):
        index.remove_document(1, "d")
    writer.execute("ROLLBACK")
    writer.close()
    index.remove_document(1, "d")
    assert near(index, 1) == []


def test_processes_that_make_the_file_at_once_all_succeed(path: Path) -> None:
    script = (
        f"import sys; sys.path[:] = {sys.path!r}; from pathlib import Path\n"
        "from lectern.adapters.fts.index import FtsPassageIndex\n"
        f"FtsPassageIndex(Path({str(path)!r})).remove_document(1, 'd')"
    )
    children = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(4)]
    assert [child.wait(timeout=60) for child in children] == [0] * 4


#: Puts a passage of its own into the index that the parent has opened. A process of its own forks: this one has threads
#: of other tests, whose locks a child would find taken for ever.
_FORKS = """
import importlib.util, multiprocessing, os, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("house", {file!r})
house = importlib.util.module_from_spec(spec)
spec.loader.exec_module(house)
index = house.FtsPassageIndex(Path({path!r}))
house.put(index, 1, "parent", "cell of the parent")
assert house.near(index, 1) == ["cell of the parent"]

def write(number):
    house.put(index, 1, f"child{{number}}", f"cell of child {{number}}")

def die_midway(_number):
    with index._connections.writing() as connection:
        connection.execute("DELETE FROM passage")
        connection.execute("DELETE FROM words_1")
        os._exit(9)

context = multiprocessing.get_context("fork")
children = [context.Process(target={target}, args=(number,)) for number in range({count})]
for child in children:
    child.start()
for child in children:
    child.join(30)
print([child.exitcode for child in children])
"""


def _forked(path: Path, target: str, count: int) -> str:
    script = _FORKS.format(file=__file__, path=str(path), target=target, count=count)
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_forked_children_read_and_write_after_the_parent_opened_it(path: Path) -> None:
    assert _forked(path, "write", 4) == "[0, 0, 0, 0]"
    index = FtsPassageIndex(path)
    put(index, 1, "parent", "the parent again")
    assert len(near(index, 1)) == 5


def test_a_writer_that_dies_in_mid_transaction_leaves_the_old_document(path: Path) -> None:
    assert _forked(path, "die_midway", 1) == "[9]"
    index = FtsPassageIndex(path)
    assert near(index, 1) == ["cell of the parent"]
    assert len(index.search_keywords(1, "cell", 5, BODY)) == 1


def test_threads_that_ended_leave_no_connections_behind(path: Path) -> None:
    index = FtsPassageIndex(path)
    before = _open_files(path)
    for _ in range(5):
        thread = threading.Thread(target=index.stats, args=(1,))
        thread.start()
        thread.join()
    # Python's connections hold a cycle, so they are closed by the collector.
    gc.collect()
    assert _open_files(path) <= before + 1


def _open_files(path: Path) -> int:
    links = [link for link in Path("/proc/self/fd").iterdir() if link.exists()]
    return sum(link.resolve() == path.resolve() for link in links)


def test_a_vector_unused_for_long_is_asked_for_again_and_then_dropped(path: Path) -> None:
    index = FtsPassageIndex(path)
    orphan = put(index, 1, "d", "old text")
    used = put(index, 1, "d", "new text")
    assert index.missing_vectors("model", {orphan, used}) == set()
    _age(path, KEEP_UNUSED_SECONDS // 2 + 10)
    assert index.missing_vectors("model", {orphan, used}) == {orphan}
    assert _vectors(path) == {orphan, used}
    _age(path, KEEP_UNUSED_SECONDS)
    index.replace_documents(1, "model", {"d": [passage("d", "new text")]})
    assert _vectors(path) == {used}


def test_storing_an_unused_vector_again_begins_its_time_anew(path: Path) -> None:
    index = FtsPassageIndex(path)
    sha = passage("d", "text").text_sha
    index.store_vectors("model", {sha: VECTOR})
    _age(path, KEEP_UNUSED_SECONDS - 100)
    index.store_vectors("model", {sha: VECTOR})
    assert index.missing_vectors("model", {sha}) == set()


def test_a_vector_that_another_course_uses_stays(path: Path) -> None:
    index = FtsPassageIndex(path)
    put(index, 1, "d", "shared text")
    put(index, 2, "d", "shared text")
    index.remove_document(1, "d")
    _age(path, 2 * KEEP_UNUSED_SECONDS)
    index.remove_document(1, "d")
    assert near(index, 2) == ["shared text"]


def test_an_index_file_made_anew_is_not_answered_from_an_old_matrix(path: Path) -> None:
    index = FtsPassageIndex(path)
    put(index, 1, "d", "old text")
    assert near(index, 1) == ["old text"]
    for file in path.parent.iterdir():
        file.unlink()
    put(FtsPassageIndex(path), 1, "d", "new text")
    seen: list[list[str]] = []
    # A new thread opens the file anew but shares the cache.
    thread = threading.Thread(target=lambda: seen.append(near(index, 1)))
    thread.start()
    thread.join()
    assert seen == [["new text"]]


def test_the_cache_keeps_the_courses_used_last_within_its_bytes(path: Path) -> None:
    index = FtsPassageIndex(path)
    for course_key in (1, 2, 3):
        put(index, course_key, "d", f"text {course_key}")
    one_course_bytes = 4 * 4 + 8 + 1
    cache = MatrixCache(2 * one_course_bytes)
    with index._connections.reading() as connection:
        first = [cache.get(connection, course_key, "model", 4) for course_key in (1, 2, 1, 3)]
        assert cache.get(connection, 1, "model", 4) is first[0]
        assert cache.get(connection, 3, "model", 4) is first[3]
        assert cache.get(connection, 2, "model", 4) is not first[1]


def test_a_course_larger_than_the_cache_is_searched_all_the_same(path: Path) -> None:
    index = FtsPassageIndex(path, cache_bytes=1)
    put(index, 1, "d", "text 1")
    put(index, 2, "d", "text 2")
    assert near(index, 1) == ["text 1"]
    assert near(index, 2) == ["text 2"]


def test_a_course_is_read_into_memory_once_and_not_twice_at_the_peak(path: Path) -> None:
    index, passages = FtsPassageIndex(path), [passage("d", f"text {number}") for number in range(400)]
    vectors = np.eye(400, 1024, dtype=np.float32)
    index.store_vectors(
        "model", {one.text_sha: vector for one, vector in zip(passages, vectors, strict=True)}
    )
    index.replace_documents(1, "model", {"d": passages})
    cache = MatrixCache(1 << 30)
    with index._connections.reading() as connection:
        tracemalloc.start()
        try:
            matrix = cache.get(connection, 1, "model", 1024)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert matrix is not None
    assert np.array_equal(matrix.vectors, vectors)
    assert peak < 1.3 * matrix.size_bytes


def test_a_course_that_is_being_read_keeps_no_other_course_waiting(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, go_on, reading = FtsPassageIndex(path), threading.Event(), threading.Event()
    put(index, 1, "d", "text 1")
    put(index, 2, "d", "text 2")
    load = vector_leg._load

    def slow(connection: sqlite3.Connection, course_key: int, *rest: Any) -> Any:
        if course_key == 1:
            reading.set()
            assert go_on.wait(60)
        return load(connection, course_key, *rest)

    monkeypatch.setattr(vector_leg, "_load", slow)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(near, index, 1)
        assert reading.wait(30)
        try:
            assert threads.submit(near, index, 2).result(30) == ["text 2"]
        finally:
            go_on.set()
        assert first.result(30) == ["text 1"]


def _age(path: Path, seconds: int) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE vector SET unused_since = unused_since - ?", (seconds,))
    connection.close()


def _vectors(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    shas = {row[0] for row in connection.execute("SELECT text_sha FROM vector")}
    connection.close()
    return shas
