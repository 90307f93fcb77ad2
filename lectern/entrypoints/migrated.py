"""Are the database's tables those of this version?"""

from django.db import DatabaseError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from lectern.engine.errors import StoreUnavailable


def is_migrated() -> bool:
    """Return True when no migration is left to do. Raises `StoreUnavailable`."""
    close_old_connections()
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as exc:
        raise StoreUnavailable(f"The database does not answer: {exc}.") from exc
    finally:
        close_old_connections()
