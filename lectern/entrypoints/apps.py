"""The Django app that carries views, tasks and management commands."""

from django.apps import AppConfig


class EntrypointsConfig(AppConfig):
    """Has no tables."""

    name = "lectern.entrypoints"
    label = "lectern_entrypoints"
