"""The Celery worker's edge: its tasks and what happens when it starts and stops."""
