"""The database's time. On SQLite that is the process's own clock, so tests may inject one."""

from datetime import datetime
from typing import cast

from django.db import connection

from lectern.base.clock import Clock, SystemClock


class StoreClock:
    """Tells the store's time: PostgreSQL's own, or on SQLite the injected clock's."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    def now(self) -> datetime:
        """Return the store's time, aware, UTC."""
        if connection.vendor != "postgresql":
            return self._clock.now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cast(datetime, cursor.fetchone()[0])
