"""The web process: `uvicorn config.asgi:application`."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

env.check_open_address(env.read())
_django = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - views are loaded here: not by the first requests, while all of them wait
application = import_module("lectern.entrypoints.shell.app").build_shell(
    _django,
    import_module("lectern.bootstrap").lectern,
    settings.LECTERN,
    allowed_hosts=settings.ALLOWED_HOSTS,
    body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
)
