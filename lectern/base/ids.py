"""Ids of runs, threads and jobs: random UUIDs, always written with dashes."""

from uuid import UUID, uuid4


def new_id() -> UUID:
    """Return a fresh UUID4."""
    return uuid4()


def parse_id(text: str) -> UUID | None:
    """Return the UUID that `text` spells in its dashed form, or None if it spells none."""
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if str(value) == text.lower() else None
