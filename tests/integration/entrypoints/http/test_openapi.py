"""The API's description of itself."""

from typing import Any

import pytest

from tests.web_house import WebHouse

#: Statuses that each route can answer with, besides 405, which its absent methods have.
STATUSES = {
    "POST /api/ai/ask-async/": {202, 400, 403, 404, 408, 409, 413, 415, 500, 503},
    "POST /api/ai/ask/": {200, 202, 400, 403, 404, 408, 409, 413, 415, 500, 503},
    "GET /api/ai/tasks/": {200, 400, 500, 503},
    "GET /api/ai/tasks/{task_id}/status/": {200, 404, 410, 500, 503},
    "POST /api/ai/tasks/{task_id}/cancel/": {200, 403, 404, 408, 410, 413, 500, 503},
    "POST /api/ai/tasks/{task_id}/retry/": {200, 202, 403, 404, 408, 409, 410, 413, 500, 503},
    "POST /api/ai/tasks/{task_id}/feedback/": {200, 400, 403, 404, 408, 409, 413, 415, 500, 503},
    "GET /api/ai/threads/{thread_id}/": {200, 400, 404, 500, 503},
    "GET /api/ai/courses/": {200, 500, 503},
    "GET /api/ai/courses/{course_id}/": {200, 404, 500, 503},
    "GET /api/ai/courses/{course_id}/documents/": {200, 404, 500, 503},
    "POST /api/ai/courses/{course_id}/documents/": {202, 400, 401, 403, 408, 413, 415, 500, 503, 507},
    "DELETE /api/ai/courses/{course_id}/documents/{name}/": {202, 401, 403, 404, 408, 413, 500, 503},
    "GET /api/ai/courses/{course_id}/gaps/": {200, 400, 401, 403, 404, 500, 503},
    "GET /api/ai/courses/{course_id}/answers/": {200, 400, 404, 500, 503},
    "POST /api/ai/courses/{course_id}/answers/": {202, 400, 401, 403, 404, 408, 413, 415, 500, 503, 507},
    "DELETE /api/ai/courses/{course_id}/answers/{answer_id}/": {202, 401, 403, 404, 408, 413, 500, 503},
    "GET /api/ai/courses/{course_id}/search/": {200, 400, 404, 409, 500, 503},
    "GET /api/ai/courses/{course_id}/concepts/": {200, 400, 404, 500, 503},
    "GET /api/ai/courses/{course_id}/concepts/{concept}/": {200, 404, 500, 503},
    "GET /api/ai/courses/{course_id}/path/": {200, 400, 404, 500, 503},
}


@pytest.fixture
def described(house: WebHouse) -> dict[str, Any]:
    body: dict[str, Any] = house.http.get("/api/openapi.json").json()
    return body


def test_every_route_documents_every_status_with_a_schema(described: dict[str, Any]) -> None:
    found = {
        f"{method.upper()} {path}": operation
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }
    assert {name: set(map(int, operation["responses"])) for name, operation in found.items()} == STATUSES
    for operation in found.values():
        assert operation["description"]
        for response in operation["responses"].values():
            assert response["content"]["application/json"]["schema"]


def test_limits_of_the_fields_are_told(described: dict[str, Any]) -> None:
    asked = described["components"]["schemas"]["AskRequest"]
    assert asked["required"] == ["student_id", "question"]
    assert asked["properties"]["question"]["maxLength"] == 4000


def test_the_page_asks_no_other_host(house: WebHouse) -> None:
    page = house.http.get("/api/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-init.js"):
        assert f"/static/ninja/{name}" in page.text
        assert house.http.get(f"/static/ninja/{name}").status_code == 200
    assert '"validatorUrl": "none"' in page.text


def test_the_bare_address_tells_where_to_go_on(house: WebHouse) -> None:
    links = house.http.get("/").json()
    assert house.http.get(links["docs"]).status_code == 200
    assert house.http.get(links["openapi"]).status_code == 200
