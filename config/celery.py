"""The Celery app, as in `celery -A config.celery worker --loglevel=info --queues=langgraph,embeddings`."""

import os
from importlib import import_module

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks load all views, which a worker has no use for; `manage.py check` runs them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "lectern.adapters.celery.transport:Transport"))
app = Celery("lectern", control="lectern.adapters.celery.purging:PurgingControl")
app.config_from_object("django.conf:settings", namespace="CELERY")
import_module("lectern.adapters.celery.purging").install("lectern.bootstrap.begin_purge")
