"""Lectern's own settings, with the storm's graph in the tutor's place."""

from dataclasses import replace

from config.settings import *  # noqa: F403  # Django's way to extend settings
from config.settings import LECTERN as _LECTERN

LECTERN = replace(_LECTERN, workloads=("benchmarks.chaos.graph:workload",))
