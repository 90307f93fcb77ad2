import os
from collections.abc import Iterator

import pytest

from lectern.adapters.neo4j.concepts import Neo4jConceptGraph
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from tests import neo4j_server, postgres, weaviate_server


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


@pytest.fixture(scope="session")
def neo4j_address() -> neo4j_server.Address:
    """The server that TEST_NEO4J_URI names. Without one skipped; `make test-stores`, which is there for it, fails in CI."""
    try:
        return neo4j_server.address()
    except neo4j_server.NoServer as exc:
        pytest.skip(str(exc))


@pytest.fixture
def neo4j_concepts(neo4j_address: neo4j_server.Address, db: None) -> Iterator[Neo4jConceptGraph]:
    """Concepts on that server; those that a test leaves are removed."""
    with neo4j_server.concepts(neo4j_address) as graph:
        yield graph


@pytest.fixture(scope="session")
def weaviate_address() -> weaviate_server.Address:
    """The server that TEST_WEAVIATE_URL names. Without one skipped; `make test-stores`, which is there for it, fails in CI."""
    try:
        return weaviate_server.address()
    except weaviate_server.NoServer as exc:
        pytest.skip(str(exc))


@pytest.fixture
def weaviate_passages(
    weaviate_address: weaviate_server.Address, transactional_db: None
) -> Iterator[WeaviatePassageIndex]:
    """Passages on that server; those that a test leaves are removed."""
    with weaviate_server.passages(weaviate_address) as index:
        yield index
