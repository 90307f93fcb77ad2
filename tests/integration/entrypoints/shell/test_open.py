"""Who is served: this machine alone, unless ALLOW_OPEN says otherwise; and the headers that every answer has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from config import env
from tests.web_house import WebHouse

ROOT = Path(__file__).resolve().parents[4]
OPEN_HOST = "http://192.168.1.5"


def _client(house: WebHouse, address: str) -> TestClient:
    """A client whose requests arrive at `address`, though they name a host that is served."""
    return TestClient(house.shell, base_url=address, headers={"Host": "localhost"})


@pytest.mark.parametrize(
    "path", ["/health/live", "/api/ai/courses/", "/api/docs", "/static/ninja/favicon.svg"]
)
def test_a_request_by_another_address_than_the_loopback_is_refused(house: WebHouse, path: str) -> None:
    answer = _client(house, OPEN_HOST).get(path)
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_open"
    assert "ALLOW_OPEN=true" in answer.json()["error"]


@pytest.mark.parametrize("address", ["http://127.0.0.1", "http://[::1]:8000", "http://localhost:8000"])
def test_a_request_by_the_loopback_is_served(house: WebHouse, address: str) -> None:
    assert _client(house, address).get("/health/live").status_code == 200


def test_a_setting_serves_everybody(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    house = WebHouse(monkeypatch, allow_open=True)
    assert _client(house, OPEN_HOST).get("/health/live").status_code == 200


REFUSED = {
    "every address": ["uvicorn", "config.asgi:application", "--host", "0.0.0.0"],
    "every address of IPv6": ["uvicorn", "--host=::", "config.asgi:application"],
    "another machine's view": ["uvicorn", "config.asgi:application", "--port", "1", "--host", "192.0.2.1"],
    "no host": ["uvicorn", "config.asgi:application", "--host", ""],
}


@pytest.mark.parametrize("arguments", REFUSED.values(), ids=REFUSED)
def test_a_server_that_was_told_an_open_address_does_not_start(arguments: list[str]) -> None:
    with pytest.raises(env.WrongSettings, match="ALLOW_OPEN=true"):
        env.check_open_address(env.read({}), arguments)
    env.check_open_address(env.read({"ALLOW_OPEN": "true"}), arguments)


@pytest.mark.parametrize("arguments", [["uvicorn", "--host", "127.0.0.1"], ["uvicorn"], ["manage.py", "x"]])
def test_a_server_on_the_loopback_starts(arguments: list[str]) -> None:
    env.check_open_address(env.read({}), arguments)


def test_uvicorn_ends_with_a_sentence(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)}
    ended = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "Lectern does not check who asks" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/ai/courses/"),
        ("GET", "/api/docs"),
        ("GET", "/static/ninja/swagger-ui-bundle.js"),
        ("GET", "/health/live"),
        ("GET", "/nowhere"),
        ("OPTIONS", "/api/ai/ask-async/"),
    ],
)
def test_every_answer_carries_the_headers(house: WebHouse, method: str, path: str) -> None:
    preflight = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    headers = house.http.request(method, path, headers=preflight if method == "OPTIONS" else {}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_docs_page_may_run_its_own_scripts_and_json_none(house: WebHouse) -> None:
    assert "script-src 'self'" in house.http.get("/api/docs").headers["content-security-policy"]
    assert "script-src" not in house.http.get("/api/openapi.json").headers["content-security-policy"]
