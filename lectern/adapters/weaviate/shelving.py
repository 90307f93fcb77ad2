"""Having the collections of an installation there, before anybody reads or writes."""

import time
from collections.abc import Callable

from lectern.adapters.weaviate.server import WeaviateServer
from lectern.adapters.weaviate.shelves import Shelves, vector_name

#: A Weaviate that lost its data takes longer than this to begin anew.
_MADE_SECONDS = 1.0


class Shelving:
    """The collections of an installation, made where they are not there."""

    def __init__(self, server: WeaviateServer, installation: Callable[[], str]) -> None:
        self._server, self._installation = server, installation
        self._made: Shelves | None = None
        #: Until when it is taken for granted that they are there.
        self._made_until = 0.0
        #: Names of the vectors that passages can take.
        self._rooms: set[str] = set()

    def known(self) -> Shelves:
        """Return the collections; that they are there is looked at once."""
        return self._made or self._make(self._server.read)

    def checked(self) -> Shelves:
        """Return the collections; that they are there is looked at each second.

        What is written to a collection that is not there Weaviate makes one for, of another kind, which none of ours could
        replace: a server that lost its data may be back before anybody notices.
        """
        made = self._made  # another thread may doubt it meanwhile
        if made and time.monotonic() < self._made_until:
            return made
        return self._make(self._server.write)

    def make_room_for(self, model: str, dimensions: int) -> None:
        """Have passages take vectors of that model."""
        shelves, name = self.checked(), vector_name(model, dimensions)
        if name not in self._rooms:
            self._server.write(lambda client: shelves.make_room_for(client, model, dimensions))
            self._rooms.add(name)

    def doubt(self) -> None:
        """Have it looked whether they are there, at the next call."""
        self._made = None

    def _make(self, ask: Callable[..., object]) -> Shelves:
        made = self._made or Shelves(self._installation())
        ask(made.make)
        self._made, self._made_until = made, time.monotonic() + _MADE_SECONDS
        self._rooms.clear()
        return made
