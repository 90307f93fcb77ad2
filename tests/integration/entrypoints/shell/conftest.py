import pytest

from tests.web_house import WebHouse


@pytest.fixture
def house(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> WebHouse:
    return WebHouse(monkeypatch)
