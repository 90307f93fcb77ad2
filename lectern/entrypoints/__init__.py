"""The edges: HTTP, the shell, Celery tasks and commands. Each parses, calls one verb and renders."""
