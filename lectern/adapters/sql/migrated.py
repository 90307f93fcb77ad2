"""Are the tables of the rows those of this version?"""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from lectern.adapters.sql.calls import store_call


def rows_are_migrated() -> bool:
    """Return True when `migrate` has nothing left to do for the rows. Raises `StoreUnavailable`."""
    with store_call():
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
