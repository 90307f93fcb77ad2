"""The Django app that carries views, tasks and management commands."""

from django.apps import AppConfig, apps
from django.core.management.base import CommandError
from django.db.models.signals import post_migrate

from lectern.base.errors import LecternError


class EntrypointsConfig(AppConfig):
    """Has no tables."""

    name = "lectern.entrypoints"
    label = "lectern_entrypoints"

    def ready(self) -> None:
        """Let `migrate` prepare what is beside the rows, too."""
        post_migrate.connect(_prepare_checkpoints, sender=apps.get_app_config("lectern"))


def _prepare_checkpoints(**_: object) -> None:
    from lectern.bootstrap import prepare_checkpoints

    try:
        prepare_checkpoints()
    except LecternError as exc:
        raise CommandError(f"{exc} {exc.hint}".strip()) from exc
