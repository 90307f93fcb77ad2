"""The Django app that carries views, tasks and management commands."""

from collections.abc import Callable

from django.apps import AppConfig, apps
from django.core.management.base import CommandError
from django.db import connection
from django.db.models.signals import post_migrate, pre_migrate

from lectern.base.errors import LecternError


class EntrypointsConfig(AppConfig):
    """Has no tables."""

    name = "lectern.entrypoints"
    label = "lectern_entrypoints"

    def ready(self) -> None:
        """Let `migrate` look at the database first, and prepare what is beside the rows, too."""
        rows = apps.get_app_config("lectern")
        pre_migrate.connect(_check_database, sender=rows)
        post_migrate.connect(_prepare_checkpoints, sender=rows)


def _check_database(**_: object) -> None:
    if _is_postgresql():
        from lectern.databases import check_database

        _told(check_database)


def _prepare_checkpoints(**_: object) -> None:
    if _is_postgresql():
        from lectern.databases import prepare_checkpoints

        _told(prepare_checkpoints)


def _is_postgresql() -> bool:
    """With SQLite there is nothing to do, and the launcher of `make run` need not load the whole house for it."""
    return connection.vendor == "postgresql"


def _told(step: Callable[[], None]) -> None:
    try:
        step()
    except LecternError as exc:
        raise CommandError(str(exc)) from exc
