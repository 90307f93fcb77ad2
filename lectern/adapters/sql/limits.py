"""Limits: how long PostgreSQL may say nothing to a statement before its connection is given up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

#: A server that is frozen takes connections and keeps them alive, so no limit of TCP's or of its own ends a statement.
STATEMENT_SECONDS = 10.0

_here = local()


@contextmanager
def answered_within(seconds: float | None) -> Iterator[None]:
    """Limit this thread's statements; None: as long as they take. Outside, such as in a migration, none is limited."""
    before = getattr(_here, "seconds", None)
    _here.seconds = seconds
    try:
        yield
    finally:
        _here.seconds = before


def limit_connections() -> None:
    """Have every connection to PostgreSQL keep the limit of the thread that uses it."""
    connection_created.connect(_limit, dispatch_uid="lectern.limits")


def _limit(connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection.vendor != "postgresql":
        return
    from psycopg import OperationalError

    driver = connection.connection
    wait = driver.wait

    def limited(answer: Any, *args: Any, **kwargs: Any) -> Any:
        seconds = getattr(_here, "seconds", None)
        if seconds is None:
            return wait(answer, *args, **kwargs)
        until = time.monotonic() + seconds
        try:
            return wait(answer, *args, **{**kwargs, "timeout": seconds})
        except OperationalError as exc:
            if time.monotonic() < until:
                raise
            driver.pgconn.finish()  # nobody knows what it still does
            raise OperationalError(f"it said nothing for {seconds:g} seconds") from exc

    driver.wait = limited
