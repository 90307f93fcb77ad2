"""The database's time. On SQLite that is the process's own clock. Tests may inject another one."""

from datetime import datetime
from typing import cast

from django.db import connection

from lectern.base.clock import Clock, SystemClock


class StoreClock:
    """Tells the store's time: PostgreSQL's own, on SQLite this machine's; the injected clock's where there is one."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._injected, self._clock = clock is not None, clock or SystemClock()

    def now(self) -> datetime:
        """Return the store's time, aware, UTC."""
        if self._injected or connection.vendor != "postgresql":
            return self._clock.now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cast(datetime, cursor.fetchone()[0])

    def expression(self) -> tuple[str, dict[str, datetime]]:
        """Return the store's time as a part of a statement, and the parameters that it needs."""
        if self._injected or connection.vendor != "postgresql":
            return "%(created_at)s", {"created_at": self._clock.now()}
        return "clock_timestamp()", {}
