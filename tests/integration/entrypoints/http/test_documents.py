"""/api/ai/courses/<course_id>/documents/: what is accepted is in, or its task and its course say why not."""

import asyncio
import gc
import os
import re
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.core.management import call_command

from lectern.adapters.sql.models import CourseRow, IndexingJobRow
from lectern.engine import progress
from lectern.engine.domain.queues import Queues
from lectern.engine.domain.run import Run
from lectern.engine.errors import StoreUnavailable
from lectern.entrypoints.here import finish_here, worker_here
from lectern.entrypoints.http.course_responses import AcceptedMaterial, CourseDetail, Documents, EmbeddingBody
from lectern.entrypoints.shell import documents as shell_documents
from lectern.tutor.ingest import planning
from lectern.tutor.ingest.embedding import embed_batch
from lectern.tutor.ingest.publishing import publish
from lectern.tutor.ingest.taking_in import take_in
from tests.web_house import WebHouse

URL = "/api/ai/courses/tea/documents/"
TOKEN = "a-secret-of-sixteen-signs"
LESSON = b"# Green tea\n\nGreen tea was found by Ada in a garden of stone.\n"
OTHER = b"# Black tea\n\nBlack tea was found by Bob in a house of glass.\n"


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebHouse:
    return _house(monkeypatch, tmp_path)


def _house(monkeypatch: pytest.MonkeyPatch, var: Path, **changes: Any) -> WebHouse:
    house = WebHouse(monkeypatch, var_dir=var, **changes)
    house.settings.uploads_dir.mkdir(exist_ok=True)
    monkeypatch.setattr("django.conf.settings.FILE_UPLOAD_TEMP_DIR", house.settings.uploads_dir)
    return house


def _send(house: WebHouse, *files: tuple[str, bytes], headers: Any = None, **form: Any) -> httpx.Response:
    return house.http.post(URL, files=[("files", file) for file in files], data=form, headers=headers)


