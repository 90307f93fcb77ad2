"""Logs are data: every line has an action and what it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import structlog


def logger(module: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module; call it as `log.info("claim", run_id=…)`: the action first, data after."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(module))


@contextmanager
def log_context(**values: object) -> Iterator[None]:
    """Put `values` on every line that is logged inside, here and in what is awaited from here."""
    with structlog.contextvars.bound_contextvars(**cast(dict[str, Any], values)):
        yield
