"""Hosted models in the operator's commands: what `doctor` finds, and a course whose embedding model was changed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lectern import bootstrap
from lectern.engine.domain.run import Run, RunStatus
from lectern.tutor.ingest.spooling import NamedFile
from lectern.tutor.tutor import Tutor
from tests.engine_house import InMemoryBroker
from tests.integration.entrypoints.commands.conftest import Console, Ended
from tests.model_server import ModelServer, Script, model_server

#: Turns an installation into one with other models.
Setter = Callable[..., None]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def set_models(console: Console, server: ModelServer) -> Setter:
    def to(*, llm: str = "", embedding: str = "", **changes: Any) -> None:
        base = f"{server.url}/v1"
        models: dict[str, Any] = {
            "llm_model": llm and f"openai:{llm}", "llm_base_url": base, "llm_api_key": "sk-secret",
            "embedding_model": embedding and f"openai:{embedding}", "embedding_base_url": base,
            "embedding_api_key": "sk-secret", "llm_timeout": 1.0, "embedding_timeout": 1.0,
        }  # fmt: skip
        settings = replace(console.lectern.settings, **{**models, **changes})
        console.lectern = bootstrap.build(settings, broker=InMemoryBroker())

    return to


def part(console: Console, name: str) -> dict[str, Any]:
    ended = console.run("doctor", "--json", "--timeout", "0.1")
    assert "secret" not in ended.out + ended.err
    found: dict[str, Any] = json.loads(ended.out)["parts"][name]
    return found


REACHED = Script(value={"reached": True})
LLM = [
    pytest.param(REACHED, True, "answers in the form", "", id="works"),
    pytest.param(Script(status=401), False, "401, it does not take the key", "key", id="key"),
    pytest.param(Script(status=404), False, "404, there is no such model", "LLM_MODEL the model's", id="model"),
    pytest.param(Script(status=429), False, "429", "limits", id="busy"),
    pytest.param(Script(status=500), False, "500", "log of its server", id="fault"),
    pytest.param(Script(failure="stall"), False, "in time", "LLM_TIMEOUT", id="stalled"),
    pytest.param(Script(text="Hello!"), False, "not in the form", "calls tools", id="another form"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "ok", "says", "do"), LLM)
def test_doctor_asks_the_language_model_once(
    console: Console, server: ModelServer, set_models: Setter, script: Script, ok: bool, says: str, do: str
) -> None:
    set_models(llm="scripted-1")
    server.scripts = [script]
    found = part(console, "llm")
    assert (found["ok"], len(server.asked)) == (ok, 1)
    assert says in found["says"]
    assert do in found["do"]


def test_doctor_says_that_no_language_model_is_set(console: Console, server: ModelServer) -> None:
    assert part(console, "llm") == {
        "ok": True, "says": "No LLM_MODEL is set: answers are quotes of the course.", "do": "",
    }  # fmt: skip


EMBEDDING = [
    pytest.param(Script(), True, "embeds: 64 numbers a text", "", id="works"),
    pytest.param(Script(status=401), False, "401, it does not take the key", "key", id="key"),
    pytest.param(Script(status=404), False, "404", "EMBEDDING_MODEL the model's right name", id="model"),
    pytest.param(Script(vectors=[[0.0]]), False, "zero or not finite", "EMBEDDING_BASE_URL", id="no vector"),
    pytest.param(Script(failure="stall"), False, "Timeout", "EMBEDDING_TIMEOUT", id="stalled"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "ok", "says", "do"), EMBEDDING)
def test_doctor_has_the_hosted_embedding_model_embed_once(
    console: Console, server: ModelServer, set_models: Setter, script: Script, ok: bool, says: str, do: str
) -> None:
    set_models(embedding="embed-1")
    server.embedding_scripts = [script]
    found = part(console, "embedding")
    assert (found["ok"], len(server.embedded)) == (ok, 1)
    assert says in found["says"] or (do == "EMBEDDING_TIMEOUT" and "in time" in found["says"])
    assert do in found["do"]


def test_without_a_server_both_models_are_told_unreachable(console: Console, set_models: Setter) -> None:
    gone = "http://127.0.0.1:9"
    set_models(llm="x", embedding="y", llm_base_url=gone, embedding_base_url=gone)
    for name in ("llm", "embedding"):
        found = part(console, name)
        assert not found["ok"]
        assert "Is its server up" in found["do"]


# --- another model than the course's --------------------------------------------------------------------------------

COMMAND = "python manage.py reembed_course tea"


@pytest.fixture
def tea(console: Console) -> Console:
    """A course that the bundled model embedded."""
    console.lesson("oolong", "Ada")
    console.lesson("sencha", "Bob")
    assert console.ingest().status == 0
    return console


def reembed(console: Console) -> Ended:
    return console.run("reembed_course", "tea")


def test_a_changed_model_is_told_everywhere_with_the_command_that_embeds_anew(
    tea: Console, set_models: Setter
) -> None:
    set_models(embedding="embed-1")
    searched = tea.run("search_course", "tea", "garden")
    assert searched.status == 1
    assert COMMAND in searched.err
    assert "all-MiniLM-L6-v2 (384 numbers)" in searched.err
    assert COMMAND in tea.run("show_course", "tea").out
    found = part(tea, "passages")
    assert (found["ok"], COMMAND in found["do"]) == (False, True)


def test_a_course_is_embedded_anew_without_its_material(
    tea: Console, server: ModelServer, set_models: Setter
) -> None:
    for file in tea.material.iterdir():
        file.unlink()
    set_models(embedding="embed-1")
    ended = reembed(tea)
    assert ended.status == 0, ended.err
    assert "2 passages, embedded by openai:embed-1" in ended.out
    assert "found by Ada" in tea.finds("garden Ada")
    assert part(tea, "passages")["ok"]
    assert tea.lectern.tutor.indexing.index.stats(tea.lectern.tutor.course_for("tea").key).models == (
        "openai:embed-1",
    )


def test_a_server_that_embeds_otherwise_under_the_same_name_is_told_and_embedded_anew(
    tea: Console, server: ModelServer, set_models: Setter
) -> None:
    set_models(embedding="embed-1")
    assert reembed(tea).status == 0
    server.dimensions = 32
    searched = tea.run("search_course", "tea", "garden")
    assert COMMAND in searched.err
    assert "openai:embed-1 (64 numbers)" in searched.err
    assert reembed(tea).status == 0
    assert "found by Ada" in tea.finds("garden Ada")


def test_an_ingest_of_the_same_material_embeds_anew_as_well_and_then_nothing(
    tea: Console, set_models: Setter
) -> None:
    set_models(embedding="embed-1")
    assert "2 passages, 2 of them embedded now" in tea.ingest().out
    again = tea.ingest()
    assert "2 unchanged" in again.out
    assert "0 of them embedded now" in again.out


def test_after_embedding_anew_unchanged_material_is_known(tea: Console, set_models: Setter) -> None:
    set_models(embedding="embed-1")
    assert reembed(tea).status == 0
    again = tea.ingest()
    assert "2 unchanged" in again.out
    assert "0 of them embedded now" in again.out


def test_a_model_that_cannot_be_used_leaves_the_course_as_it_was(
    tea: Console, server: ModelServer, set_models: Setter
) -> None:
    set_models(embedding="embed-1")
    server.embedding_scripts = [Script(status=401)]
    ended = reembed(tea)
    assert (ended.status, len(server.embedded)) == (1, 1)
    assert "401, it does not take the key" in ended.err
    assert "secret" not in ended.err
    set_models()
    assert "found by Ada" in tea.finds("garden Ada")


def test_a_course_that_the_index_lost_asks_for_its_material(tea: Console, set_models: Setter) -> None:
    tutor: Tutor = tea.lectern.tutor
    tutor.indexing.index.remove_document(tutor.course_for("tea").key, "oolong.md")
    set_models(embedding="embed-1")
    assert "ingest_course tea" in reembed(tea).err
    assert tea.run("reembed_course", "none").status == 1


def uploaded(console: Console, tmp_path: Path, name: str, text: str) -> Run:
    file = tmp_path / "sent"
    file.write_text(text)
    return console.lectern.curator.upload("tea", "", [NamedFile(name=name, path=file)])


def test_embedding_anew_takes_nothing_back_that_was_accepted_before_it(
    tea: Console, set_models: Setter, tmp_path: Path
) -> None:
    set_models(embedding="embed-1")
    tutor = tea.lectern.tutor
    changed = uploaded(tea, tmp_path, "oolong.md", "# Oolong\n\nIt was found by Eve in a garden.\n")
    removed = tea.lectern.curator.remove_document(tutor.course_for("tea"), "sencha.md")
    # Hides the two before it from whoever looks at the course's latest job.
    tea.lectern.engine.cancel(uploaded(tea, tmp_path, "other.md", "# Other\n\nNobody wants this.\n").id)
    assert reembed(tea).status == 0
    assert [tea.lectern.engine.get(run.id).status for run in (changed, removed)] == [RunStatus.SUCCEEDED] * 2
    assert "found by Eve" in tea.finds("garden")
    assert "found by Bob" not in tea.finds("garden")
    assert [document.name for document in tutor.documents(tutor.course_for("tea"))] == ["oolong.md"]


def test_a_cancelled_upload_hides_none_before_it_that_an_ingest_must_wait_for(
    tea: Console, tmp_path: Path
) -> None:
    changed = uploaded(tea, tmp_path, "oolong.md", "# Oolong\n\nIt was found by Eve in a garden.\n")
    tea.lectern.engine.cancel(uploaded(tea, tmp_path, "other.md", "# Other\n\nNobody wants this.\n").id)
    assert "has not ended" in tea.run("ingest_course", "tea", str(tea.material), "--no-wait").err
    ended = tea.ingest()
    assert tea.lectern.engine.get(changed.id).status is RunStatus.SUCCEEDED
    # What is ingested is the whole material, whatever was uploaded before.
    assert "found by Ada" in tea.finds("garden"), ended.err
