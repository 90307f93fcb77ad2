"""Where the rows are, for others who keep something beside them."""

from django.db import connection


def postgres_conninfo() -> str:
    """Return how psycopg reaches the rows' PostgreSQL, as libpq writes it; "" when they are in SQLite."""
    if connection.vendor != "postgresql":
        return ""
    from psycopg.conninfo import make_conninfo

    given = connection.get_connection_params()
    for name in ("context", "cursor_factory", "prepare_threshold"):  # psycopg's own arguments
        given.pop(name, None)
    return make_conninfo(**given)
