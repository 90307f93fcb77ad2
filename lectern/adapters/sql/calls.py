"""How every call on the store is made: with a live connection, in its turn, and with errors of our own."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import TypeVar

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connection,
    transaction,
)

from lectern.adapters.sql import limits
from lectern.adapters.sql.lending import lent_connection
from lectern.adapters.sql.limits import answered_within
from lectern.base.errors import first_line
from lectern.engine.errors import StoreRefuses, StoreUnavailable

_HINT = "Try again in a moment; if it lasts, check DATABASE_URL and that the database is up and migrated."
T = TypeVar("T")

_RESTORE = "Put a backup in its place: python manage.py restore <file> --replace"


@contextmanager
def store_call(*, unlimited: bool = False) -> Iterator[None]:
    """Run one call on the store with a live connection, and map what the driver raises.

    A statement that gets no answer for `STATEMENT_SECONDS` ends it, unless it is `unlimited`: it moves much at once.

    Threads of our own see no request and no Celery signal, so each call drops connections that died meanwhile; inside a
    caller's transaction the connection is the caller's.
    """
    with lent_connection(), _within_limits(unlimited), _live_connection():
        yield


def _within_limits(unlimited: bool = False) -> AbstractContextManager[None]:
    return answered_within(None if unlimited else limits.STATEMENT_SECONDS)


@contextmanager
def _live_connection() -> Iterator[None]:
    _drop_dead_connections()
    try:
        yield
        connection.answered_at = time.monotonic()  # type: ignore[attr-defined]  # ours
    except (OperationalError, InterfaceError, ProgrammingError) as exc:
        if _lacks_table(exc):
            raise StoreUnavailable(
                "The database is not prepared.", hint="Run: python manage.py migrate"
            ) from exc
        raise StoreUnavailable(f"The database does not answer: {first_line(exc)}.", hint=_HINT) from exc
    except (
        DataError,
        IntegrityError,
        UnicodeEncodeError,
    ) as exc:  # the last: half a character, before it is sent
        raise StoreRefuses(f"The database does not take a value: {first_line(exc)}.") from exc
    except DatabaseError as exc:
        if _is_damaged(exc):
            raise StoreUnavailable(f"The database is damaged: {first_line(exc)}.", hint=_RESTORE) from exc
        raise StoreUnavailable(f"The database refused a statement: {first_line(exc)}.", hint=_HINT) from exc
    finally:
        _drop_dead_connections()


def store_read(read: Callable[[], T]) -> T:
    """Return what `read` reads, which changes nothing; a connection that died since its last call is made anew.

    For the hottest reads: no statement asks beforehand whether the connection lives, as `store_call` has it.
    """
    with lent_connection(), _within_limits():
        _drop_dead_connections()
        if not connection.in_atomic_block and connection.connection is not None:
            connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs lack it
            try:
                return read()
            except (DatabaseError, InterfaceError, UnicodeEncodeError):
                pass  # whatever it was, the second call tells
        with _live_connection():
            return read()


#: SQLite has one writer at a time, and lets the others sleep up to 100 ms between looks: with 32 threads the last one
#: waits most of a second. Taking turns by a lock, each begins as soon as the one before has committed.
_turn = Lock()
#: As long as SQLite itself waits for another process's transaction: who waits behind such a one gives up with it.
TURN_SECONDS = 5.0


@contextmanager
def store_write(*, unlimited: bool = False) -> Iterator[None]:
    """Run one transaction on the store; the writers of this process take turns where the database has only one."""
    with store_call(unlimited=unlimited), _in_turn(), transaction.atomic():
        yield


@contextmanager
def store_statement() -> Iterator[None]:
    """Run one statement that changes rows. It is a transaction by itself: no round trips that begin and commit one."""
    with store_call(), _in_turn():
        yield


@contextmanager
def _in_turn() -> Iterator[None]:
    # A caller's transaction has SQLite's lock already: waiting for a turn, it would wait for one who waits for it.
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    if not _turn.acquire(timeout=TURN_SECONDS):
        raise StoreUnavailable(
            f"The database did not take a change for {TURN_SECONDS:g} seconds.", hint=_HINT
        )
    try:
        yield
    finally:
        _turn.release()


def _lacks_table(exc: DatabaseError | InterfaceError) -> bool:
    """True on SQLite's and PostgreSQL's word for it. That a database or a role does not exist is another matter."""
    missing = isinstance(exc, ProgrammingError) and "does not exist" in str(exc)
    return missing or "no such table" in str(exc)


def _is_damaged(exc: DatabaseError) -> bool:
    """True on SQLite's words for it."""
    return "disk image is malformed" in str(exc) or "file is not a database" in str(exc)


#: A connection that answered this recently is not asked whether it lives: that costs a round trip for each call.
TRUSTED_SECONDS = 1.0


def _drop_dead_connections() -> None:
    if connection.in_atomic_block:
        return
    close_old_connections()
    if time.monotonic() - getattr(connection, "answered_at", -TRUSTED_SECONDS) < TRUSTED_SECONDS:
        connection.health_check_done = True  # type: ignore[attr-defined]  # lacks it in the stubs alone
