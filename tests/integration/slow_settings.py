"""Lectern's own settings plus the slow workload."""

from dataclasses import replace

from config.settings import *  # noqa: F403  # Django's way to extend settings
from config.settings import LECTERN as _LECTERN

LECTERN = replace(_LECTERN, workloads=("tests.integration.slow:workload",))
