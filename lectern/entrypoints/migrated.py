"""Are the database's tables those of this version?"""

from django.db import DatabaseError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from lectern.bootstrap import checkpoints_are_prepared
from lectern.engine.errors import StoreUnavailable


def is_migrated() -> bool:
    """Return True when `migrate` has nothing left to do. Raises `StoreUnavailable`."""
    close_old_connections()
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes()) and checkpoints_are_prepared()
    except DatabaseError as exc:
        raise StoreUnavailable(f"The database does not answer: {exc}.") from exc
    finally:
        close_old_connections()
