"""Whether the database can hold every character: a PostgreSQL database has the encoding that it was made with."""

from django.db import connection

from lectern.adapters.sql.calls import store_call
from lectern.engine.errors import StoreRefuses


def require_utf8() -> None:
    """Return when every character can be written; SQLite takes them all. Raises `StoreRefuses`, `StoreUnavailable`."""
    if connection.vendor != "postgresql":
        return
    with store_call(), connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if encoding != "UTF8":
        raise StoreRefuses(
            f"The database was made with the encoding {encoding}, which does not hold every character.",
            hint="Make it anew: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0.",
        )
