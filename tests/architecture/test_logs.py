"""What must not stand in a log: passwords of URLs, and what clients of language models write at DEBUG."""

import pytest

from config.logging import logging_config, mask
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
