"""Lectern's own settings plus the slow workloads."""

from dataclasses import replace

from config.settings import *  # noqa: F403  # Django's way to extend settings
from config.settings import LECTERN as _LECTERN

LECTERN = replace(
    _LECTERN,
    workloads=tuple(f"tests.integration.slow:{name}" for name in ("workload", "batches", "blocking")),
)
