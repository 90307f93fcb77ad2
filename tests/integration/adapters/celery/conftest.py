from collections.abc import Iterator

import pytest

from tests.integration.adapters.celery.pool_app import app
from tests.playground import Playground


@pytest.fixture(scope="session")
def pool_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A migrated place with a broker. One for all: a Celery app keeps the connections that it made first."""
    place = Playground(tmp_path_factory.mktemp("p"))
    try:
        migrated = place.manage("migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        place.valkey()
        url = place.environment["CELERY_BROKER_URL"]
        app.conf.update(broker_url=url, result_backend=url)
        yield place
    finally:
        place.end()
