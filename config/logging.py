"""Logs as data: one line an event, `key=value`, with the run that it belongs to. Secrets are masked."""

import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

#: Up to the last "@": a password may have one that nobody wrote as %40.
_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^\s/]+@")

#: Libraries by which providers of models are reached.
_CLIENTS = ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "anthropic", "google_genai", "ollama")

#: How Celery's lines end that tell that a task was received, or succeeded.
_TWICE = ("received", "succeeded in %(runtime)ss: %(return_value)s")
_RUN_TASKS = ("lectern.process_langgraph_question", "lectern.process_embeddings_batch")

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide the password of every URL in a log line."""
    for key, value in event.items():
        if isinstance(value, str) and "://" in value:
            event[key] = _PASSWORD.sub(r"\1:***@", value)
    return event


def tells_news(record: logging.LogRecord) -> bool:
    """Return False for Celery's lines about a run that `claim` and `finish` tell as well, each for a price."""
    data = getattr(record, "data", None) or {}
    twice = record.levelno == logging.INFO and str(record.msg).rstrip().endswith(_TWICE)
    return not (twice and data.get("name") in _RUN_TASKS)


def logging_config(level: str) -> dict[str, Any]:
    """Return the configuration that `configure` applies."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            mask,
            structlog.processors.EventRenamer("action"),
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "action"], bool_as_flag=False
            ),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"data": formatter},
        "filters": {"news": {"()": lambda: tells_news}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "data"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # A client that asks for what is not there is no event for an operator.
            "django.request": {"level": "ERROR"},
            "celery.worker.strategy": {"filters": ["news"], "level": level},
            "celery.app.trace": {"filters": ["news"], "level": level},
            # Clients of models write questions and headers at DEBUG, and at INFO addresses, which may hold a token.
            **{name: {"level": "WARNING"} for name in _CLIENTS},
            # What it raises is told as ours. This it tells beside, at each try of a cluster that is away.
            "neo4j": {"level": "CRITICAL"},
        },
    }


def configure(config: Mapping[str, Any]) -> None:
    """Set up the standard library's logging and structlog on top of it."""
    logging.config.dictConfig(dict(config))
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
