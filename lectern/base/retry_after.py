"""The pause that a server asks for: HTTP's Retry-After, which is a number of seconds or a date."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from math import isnan

from lectern.base.clock import SystemClock


def seconds_until(retry_after: str) -> float | None:
    """Return how many seconds from now a header's value means; 0 for a date that has passed, None for what is neither."""
    text = retry_after.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until_date(text)
    return None if isnan(seconds) else max(0.0, seconds)


def _seconds_until_date(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter: a number of more digits than any date has
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)  # "-0000" is UTC, too
    return max(0.0, (aware - SystemClock().now()).total_seconds())
