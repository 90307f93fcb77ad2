"""A Celery pool that runs coroutine tasks on one event loop. It knows nothing of the engine."""
