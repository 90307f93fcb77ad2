"""Lectern's own settings, with the storm's graph in the tutor's place."""

from config.settings import *  # noqa: F403  # Django's way to extend settings
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "benchmarks.standing_in.StandIn"]
STAND_IN = "benchmarks.chaos.graph:workload"
