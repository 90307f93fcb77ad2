import pytest

from tests.engine_house import House


@pytest.fixture
def house(transactional_db: None) -> House:
    """Engine on SQLite: the same atomicity as in production, no server."""
    return House()
