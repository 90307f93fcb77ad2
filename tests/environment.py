"""A pytest plugin that is loaded before Django's settings are: tests write into a folder of their own."""

import os
import tempfile

import pytest

os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="lectern-tests-")
for name in ("DATABASE_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "REDIS_HOST", "DEFAULT_COURSE_ID"):
    os.environ.pop(name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--requests", type=int, default=270, help="requests that test_fuzz.py makes of the API's description"
    )


def pytest_unconfigure() -> None:
    import shutil

    shutil.rmtree(os.environ["VAR_DIR"], ignore_errors=True)
