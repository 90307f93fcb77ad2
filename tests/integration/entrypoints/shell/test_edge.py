"""What holds for every answer: hosts, CORS, JSON errors, slashes."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from lectern.entrypoints.http.responses import ProblemBody
from tests.web_house import ASKED, WebHouse

HERE = "http://localhost:3000"
BIG = b"a" * 1_000_001

#: method, path, body, status: one answer of each part of the web process, errors included.
ANSWERS = {
    "Django": ("GET", "/api/ai/courses/", b"", 200),
    "the shell": ("GET", "/health/live", b"", 200),
    "a static file": ("GET", "/static/ninja/swagger-ui.css", b"", 200),
    "400": ("GET", "/api/ai/tasks/", b"", 400),
    "404 of an unknown path": ("GET", "/nowhere", b"", 404),
    "404 below the API": ("GET", "/api/", b"", 404),
    "404 of a static file": ("GET", "/static/ninja/nothing.js", b"", 404),
    "404 of a static folder": ("GET", "/static/ninja/", b"", 404),
    "404 outside of the static folder": ("GET", "/static/..%2f..%2f..%2fetc/passwd", b"", 404),
    "405 of the bare address": ("POST", "/", b"", 405),
    "405 of the docs page": ("DELETE", "/api/docs", b"", 405),
    "405 of the description": ("PUT", "/api/openapi.json", b"", 405),
    "405 of a method that nothing has": ("CONNECT", "/api/docs", b"", 405),
    "405 of Django": ("GET", "/api/ai/ask-async/", b"", 405),
    "405 of the sync ask": ("DELETE", "/api/ai/ask/", b"", 405),
    "405 of health": ("POST", "/health/live", b"", 405),
    "405 of a static file": ("POST", "/static/ninja/swagger-ui.css", b"", 405),
    "413": ("POST", "/api/ai/ask-async/", BIG, 413),
    "413 of the sync ask": ("POST", "/api/ai/ask/", BIG, 413),
    "415": ("POST", "/api/ai/ask-async/", b"a=1", 415),
    "503 of health": ("GET", "/health/ready", b"", 503),
}


@pytest.mark.parametrize(("method", "path", "body", "status"), ANSWERS.values(), ids=ANSWERS)
def test_pages_of_this_machine_may_read_every_answer(
    house: WebHouse, method: str, path: str, body: bytes, status: int
) -> None:
    answer = house.http.request(method, path, content=body, headers={"Origin": HERE})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == HERE
    assert "retry-after" in answer.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize(("method", "path", "body", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_error_is_json_with_a_sentence(
    house: WebHouse, method: str, path: str, body: bytes, status: int
) -> None:
    answer = house.http.request(method, path, content=body)
    if status >= 400 and path != "/health/ready":
        problem = ProblemBody.model_validate(answer.json())
        assert problem.error.endswith(".")
        assert answer.headers["content-type"].startswith("application/json")
    if status == 405:
        assert answer.headers["allow"]
    if status == 503:
        assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://evil.example:3000",
        "http://127.0.0.1.evil.example",
        "http://localhost:3000.evil.example",
        "null",
    ],
)
def test_pages_from_elsewhere_may_not(house: WebHouse, origin: str) -> None:
    for path in ("/api/ai/courses/", "/nowhere", "/health/live"):
        answer = house.http.get(path, headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert (
        "access-control-allow-origin"
        not in house.http.options("/api/ai/ask-async/", headers=preflight).headers
    )


@pytest.mark.parametrize("origin", [HERE, "https://localhost", "http://127.0.0.1:5173", "http://localhost"])
def test_a_preflight_allows_a_page_of_this_machine_to_ask(house: WebHouse, origin: str) -> None:
    asks = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,idempotency-key",
    }
    answer = house.http.options("/api/ai/ask-async/", headers=asks)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "content-type" in answer.headers["access-control-allow-headers"]


def test_a_setting_adds_origins(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    house = WebHouse(monkeypatch, cors_allowed_origins=("https://lms.example.org",))
    for origin in ("https://lms.example.org", HERE):
        answer = house.http.get("/health/live", headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1", "", "a b", "[::1"])
def test_a_foreign_host_is_refused_everywhere(house: WebHouse, host: str) -> None:
    for path in ("/health/live", "/api/ai/courses/", "/static/ninja/favicon.svg"):
        answer = house.http.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert answer.json()["code"] == "foreign_host"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_names_of_this_machine_are_served(house: WebHouse, host: str) -> None:
    assert house.http.get("/health/live", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/api/ai/ask-async", "/api/ai/ask-async/"])
def test_a_forgotten_slash_loses_no_question(house: WebHouse, path: str) -> None:
    house.course()
    assert house.http.post(path, json=ASKED, follow_redirects=False).status_code == 202


def test_what_nobody_foresaw_is_a_500_without_details(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(house.lectern.tutor, indexing=None)  # type: ignore[arg-type]  # on purpose
    house.lectern.__dict__["tutor"] = broken
    answer = house.http.get("/api/ai/courses/", headers={"Origin": HERE})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "NoneType" not in answer.text
    assert answer.headers["access-control-allow-origin"] == HERE


def test_a_websocket_is_refused(house: WebHouse) -> None:
    from starlette.websockets import WebSocketDisconnect

    client = TestClient(house.shell, base_url="http://localhost")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/ai/ws"):
        pass
