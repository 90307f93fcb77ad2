"""The ASGI shell around Django: what waits, what must answer when all else is busy, and what holds for every answer."""
