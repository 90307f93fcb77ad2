"""Lending: threads that are many and seldom ask the store share a few connections, so that a server can count on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from lectern.base.threads import company

#: Connections of a process for all its threads that share some.
SHARED = 4

_free: list[BaseDatabaseWrapper] = []
_turns = BoundedSemaphore(SHARED)
_borrower = local()


@contextmanager
def lent_connection() -> Iterator[None]:
    """Have Django use a shared connection in this thread, if it is one of more than there are of these; waits for it.

    All others keep one of their own, as does SQLite, where a connection is a file that is open. A call within a call
    and a caller's transaction stay on the connection that they have.
    """
    borrows = company() > SHARED and connection.vendor == "postgresql"
    if not borrows or connection.in_atomic_block or getattr(_borrower, "has_one", False):
        yield
        return
    own = connections[DEFAULT_DB_ALIAS]
    with _turns:
        lent = _free.pop() if _free else _new()
        connections[DEFAULT_DB_ALIAS], _borrower.has_one = lent, True
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS], _borrower.has_one = own, False
            _free.append(lent)


def _new() -> BaseDatabaseWrapper:
    made: BaseDatabaseWrapper = connections.create_connection(DEFAULT_DB_ALIAS)
    made.inc_thread_sharing()
    return made