def _done(house: WebHouse, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    body = AcceptedMaterial.model_validate(answer.json())
    with worker_here(Queues.EMBEDDINGS) as worker:
        finish_here(house.lectern.engine.get(UUID(body.task_id)), worker)
    status: dict[str, Any] = house.http.get(f"/api/ai/tasks/{body.task_id}/status/").json()
    assert status["ready"]
    return status


def _names(house: WebHouse) -> list[str]:
    listed = Documents.model_validate(house.http.get(URL).json())
    return [document.name for document in listed.documents]


def _found(house: WebHouse, words: str) -> str:
    course = house.lectern.tutor.course_for("tea")
    return "\n".join(one.passage.text for one in house.lectern.tutor.search(course, words, 20))


def _state(house: WebHouse) -> CourseDetail:
    return CourseDetail.model_validate(house.http.get("/api/ai/courses/tea/").json())


def _spooled(house: WebHouse) -> list[str]:
    return sorted(os.listdir(house.settings.uploads_dir))


def test_an_upload_makes_a_course_that_can_be_asked(house: WebHouse) -> None:
    answer = _send(house, ("green.md", LESSON), title="All about tea")
    assert (_state(house).state, _state(house).title) == ("indexing", "All about tea")
    status = _done(house, answer)
    assert status["status"] == "SUCCESS"
    assert status["result"] == {"passages": 1, "problems": []}
    assert (_state(house).state, _names(house)) == ("ready", ["green.md"])
    assert "Ada" in _found(house, "green tea")
    assert _spooled(house) == []
    assert house.pokes.queues == ["embeddings"]


def test_an_upload_adds_or_replaces_and_keeps_the_others(house: WebHouse) -> None:
    _done(house, _send(house, ("green.md", LESSON), ("black.md", OTHER)))
    _done(
        house,
        _send(house, ("green.md", LESSON.replace(b"Ada", b"Eve")), ("red.md", b"# Red\n\nRed tea is tea.\n")),
    )
    assert _names(house) == ["black.md", "green.md", "red.md"]
    assert "Eve" in _found(house, "green tea")
    assert "Ada" not in _found(house, "green tea")
    assert "Bob" in _found(house, "black tea")


def test_how_far_the_embedding_is_is_told_in_the_same_words_over_http_and_by_the_command(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(planning, "BATCH_PASSAGES", 1)
    material = tmp_path / "material"
    material.mkdir()
    (material / "green.md").write_bytes(LESSON)
    (material / "black.md").write_bytes(OTHER)
    first, *others = house.lectern.tutor.batches(house.lectern.curator.ingest("tea", "Tea", [material]))
    says = "Embedding passages: 0 of 2"
    assert _state(house).embedding == EmbeddingBody(
        passages=0, of=2, per_second=0, seconds_left=None, says=says
    )
    with worker_here(Queues.EMBEDDINGS) as worker:
        finish_here(first, worker)
        half = _state(house).embedding
        assert half is not None
        assert (half.passages, half.of, half.seconds_left is None) == (1, 2, False)
        assert re.fullmatch(r"Embedding passages: 1 of 2, [\d.,]+ a second, about \d+ s left", half.says)
        call_command("show_course", "tea")
        assert half.says in capsys.readouterr().out
        for run in others:
            finish_here(run, worker)
    assert (_state(house).state, _state(house).embedding) == ("ready", None)


def test_an_uploads_task_tells_how_far_its_embedding_is(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH_PASSAGES", 1)
    monkeypatch.setattr(progress, "NOTE_SECONDS", 0)
    steps, note = list[str](), house.lectern.engine.runs.note

    def noting(_runs: object, run_id: UUID, token: UUID, **changes: Any) -> bool:
        steps.append(changes.get("step", ""))
        return note(run_id, token, **changes)

    monkeypatch.setattr(type(house.lectern.engine.runs), "note", noting)
    _done(house, _send(house, ("green.md", LESSON), ("black.md", OTHER)))
    told = [step.split(",")[0] for step in steps if step.startswith("Embedding passages: ")]
    assert list(dict.fromkeys(told)) == [f"Embedding passages: {count} of 2" for count in (0, 1, 2)]


def test_names_are_given_beside_the_files_or_are_their_own(house: WebHouse) -> None:
    _done(house, _send(house, ("a.md", LESSON), ("b.md", OTHER), names=["week_1/a.md", "week_1/b.md"]))
    assert _names(house) == ["week_1/a.md", "week_1/b.md"]
    _done(house, _send(house, ("a.md", LESSON)))
    assert _names(house) == ["a.md", "week_1/a.md", "week_1/b.md"]


def test_a_document_is_removed_after_what_is_under_way(house: WebHouse) -> None:
    _done(
        house,
        _send(house, ("green.md", LESSON), ("week_1/black.md", OTHER), names=["green.md", "w/black.md"]),
    )
    _send(house, ("green.md", LESSON + b"\nIt is green.\n"))
    status = _done(house, house.http.delete(f"{URL}green.md/"))
    assert status["status"] == "SUCCESS"
    assert _names(house) == ["w/black.md"]
    _done(house, house.http.delete(f"{URL}w/black.md/"))
    assert (_names(house), _state(house).state) == ([], "empty")
    gone = house.http.delete(f"{URL}green.md/")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_document")


def test_a_file_that_cannot_be_read_is_told_and_stops_no_other(house: WebHouse) -> None:
    status = _done(house, _send(house, ("green.md", LESSON), ("b.pdf", b"no pdf"), ("c.exe", b"MZ")))
    told = {problem["document"]: problem["reason"] for problem in status["result"]["problems"]}
    assert set(told) == {"b.pdf", "c.exe"}
    assert [problem.document for problem in _state(house).problems] == ["b.pdf", "c.exe"]
    assert _names(house) == ["green.md"]


def test_an_upload_of_nothing_readable_fails_with_the_reasons_and_changes_nothing(house: WebHouse) -> None:
    _done(house, _send(house, ("green.md", LESSON)))
    status = _done(house, _send(house, ("green.md", b"")))
    assert status["status"] == "FAILURE"
    assert "green.md is empty" in status["error"]
    assert (_state(house).state, _state(house).error) == ("failed", status["error"])
    assert "Ada" in _found(house, "green tea")
    house.lectern.curator.sweep_spool()
    assert _spooled(house) == []


WRONG_NAMES = {
    "up": "../a.md", "root": "/etc/a.md", "inside": "a/../b.md", "hidden": ".env", "NUL": "a\0.md",
    "backslash": "..\\a.md", "line": "a\nb.md", "empty part": "a//b.md", "long": "a" * 101, "deep": "a/b/c/d/e.md",
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_NAMES.values(), ids=WRONG_NAMES)
def test_a_name_that_is_no_plain_path_is_refused(house: WebHouse, name: str) -> None:
    answer = _send(house, ("a.md", LESSON), names=[name])
    assert answer.status_code == 400
    assert answer.json()["fields"]
    assert _spooled(house) == []
    assert not CourseRow.objects.exists()


def test_names_must_be_one_for_each_file_and_differ(house: WebHouse) -> None:
    for answer in (
        _send(house, ("a.md", LESSON), names=["a.md", "b.md"]),
        _send(house, ("a.md", LESSON), ("a.md", OTHER)),
        _send(house, ("a.md", LESSON), ("b.md", OTHER), names=["é.md", "e\u0301.md"]),
    ):
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["names"])


def test_files_are_counted(house: WebHouse) -> None:
    many = _send(house, *[(f"{number}.md", LESSON) for number in range(101)])
    none = house.http.post(URL, files=[("title", (None, b"Tea"))])
    assert many.json()["error"].startswith("files must be at most 100.")
    assert none.json()["fields"] == {"files": "is missing"}
    assert (many.status_code, none.status_code) == (400, 400)
    assert _spooled(house) == []


BROKEN = {
    "cut off": (b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n# A', "multipart/form-data; boundary=x", 400),
    "no form": (b"hello --x--", "multipart/form-data; boundary=x", 400),
    "empty": (b"", "multipart/form-data; boundary=x", 400),
    "no boundary": (b"hello", "multipart/form-data", 415),
    "odd boundary": (b"--\xff--", "multipart/form-data; boundary=\xff", 400),
    "endless boundary": (b"--" + b"a" * 300 + b"--", "multipart/form-data; boundary=" + "a" * 300, 400),
    "JSON": (b"{}", "application/json", 415),
    "half a header": (b"--x\r\nContent-Dispo\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x", 400),
    "bad base64": (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n", "multipart/form-data; boundary=x", 400,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "status"), BROKEN.values(), ids=BROKEN)
def test_a_broken_form_gets_a_sentence(house: WebHouse, body: bytes, kind: str, status: int) -> None:
    answer = house.http.post(URL, content=body, headers={"Content-Type": kind.encode("latin-1")})
    with (
        warnings.catch_warnings()
    ):  # Django leaves a file that is broken in its middle to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert "settings." not in answer.text
    assert not CourseRow.objects.exists()


def test_a_form_that_is_cut_off_behind_a_whole_file_is_not_taken(house: WebHouse) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n' + LESSON + b"\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = house.http.post(URL, content=part + part[:60], headers=kind)
    assert (answer.status_code, "cut off" in answer.json()["error"]) == (400, True)
    assert house.http.post(URL, content=part + b"--x--", headers=kind).status_code == 202


def test_only_uploads_may_be_large_and_they_have_a_limit_of_their_own(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    house = _house(monkeypatch, tmp_path, upload_max_bytes=3_000_000)
    text = b"# Long\n\n" + b"Tea is warm. " * 150_000
    assert _send(house, ("long.md", text)).status_code == 202
    named = _send(house, ("long.md", text * 2))

    def pieces() -> Iterator[bytes]:
        for _ in range(8):
            yield b"a" * 500_000

    chunked = house.http.post(
        URL, content=pieces(), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    for answer in (named, chunked):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert "3 MB" in answer.json()["error"]
    assert house.http.post("/api/ai/ask-async/", content=text).status_code == 413


def test_an_upload_is_never_whole_in_memory(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    real = shell_documents.Documents._write
    monkeypatch.setattr(
        shell_documents.Documents,
        "_write",
        lambda self, body, data: (written.append(len(data)), real(self, body, data)),
    )
    start = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n'
    pieces = [start, *[b"Tea is warm. " * 5_000] * 100, b"\r\n--x--\r\n"]
    messages = [
        {"type": "http.request", "body": piece, "more_body": piece is not pieces[-1]} for piece in pieces
    ]
    headers = [(b"host", b"localhost"), (b"content-type", b"multipart/form-data; boundary=x")]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": URL, "raw_path": URL.encode(), "scheme": "http",
        "query_string": b"", "root_path": "", "headers": headers, "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 9),
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(house.shell(scope, receive, send))
    assert sent[0]["status"] == 202
    assert sum(written) > 6_000_000
    assert max(written) < 2 * shell_documents._WRITTEN_BYTES


def test_a_full_disk_is_told_and_leaves_nothing(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell_documents, "disk_usage", lambda _path: SimpleNamespace(free=1000))
    answer = _send(house, ("a.md", LESSON))
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    monkeypatch.undo()


def test_a_disk_that_fails_while_files_are_kept_is_told(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", full)
        answer = _send(house, ("a.md", LESSON))
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert _spooled(house) == []
    assert not IndexingJobRow.objects.exists()


def test_without_sql_nothing_is_accepted_and_nothing_kept(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(house.lectern.engine.runs), "add", away)
        assert _send(house, ("a.md", LESSON)).status_code == 503
    assert _spooled(house) == []
    state = _state(house)
    assert state.state == "failed"
    assert "Give the material again" in state.error


def test_files_that_are_gone_fail_with_what_to_do(house: WebHouse) -> None:
    answer = _send(house, ("a.md", LESSON))
    for upload in _spooled(house):
        house.lectern.tutor.indexing.spool.drop(UUID(upload))
    status = _done(house, answer)
    assert status["status"] == "FAILURE"
    assert "share VAR_DIR" in status["error"]


def test_an_upload_that_begins_anew_after_it_was_published_succeeds(house: WebHouse) -> None:
    """As after an update, or where a power cut took the checkpoints: its files are gone by then."""
    answer = _send(house, ("a.md", LESSON))
    using, (job_id,) = house.lectern.tutor.indexing, map(UUID, _spooled(house))
    state: dict[str, Any] = {"jobs": using.jobs, "index": using.index}
    parts: dict[str, Any] = {"courses": using.courses, "model": using.model}
    for batch in take_in(job_id, ["a.md"], spool=using.spool, **state, **parts).batches:
        embed_batch(job_id, batch, embeddings=using.embeddings, model=using.model, **state)
    publish(job_id, **state, **parts)
    using.spool.drop(job_id)
    assert _done(house, answer)["status"] == "SUCCESS"
    assert _names(house) == ["a.md"]
    assert "found by Ada" in _found(house, "green tea")


def test_a_course_that_is_deleted_before_its_upload_is_read_ends_it_well(house: WebHouse) -> None:
    answer = _send(house, ("a.md", LESSON))
    house.lectern.curator.remove("tea")
    house.course("tea")
    status = _done(house, answer)
    assert (status["status"], "was deleted" in status["error"]) == ("FAILURE", True)
    assert _names(house) == []
    house.lectern.curator.sweep_spool()
    assert _spooled(house) == []


def test_the_spool_keeps_what_waits_and_forgets_what_a_killed_process_left(house: WebHouse) -> None:
    _send(house, ("a.md", LESSON))
    (waiting,) = _spooled(house)
    spool = house.settings.uploads_dir
    (spool / "tmpx.upload.md").write_bytes(LESSON)
    draft = spool / "8b0c2f5e-7f0e-4d0c-9a55-0d1f6f2f6a11.part"
    draft.mkdir()
    (spool / "8b0c2f5e-7f0e-4d0c-9a55-0d1f6f2f6a12").mkdir()  # renamed, and its process killed before the run
    house.lectern.curator.sweep_spool()
    assert len(_spooled(house)) == 4
    for path in spool.iterdir():
        os.utime(path, (time.time() - 4000,) * 2)
    house.lectern.curator.sweep_spool()
    assert _spooled(house) == [waiting]


# --- who may ----------------------------------------------------------------------------------------------------------

FOREIGN = {
    "another site": {"Origin": "https://evil.example"},
    "a sandboxed page": {"Origin": "null"},
    "a name like ours": {"Origin": "http://localhost.evil.example"},
    "no origin, but told": {"Sec-Fetch-Site": "cross-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_pages_of_other_origins_change_nothing(house: WebHouse, headers: dict[str, str]) -> None:
    house.course("tea")
    run = house.queued_run()
    for answer in (
        _send(house, ("a.md", LESSON), headers=headers),
        house.http.delete(f"{URL}a.md/", headers=headers),
        house.http.post(f"/api/ai/tasks/{run.id}/cancel/", headers=headers),
        house.http.post("/api/ai/ask-async/", json={}, headers=headers),
        house.http.post("/api/ai/ask/", json={}, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert not house.lectern.engine.get(run.id).ended
    assert house.http.get("/api/ai/courses/", headers=headers).status_code == 200


OURS = [
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://lms.example.org", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin"},
    {},
]


@pytest.mark.parametrize("headers", OURS)
def test_pages_that_may_call_may_upload(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, headers: dict[str, str]
) -> None:
    house = _house(monkeypatch, tmp_path, cors_allowed_origins=("https://lms.example.org",))
    assert _send(house, ("a.md", LESSON), headers=headers).status_code == 202


WRONG_TOKENS = {
    "none": {}, "wrong": {"Authorization": f"Bearer {TOKEN}x"}, "basic": {"Authorization": f"Basic {TOKEN}"},
    "empty": {"Authorization": "Bearer "}, "no ASCII": {"Authorization": "Bearer é".encode("latin-1")},
}  # fmt: skip


@pytest.mark.parametrize("headers", WRONG_TOKENS.values(), ids=WRONG_TOKENS)
def test_without_the_token_nothing_is_changed(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, headers: Any
) -> None:
    house = _house(monkeypatch, tmp_path, upload_token=TOKEN)
    for answer in (
        _send(house, ("a.md", LESSON), headers=headers),
        house.http.delete(f"{URL}a.md/", headers=headers),
    ):
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "UPLOAD_TOKEN" in answer.json()["error"]
        assert TOKEN not in answer.text
    assert not CourseRow.objects.exists()


def test_with_the_token_an_open_server_takes_uploads(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    house = _house(monkeypatch, tmp_path, upload_token=TOKEN, allow_open=True)
    assert _send(house, ("a.md", LESSON), headers={"Authorization": f"bearer {TOKEN}"}).status_code == 202
    assert TOKEN not in repr(house.settings)


def test_an_open_server_without_a_token_takes_none(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    house = _house(monkeypatch, tmp_path, allow_open=True)
    for answer in (_send(house, ("a.md", LESSON)), house.http.delete(f"{URL}a.md/")):
        assert (answer.status_code, answer.json()["code"]) == (403, "uploads_closed")
        assert "UPLOAD_TOKEN" in answer.json()["error"]
    assert house.http.get("/api/ai/courses/").status_code == 200


# --- order ------------------------------------------------------------------------------------------------------------


def test_an_upload_between_the_batches_of_an_ingest_loses_nothing_of_it(
    house: WebHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ingest's job is older, and its runs that are not submitted yet follow the upload's."""
    folder = tmp_path / "material"
    folder.mkdir()
    (folder / "black.md").write_bytes(OTHER)
    curator = house.lectern.curator
    real, sent = type(curator)._submit_batch, list[Run]()

    def submit(self: Any, job: Any, slices: Any, **more: Any) -> Run:
        if "files" not in more and not sent:
            sent.append(real(self, job, slices, **more))
            sent.append(house.lectern.engine.get(UUID(_send(house, ("green.md", LESSON)).json()["task_id"])))
            return sent[0]
        sent.append(real(self, job, slices, **more))
        return sent[-1]

    house.course("tea")
    with monkeypatch.context() as patch:
        patch.setattr(type(curator), "_submit_batch", submit)
        curator.ingest("tea", "Tea", [folder])
    with worker_here(Queues.EMBEDDINGS) as worker:
        for run in sent:
            assert finish_here(run, worker).status.value == "succeeded"
    assert _names(house) == ["black.md", "green.md"]
    assert "Bob" in _found(house, "black tea")


def test_uploads_at_once_are_bounded(house: WebHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    arriving = threading.Semaphore(0)

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    real = shell_documents.Documents._receive

    async def receive(self: Any, scope: Any, body_receive: Any, body: Any) -> int:
        arriving.release()
        await asyncio.to_thread(go_on.wait, 60)
        return await real(self, scope, body_receive, body)

    monkeypatch.setattr(shell_documents.Documents, "_receive", receive)
    with house.serving():
        threads = [
            threading.Thread(target=lambda: house.http.post(URL, content=b"--x--", headers=kind))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert arriving.acquire(timeout=30)
        answer = house.http.post(URL, content=b"--x--", headers=kind)
        go_on.set()
        for thread in threads:
            thread.join(30)
    assert (answer.status_code, answer.json()["code"]) == (503, "too_busy")
