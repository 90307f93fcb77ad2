"""A pytest plugin that is loaded before Django's settings are: tests write into a folder of their own.

With TEST_DATABASE_URL rows are in that PostgreSQL; "bundled" starts one from its wheel.
"""

import os
import tempfile

import pytest

os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="lectern-tests-")
for name in ("DATABASE_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "REDIS_HOST", "DEFAULT_COURSE_ID"):
    os.environ.pop(name, None)
for name in [
    name
    for name in os.environ
    if name.startswith(("LLM_", "EMBEDDING_", "UPLOAD_", "NEO4J_", "WEAVIATE_"))
    or (name.endswith("_API_KEY") and not name.startswith("TEST_"))
]:
    del os.environ[name]

_no_server, _end_server = "", lambda: None
if wanted := os.environ.get("TEST_DATABASE_URL", ""):
    from tests import postgres

    try:
        if wanted == postgres.BUNDLED:
            _server = postgres.start()
            wanted, _end_server = _server.url, _server.end
        postgres.check(wanted)
        os.environ["DATABASE_URL"] = wanted
    except postgres.NoServer as exc:
        _no_server = str(exc)


def pytest_cmdline_main() -> int | None:
    """End before any test where the wanted server is missing: well at home, as a failure in CI."""
    if not _no_server:
        return None
    print(f"There is no PostgreSQL to test with: {_no_server}")
    return int(os.environ.get("CI") == "true")


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Close each call's connection on PostgreSQL: threads of a test that end leave none to the garbage collector."""
    from django.db import connections

    if os.environ.get("DATABASE_URL"):
        connections.settings["default"]["CONN_MAX_AGE"] = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--requests", type=int, default=270, help="requests that test_fuzz.py makes of the API's description"
    )


def pytest_unconfigure() -> None:
    import shutil

    shutil.rmtree(os.environ["VAR_DIR"], ignore_errors=True)
    _end_server()
