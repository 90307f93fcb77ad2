"""The queues that carry runs."""

from enum import StrEnum


class Queues(StrEnum):
    """Every Celery task names one of these; a guard test checks."""

    #: Runs that somebody waits for.
    LANGGRAPH = "langgraph"
    #: Background work: embedding batches, retention.
    EMBEDDINGS = "embeddings"
