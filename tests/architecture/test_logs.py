"""What must not stand in a log: passwords of URLs, what clients of language models write at DEBUG, the same thing twice."""

import logging

import pytest
from celery.app.trace import LOG_FAILURE, LOG_IGNORED, LOG_RECEIVED, LOG_RETRY, LOG_SUCCESS
from django.conf import settings

from config.logging import logging_config, mask, tells_news
from config.providers import PROVIDERS


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        pytest.param("at redis://:hidden@host/0", "at redis://:***@host/0", id="no user"),
        pytest.param("at postgresql://u:hidden@host/n now", "at postgresql://u:***@host/n now", id="user"),
        pytest.param("at redis://:hid@den@host/0", "at redis://:***@host/0", id="an @ in it"),
        pytest.param("at http://host:80/a, mail a@b", "at http://host:80/a, mail a@b", id="no password"),
    ],
)
def test_the_password_of_a_url_is_masked(line: str, masked: str) -> None:
    assert mask(None, "", {"error": line}) == {"error": masked}


def test_clients_of_language_models_do_not_write_questions_at_debug() -> None:
    quiet = {name for name, one in logging_config("DEBUG")["loggers"].items() if one["level"] != "DEBUG"}
    assert {"httpx", "httpx2", "httpcore", "httpcore2", *PROVIDERS} <= quiet


def test_celery_tells_of_runs_what_lectern_does_not() -> None:
    def told(line: str, task: str, level: int = logging.INFO) -> bool:
        record = logging.makeLogRecord({"msg": line, "levelno": level, "data": {"name": task}})
        return tells_news(record)

    for task in settings.CELERY_BROKER_TRANSPORT_OPTIONS["run_tasks"]:
        assert [told(line, task) for line in (LOG_RECEIVED, LOG_SUCCESS)] == [False] * 2
        assert [told(line, task) for line in (LOG_RETRY, LOG_IGNORED)] == [True] * 2
        assert told(LOG_FAILURE, task, logging.ERROR)
    assert [told(line, "lectern.forget") for line in (LOG_RECEIVED, LOG_SUCCESS)] == [True] * 2
    assert tells_news(logging.makeLogRecord({"msg": "ready.", "levelno": logging.INFO}))
