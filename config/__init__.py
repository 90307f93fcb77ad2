"""The Django project: settings, Celery app, URLs and the ASGI shell's wiring."""
