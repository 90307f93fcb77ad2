"""The database's time. On SQLite that is the process's own clock. Tests may inject another one."""

from datetime import UTC, datetime
from typing import Any, cast

from django.db import connection
from django.db.models import FloatField, Func

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


def aware(moment: datetime) -> datetime:
    """Return a time as it comes from the driver, with its zone: SQLite's has none."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class SecondsBetween(Func):
    """Seconds from one time to a later one, counted by the database."""

    arity = 2
    output_field = FloatField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """Return PostgreSQL's words for it."""
        return self._as("EXTRACT(EPOCH FROM ({1} - {0}))", compiler)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """Return SQLite's: it counts days."""
        return self._as("(julianday({1}) - julianday({0})) * 86400.0", compiler)

    def _as(self, template: str, compiler: Any) -> tuple[str, list[Any]]:
        (first, before), (second, after) = (compiler.compile(part) for part in self.source_expressions)
        return template.format(first, second), [*after, *before]
