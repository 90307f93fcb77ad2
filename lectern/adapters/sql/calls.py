"""How every call on the store is made: with a live connection, in its turn, and with errors of our own."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)

from lectern.engine.errors import StoreRefuses, StoreUnavailable

_HINT = "Try again in a moment; if it lasts, check DATABASE_URL and that the database is up and migrated."


@contextmanager
def store_call() -> Iterator[None]:
    """Run one call on the store with a live connection, and map what the driver raises.

    Threads of our own see no request and no Celery signal, so each call drops connections that died meanwhile.
    """
    close_old_connections()
    try:
        yield
    except (OperationalError, InterfaceError) as exc:
        raise StoreUnavailable(f"The database does not answer: {exc}.", hint=_HINT) from exc
    except (
        DataError,
        IntegrityError,
        UnicodeEncodeError,
    ) as exc:  # the last: half a character, before it is sent
        raise StoreRefuses(f"The database does not take a value: {exc}.") from exc
    except DatabaseError as exc:
        raise StoreUnavailable(f"The database refused a statement: {exc}.", hint=_HINT) from exc
    finally:
        close_old_connections()


#: SQLite has one writer at a time, and lets the others sleep up to 100 ms between looks: with 32 threads the last one
#: waits most of a second. Taking turns by a lock, each begins as soon as the one before has committed.
_turn = Lock()


@contextmanager
def store_write() -> Iterator[None]:
    """Run one transaction on the store; the writers of this process take turns where the database has only one."""
    with store_call(), _turn if connection.vendor == "sqlite" else nullcontext(), transaction.atomic():
        yield
