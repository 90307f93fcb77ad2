"""The table of settings, its reference page, and what a wrong value is answered with."""

from pathlib import Path

import pytest

from config import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", env.VARIABLES)
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
    ],
)
def test_a_wrong_setting_is_told_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(env.WrongSettings, match=expected) as stopped:
        env.read({name: value})
    assert f"{name} =" in str(stopped.value)
    assert "Traceback" not in str(stopped.value)


def test_postgresql_without_its_driver_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "find_spec", lambda name: None)
    with pytest.raises(env.WrongSettings, match="psycopg"):
        env.read({"DATABASE_URL": "postgresql://user:hidden@host/name"})
