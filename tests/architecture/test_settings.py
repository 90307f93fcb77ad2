"""The table of settings, its reference page, and what a wrong value is answered with."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from config import env, providers, variables
from config import settings as config_settings
from config.logging import logging_config

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", variables.VARIABLES)
def test_every_setting_has_its_line_in_the_reference(name: str) -> None:
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert f"| `{name}` |" in page


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(env.WrongSettings) as stopped:
        env.read({"PORT": "http", "RESULT_EXPIRES": "-1", "CELERY_BROKER_URL": "ftp://user:hidden@host"})
    message = str(stopped.value)
    for name in ("PORT", "RESULT_EXPIRES", "CELERY_BROKER_URL"):
        assert name in message
    assert "'http'" in message
    assert "hidden" not in message


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "CELERY_RESULT_BACKEND",
        "LLM_BASE_URL",
        "NEO4J_URI",
        "WEAVIATE_URL",
    ],
)
@pytest.mark.parametrize("password", ["hid／den", "[hidden", "hidden:1x"])
def test_a_url_that_cannot_be_split_is_not_quoted(name: str, password: str) -> None:
    with pytest.raises(env.WrongSettings) as stopped:
        env.read({name: f"redis://user:{password}@host"[: -5 if ":" in password else None]})
    assert f"{name} = (not shown): expected a URL" in str(stopped.value)
    assert "hid" not in str(stopped.value)


def test_an_address_of_neo4j_wants_a_password() -> None:
    with pytest.raises(env.WrongSettings, match="NEO4J_PASSWORD is empty"):
        env.read({"NEO4J_URI": "bolt://h:7687"})


def test_without_its_driver_an_address_of_neo4j_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables, "find_spec", lambda _: None)
    with pytest.raises(env.WrongSettings, match="--extra neo4j"):
        env.read({"NEO4J_URI": "bolt://h:7687", "NEO4J_PASSWORD": "x"})


def test_without_its_client_an_address_of_weaviate_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables, "find_spec", lambda _: None)
    with pytest.raises(env.WrongSettings, match="--extra weaviate"):
        env.read({"WEAVIATE_URL": "http://h:8080"})


def test_an_address_of_weaviates_grpc_wants_that_of_weaviate() -> None:
    with pytest.raises(env.WrongSettings, match="WEAVIATE_URL is empty"):
        env.read({"WEAVIATE_GRPC_URL": "http://h:50051"})
    with pytest.raises(env.WrongSettings, match="expected http://host:port"):
        env.read({"WEAVIATE_URL": "nonsense", "WEAVIATE_GRPC_URL": "http://h:50051"})


@pytest.mark.parametrize(
    "given",
    [
        {"WEAVIATE_URL": "http://h:8080", "WEAVIATE_GRPC_URL": "http://h:8080"},
        {"WEAVIATE_URL": "http://h:50051"},
        {"WEAVIATE_URL": "http://[::1]:50051", "WEAVIATE_GRPC_URL": "http://[::1]"},
    ],
    ids=["both", "the port of gRPC alone", "the port that is meant without one"],
)
def test_one_port_for_both_of_weaviates_protocols_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(env.WrongSettings, match=r"WEAVIATE_GRPC_URL .* is the port of WEAVIATE_URL"):
        env.read(given)
    for grpc_url in ("http://other:8080", "http://h", ""):
        assert env.read({"WEAVIATE_URL": "http://h:8080", "WEAVIATE_GRPC_URL": grpc_url})
    assert env.read({"WEAVIATE_URL": "http://[::1]"})


def test_an_empty_value_counts_as_not_set() -> None:
    read = env.read({"PORT": "", "REDIS_HOST": " "})
    assert read["PORT"] == 8000
    assert read.given == frozenset()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"REDIS_HOST": "redis"}, "redis://redis:6379/0", id="host"),
        pytest.param({"REDIS_HOST": "r", "REDIS_PORT": "7000"}, "redis://r:7000/0", id="host and port"),
        pytest.param(
            {"CELERY_BROKER_URL": "redis://b:1/2", "REDIS_HOST": "r"}, "redis://b:1/2", id="URL wins"
        ),
        pytest.param(
            {"CELERY_BROKER_URL": "unix:///tmp/v.sock?db=0"},
            "redis+socket:///tmp/v.sock?virtual_host=0",
            id="unix",
        ),
    ],
)
def test_the_brokers_address_has_one_meaning(given: dict[str, str], expected: str) -> None:
    assert env.broker_url(env.read(given)) == expected


def test_with_nothing_set_and_no_bundled_server_this_hosts_redis_is_meant(tmp_path: Path) -> None:
    assert env.broker_url(env.read({"VAR_DIR": str(tmp_path)})) == "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("VAR_DIR", "/dev/null/x", "a folder", id="a folder that cannot be made"),
        pytest.param("VAR_DIR", "/dev/null", "a folder", id="a file for a folder"),
        pytest.param("CELERY_BROKER_URL", "redis://h:1x/0", "port", id="a port that is no number"),
        pytest.param("DATABASE_URL", "sqlite://h:70000/x", "port", id="a port that is too large"),
        pytest.param("DATABASE_URL", "mysql://h/x", "sqlite:///path", id="another database"),
        pytest.param(
            "WEAVIATE_URL", "h:8080", "http://host:port", id="Weaviate's address without its scheme"
        ),
        pytest.param(
            "WEAVIATE_URL", "http://u:hidden@h", "WEAVIATE_API_KEY", id="a key in Weaviate's address"
        ),
        pytest.param("NEO4J_URI", "http://h:7474", "bolt://", id="Neo4j's HTTP address"),
        pytest.param("NEO4J_URI", "bolt://u:hidden@h", "NEO4J_USER", id="a password in Neo4j's address"),
    ],
)
def test_a_wrong_setting_is_told_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(env.WrongSettings, match=expected) as stopped:
        env.read({name: value})
    assert f"{name} =" in str(stopped.value)
    assert "Traceback" not in str(stopped.value)


@pytest.mark.parametrize("missing", ["psycopg", "psycopg_pool", "langgraph.checkpoint.postgres"])
def test_postgresql_without_its_driver_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(variables, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(env.WrongSettings, match="--extra postgres"):
        env.read({"DATABASE_URL": "postgresql://user:hidden@host/name"})


def test_what_a_database_url_says_of_the_connection_holds_beside_our_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = (
        "postgresql://user:hidden@host/name?sslmode=require&connect_timeout=7&options=-c%20search_path%3Dmine"
    )
    monkeypatch.setattr(config_settings, "_env", env.read({"DATABASE_URL": url}))
    options = config_settings._database()["OPTIONS"]
    assert (options["sslmode"], int(options["connect_timeout"])) == ("require", 7)
    assert "-c lock_timeout=5000" in options["options"]
    assert "-c search_path=mine" in options["options"]
    assert options["tcp_user_timeout"] == 10_000


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"LLM_MODEL": "gpt-4.1"}, "provider:model", id="no provider"),
        pytest.param({"LLM_MODEL": "openai:"}, "provider:model", id="no model"),
        pytest.param({"LLM_MODEL": "acme:large"}, "provider:model", id="unknown provider"),
        pytest.param({"LLM_MODEL": "openai:gpt-4.1"}, "OPENAI_API_KEY is empty", id="no key"),
        pytest.param({"LLM_MODEL": "ollama:llama3"}, "--extra ollama", id="not installed"),
        pytest.param({"LLM_FALLBACK": "maybe"}, "extractive or fail", id="fallback"),
        pytest.param({"LLM_BASE_URL": "localhost:11434"}, "http://", id="address"),
    ],
)
def test_a_model_that_cannot_be_used_stops_the_start(
    given: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = providers.find_spec
    monkeypatch.setattr(providers, "find_spec", lambda name: None if "ollama" in name else real(name))
    with pytest.raises(env.WrongSettings, match=named):
        env.read(given)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"EMBEDDING_MODEL": "text-embedding-3-small"}, "provider:model", id="no provider"),
        pytest.param({"EMBEDDING_MODEL": "anthropic:x"}, "one of openai, google_genai, ollama", id="none of its own"),
        pytest.param({"EMBEDDING_MODEL": "openai:e"}, "OPENAI_API_KEY is empty: .*EMBEDDING_MODEL's", id="no key"),
        pytest.param({"EMBEDDING_MODEL": "openai:e", "LLM_BASE_URL": "http://h/v1"}, "EMBEDDING_BASE_URL", id="other"),
        pytest.param({"EMBEDDING_MODEL": "ollama:e"}, "--extra ollama", id="not installed"),
        pytest.param({"EMBEDDING_BASE_URL": "localhost"}, "http://", id="address"),
        pytest.param({"EMBEDDING_TIMEOUT": "0"}, "seconds above 0", id="timeout"),
    ],
)  # fmt: skip
def test_an_embedding_model_that_cannot_be_used_stops_the_start(
    given: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = providers.find_spec
    monkeypatch.setattr(providers, "find_spec", lambda name: None if "ollama" in name else real(name))
    with pytest.raises(env.WrongSettings, match=named):
        env.read(given)


def test_an_embedding_model_may_have_another_server_than_the_language_model() -> None:
    read = env.read(
        {"EMBEDDING_MODEL": "openai:e", "EMBEDDING_BASE_URL": "http://h/v1", "OPENAI_API_KEY": "k"}
    )
    assert (read["EMBEDDING_MODEL"], env.api_key(read, "EMBEDDING_MODEL")) == ("openai:e", "k")


def test_clients_of_models_log_no_question_and_no_address() -> None:
    levels = logging_config("DEBUG")["loggers"]
    for name in ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "anthropic", "google_genai", "ollama"):
        assert levels[name]["level"] == "WARNING"


def test_a_models_key_is_its_providers_and_is_never_shown() -> None:
    keys = {"OPENAI_API_KEY": "sk-hidden", "ANTHROPIC_API_KEY": "other"}
    read = env.read({**keys, "LLM_MODEL": "openai:gpt-4.1"})
    assert env.api_key(read, "LLM_MODEL") == "sk-hidden"
    shown = repr(replace(settings.LECTERN, llm_api_key="sk-hidden", child_environment=keys))
    assert "sk-hidden" not in shown


def test_a_server_of_ones_own_needs_no_key() -> None:
    read = env.read({"LLM_MODEL": "openai:local", "LLM_BASE_URL": "http://127.0.0.1:8080/v1"})
    assert env.api_key(read, "LLM_MODEL") == ""


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        pytest.param(["redis://b:1/2", ""], "redis://b:1/2", id="broker"),
        pytest.param(["redis+socket:///v.sock?virtual_host=3"], "unix:///v.sock?db=3", id="socket"),
        pytest.param(["amqp://b", "redis://r"], "redis://r", id="result backend"),
        pytest.param(["amqp://b", ""], "", id="none"),
    ],
)
def test_valkey_is_named_as_its_own_client_spells_it(urls: list[str], expected: str) -> None:
    assert env.valkey_url(*urls) == expected
