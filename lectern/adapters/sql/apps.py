"""The Django app that owns the rows."""

from django.apps import AppConfig


class SqlConfig(AppConfig):
    """Labelled "lectern": its tables are called lectern_*."""

    name = "lectern.adapters.sql"
    label = "lectern"
    default_auto_field = "django.db.models.BigAutoField"
