"""The Django app that owns the rows."""

from django.apps import AppConfig

from lectern.adapters.sql.limits import limit_connections


class SqlConfig(AppConfig):
    """Labelled "lectern": its tables are called lectern_*."""

    name = "lectern.adapters.sql"
    label = "lectern"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have connections keep the limits of calls on the store."""
        limit_connections()
