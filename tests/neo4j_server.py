"""The Neo4j that tests speak with: TEST_NEO4J_URI, TEST_NEO4J_USER and TEST_NEO4J_PASSWORD name it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lectern.adapters.neo4j.concepts import Neo4jConceptGraph
from lectern.adapters.neo4j.server import Neo4jServer
from lectern.adapters.sql.courses import SqlCourses


class NoServer(Exception):
    """There is no Neo4j to test with; the message says why."""


@dataclass(frozen=True)
class Address:
    """Where it is, and who may write."""

    uri: str
    user: str
    password: str

    def server(self, uri: str = "", read_seconds: float = 30.0) -> Neo4jServer:
        """Return it, or what stands in front of it at `uri`, with the patience of a loaded machine; the caller closes it."""
        return Neo4jServer(uri or self.uri, self.user, self.password, read_seconds=read_seconds)


def address() -> Address:
    """Return the server of the environment. Raises `NoServer`."""
    uri = os.environ.get("TEST_NEO4J_URI", "")
    if not uri:
        raise NoServer(
            "There is no Neo4j: TEST_NEO4J_URI names none (CONTRIBUTING.md tells how to start one)."
        )
    user = os.environ.get("TEST_NEO4J_USER", "neo4j")
    return Address(uri, user, os.environ.get("TEST_NEO4J_PASSWORD", ""))


@contextmanager
def concepts(at: Address, uri: str = "", owner: str = "") -> Iterator[Neo4jConceptGraph]:
    """Give concepts on that server, those of an installation `owner`, and remove them behind it."""
    server, owner = at.server(uri), owner or f"test-{secrets.token_hex(4)}"
    graph = Neo4jConceptGraph(server, SqlCourses().has_key, lambda: owner)
    try:
        yield graph
        for course in graph.kept_courses():
            graph.remove_course(course)
    finally:
        server.close()
