"""Lectern's own settings, with the waiting graph in the tutor's place and a raw Celery task beside it."""

import os

from config.settings import *  # noqa: F403  # Django's way to extend settings
from config.settings import CELERY_IMPORTS as _IMPORTS
from config.settings import CELERY_TASK_ROUTES as _ROUTES
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "benchmarks.standing_in.StandIn"]
STAND_IN = "benchmarks.bench.graph:workload"
CELERY_IMPORTS = [*_IMPORTS, "benchmarks.bench.raw_task"]
CELERY_TASK_ROUTES = {**_ROUTES, "benchmarks.raw": {"queue": "langgraph"}}

if _profile := os.environ.get("BENCH_PROFILE"):
    from benchmarks.profiling import profile_this_process

    profile_this_process(_profile)
