"""Lectern's own settings, with the waiting graph in the tutor's place and a raw Celery task beside it."""

import os
from dataclasses import replace

from config.settings import *  # noqa: F403  # Django's way to extend settings
from config.settings import CELERY_IMPORTS as _IMPORTS
from config.settings import CELERY_TASK_ROUTES as _ROUTES
from config.settings import LECTERN as _LECTERN

LECTERN = replace(_LECTERN, workloads=("benchmarks.bench.graph:workload",))
CELERY_IMPORTS = [*_IMPORTS, "benchmarks.bench.raw_task"]
CELERY_TASK_ROUTES = {**_ROUTES, "benchmarks.raw": {"queue": "langgraph"}}

if _profile := os.environ.get("BENCH_PROFILE"):
    from benchmarks.profiling import profile_this_process

    profile_this_process(_profile)
