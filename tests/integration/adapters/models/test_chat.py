"""The real clients of two providers against a server that speaks their protocols and fails in their ways."""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from lectern.adapters.models.chat import ChatLanguageModel
from lectern.base.clock import SystemClock
from lectern.tutor.errors import LanguageModelError, ModelAway, ModelBusy, ModelRefuses
from lectern.tutor.ports.language_model import Reply
from tests.model_server import ModelServer, Script, model_server

SCHEMA = {
    "title": "compose",
    "description": "The answer.",
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
}
GOOD = {"text": "A loop repeats a block of code."}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture(params=["openai", "anthropic"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(server: ModelServer, provider: str, *scripts: Script, seconds: float = 30.0) -> Reply:
    server.scripts = list(scripts)
    model = ChatLanguageModel(**server.options(provider), timeout_seconds=30)
    return asyncio.run(model.ask(system="Be brief.", user="What is a loop?", schema=SCHEMA, seconds=seconds))


def test_an_object_comes_back_with_what_it_cost(server: ModelServer, provider: str) -> None:
    reply = ask(server, provider, Script(value=GOOD))
    assert reply == Reply(value=GOOD, input_tokens=100, output_tokens=20)
    assert server.asked[0].system.startswith("Be brief.")
    assert server.asked[0].user == "What is a loop?"
    assert f"sk-{provider}-secret" in server.asked[0].key


def test_an_object_that_was_written_as_text_is_taken(server: ModelServer, provider: str) -> None:
    assert ask(server, provider, Script(text='Here: {"text": "x"} Bye.')).value == {"text": "x"}


def test_a_server_of_ones_own_is_bound_by_a_format_and_told_what_it_means(server: ModelServer) -> None:
    ask(server, "openai", Script(value=GOOD))
    assert not server.asked[0].by_tool
    assert json.dumps(SCHEMA) in server.asked[0].system


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_takes_no_format_is_given_a_tool(server: ModelServer, status: int) -> None:
    assert ask(server, "openai", Script(status=status), Script(value=GOOD)).value == GOOD
    assert [asked.by_tool for asked in server.asked] == [False, True]


def test_openai_itself_is_given_a_tool(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", f"{server.url}/v1")
    server.scripts = [Script(value=GOOD)]
    model = ChatLanguageModel(**{**server.options("openai"), "base_url": ""}, timeout_seconds=30)
    reply = asyncio.run(model.ask(system="Be brief.", user="What is a loop?", schema=SCHEMA, seconds=30))
    assert (reply.value, server.asked[0].by_tool, server.asked[0].system) == (GOOD, True, "Be brief.")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param(Script(failure="refusal"), "refusal", id="refusal"),
        pytest.param(Script(), "no object", id="empty"),
        pytest.param(Script(text="I would rather chat."), "no object", id="text"),
        pytest.param(Script(value=GOOD, failure="broken arguments"), "cut off", id="cut off"),
    ],
)
def test_an_answer_without_an_object_says_why_and_is_counted(
    server: ModelServer, provider: str, script: Script, problem: str
) -> None:
    reply = ask(server, provider, script)
    assert (reply.value, reply.problem, reply.input_tokens) == (None, problem, 100)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(Script(status=401), ModelRefuses, id="401"),
        pytest.param(Script(status=404), ModelRefuses, id="404"),
        pytest.param(Script(status=429, word="insufficient_quota"), ModelRefuses, id="no credit"),
        pytest.param(Script(status=429), ModelBusy, id="429"),
        pytest.param(Script(status=529), ModelBusy, id="529"),
        pytest.param(Script(status=500), ModelAway, id="500"),
        pytest.param(Script(value=GOOD, failure="broken"), ModelAway, id="broken JSON"),
        pytest.param(Script(value=GOOD, failure="cut"), ModelAway, id="cut in the middle"),
    ],
)
def test_each_failure_is_one_of_our_errors_after_one_try(
    server: ModelServer, provider: str, script: Script, expected: type[LanguageModelError]
) -> None:
    with pytest.raises(LanguageModelError) as failed:
        ask(server, provider, script)
    assert type(failed.value) is expected
    assert len(server.asked) == 1


def test_a_stalled_answer_is_given_up(server: ModelServer, provider: str) -> None:
    with pytest.raises(ModelAway):
        ask(server, provider, Script(value=GOOD, failure="stall"), seconds=0.3)


def test_without_a_server_the_model_is_away(server: ModelServer, provider: str) -> None:
    options = {**server.options(provider), "base_url": "http://127.0.0.1:9"}
    model = ChatLanguageModel(**options, timeout_seconds=30)
    with pytest.raises(ModelAway):
        asyncio.run(model.ask(system="", user="x", schema=SCHEMA, seconds=30))


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_the_pause_that_a_provider_asks_for_is_kept(
    server: ModelServer, provider: str, as_date: bool
) -> None:
    at = format_datetime(SystemClock().now() + timedelta(seconds=300), usegmt=True)
    with pytest.raises(ModelBusy) as busy:
        ask(server, provider, Script(status=429, headers={"Retry-After": at if as_date else "300"}))
    assert busy.value.retry_after == pytest.approx(300, abs=30)


def test_no_key_is_in_an_error_or_a_log_although_the_provider_quotes_it(
    server: ModelServer, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ModelRefuses) as refused:
        ask(server, provider, Script(status=401))
    shown = [str(refused.value), str(refused.value.details), str(refused.value.__cause__), caplog.text]
    assert "secret" not in " ".join(shown)
    assert "401" in str(refused.value.details["reason"])


def test_a_client_that_cannot_be_made_shows_no_key(
    server: ModelServer, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, **options: object) -> None:
        raise ValueError(f"wrong options: {options}")

    monkeypatch.setattr("langchain.chat_models.init_chat_model", refuse)
    model = ChatLanguageModel(**server.options(provider), timeout_seconds=30)
    for use in (model.load, lambda: ask(server, provider)):
        with pytest.raises(ModelAway) as failed:
            use()
        assert "secret" not in f"{failed.value} {failed.value.details} {failed.value.__cause__}"


@pytest.mark.parametrize(("header", "seconds"), [("-5", 0), ("1e30", 3600), ("inf", 3600), ("nan", None)])
def test_an_absurd_pause_is_not_believed(
    server: ModelServer, provider: str, header: str, seconds: float | None
) -> None:
    with pytest.raises(ModelBusy) as busy:
        ask(server, provider, Script(status=429, headers={"Retry-After": header}))
    assert busy.value.retry_after == seconds


def test_one_model_serves_one_loop_after_another(server: ModelServer, provider: str) -> None:
    model = ChatLanguageModel(**server.options(provider), timeout_seconds=30)
    for _ in range(3):
        server.scripts = [Script(value=GOOD), Script(value=GOOD)]

        async def twice() -> None:
            for _ in range(2):
                assert (await model.ask(system="s", user="u", schema=SCHEMA, seconds=30)).value == GOOD

        asyncio.run(twice())
