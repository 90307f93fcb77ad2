import os
from collections.abc import Iterator

import pytest

from tests import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A server from the wheel, which a test may stop if it starts it again."""
    try:
        server = postgres.start()
    except postgres.NoServer as exc:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"There is no PostgreSQL: {exc}")
    yield server
    server.end()


@pytest.fixture
def postgres_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database on the server that TEST_DATABASE_URL names, else on one from the wheel."""
    url = os.environ.get("DATABASE_URL") or request.getfixturevalue("postgres_server").url
    with postgres.database_of_its_own(url) as database:
        yield database
