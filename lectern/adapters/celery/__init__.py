"""Celery: the broker port, the results of runs, purge."""
