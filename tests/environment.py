"""A pytest plugin that is loaded before Django's settings are: tests write into a folder of their own."""

import os
import tempfile

os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="lectern-tests-")
for name in ("DATABASE_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "REDIS_HOST", "DEFAULT_COURSE_ID"):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("LLM_") or name.endswith("_API_KEY")]:
    del os.environ[name]


def pytest_unconfigure() -> None:
    import shutil

    shutil.rmtree(os.environ["VAR_DIR"], ignore_errors=True)
