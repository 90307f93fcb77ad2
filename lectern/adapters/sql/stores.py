"""Which store serves a port, where an installation has several: one row, so that a change needs no restart."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from lectern.adapters.sql.calls import store_call, store_write
from lectern.adapters.sql.models import StoreRow
from lectern.base.errors import LecternError

#: As long as a process goes on with what it read.
KNOWN_SECONDS = 2.0


def installation() -> str:
    """Return a name of this installation, made once: by it what it has is known on a server that others use too."""
    with store_write():
        row, _ = StoreRow.objects.get_or_create(port="installation", defaults={"store": secrets.token_hex(8)})
    return row.store


class SqlSwitch:
    """Names the one of `stores` that serves `port`: the first, until a row says otherwise.

    `unavailable` is raised where that is one that this process does not have.
    """

    def __init__(
        self,
        port: str,
        stores: Mapping[str, Any],
        unavailable: type[LecternError],
        *,
        known_seconds: float = KNOWN_SECONDS,
    ) -> None:
        self.stores, self._unavailable = stores, unavailable
        self._port, self._known_seconds = port, known_seconds
        self._known, self._known_until = next(iter(stores)), 0.0

    @property
    def serving(self) -> str:
        """The name of the store that serves; it may be one that this process does not have. Raises `StoreUnavailable`."""
        if time.monotonic() >= self._known_until:
            with store_call():
                row = StoreRow.objects.filter(port=self._port).first()
            self._known = row.store if row else next(iter(self.stores))
            self._known_until = time.monotonic() + self._known_seconds
        return self._known

    def serve(self, store: str) -> None:
        """Have `store` serve: here at once, in other processes within `KNOWN_SECONDS`."""
        with store_write():
            StoreRow.objects.update_or_create(port=self._port, defaults={"store": store})
        self._known_until = 0.0

    def __getattr__(self, name: str) -> Any:
        """Return a method of the store that serves, so that the switch can stand for it."""
        serving = self.serving
        if serving not in self.stores:
            raise self._unavailable(
                f"SQL says that {self._port} are in {serving}, and this process has no address of it.",
                hint="Start every process with the same settings.",
            )
        return getattr(self.stores[serving], name)
