"""The Weaviate that tests speak with: TEST_WEAVIATE_URL, TEST_WEAVIATE_GRPC_URL and TEST_WEAVIATE_API_KEY name it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lectern.adapters.sql.ledger import SqlLedger
from lectern.adapters.weaviate.index import WeaviatePassageIndex
from lectern.adapters.weaviate.server import WeaviateServer
from lectern.adapters.weaviate.shelves import Shelves

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient


class NoServer(Exception):
    """There is no Weaviate to test with; the message says why."""


@dataclass(frozen=True)
class Address:
    """Where it is, and its key."""

    url: str
    grpc_url: str
    api_key: str

    def server(self, url: str = "", grpc_url: str = "", read_seconds: float = 30.0) -> WeaviateServer:
        """Return it, or what stands in front of it, with the patience of a loaded machine; the caller closes it."""
        return WeaviateServer(
            url or self.url, self.api_key, grpc_url=grpc_url or self.grpc_url, read_seconds=read_seconds
        )


def address() -> Address:
    """Return the server of the environment. Raises `NoServer`."""
    url = os.environ.get("TEST_WEAVIATE_URL", "")
    if not url:
        raise NoServer(
            "There is no Weaviate: TEST_WEAVIATE_URL names none (CONTRIBUTING.md tells how to start one)."
        )
    return Address(
        url, os.environ.get("TEST_WEAVIATE_GRPC_URL", ""), os.environ.get("TEST_WEAVIATE_API_KEY", "")
    )


@contextmanager
def passages(
    at: Address, url: str = "", grpc_url: str = "", owner: str = ""
) -> Iterator[WeaviatePassageIndex]:
    """Give the passages on that server, those of an installation `owner`, and remove them behind it."""
    server, owner = at.server(url, grpc_url), owner or f"test{secrets.token_hex(4)}"
    try:
        yield WeaviatePassageIndex(server, SqlLedger(), lambda: owner)
        server.write(lambda client: _remove(client, Shelves(owner)))
    finally:
        server.close()


async def _remove(client: "WeaviateAsyncClient", shelves: Shelves) -> None:
    for name in (shelves.passages, shelves.spellings, shelves.vectors):
        await client.collections.delete(name)
