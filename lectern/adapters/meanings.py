"""What the classes of a driver's errors mean to who reads ours."""

from collections.abc import Mapping

#: What is said of the server, and what to do.
Meaning = tuple[str, str]


def meaning_of(raised: type[BaseException], meanings: Mapping[type[Exception], Meaning]) -> Meaning | None:
    """Return the row of a class or of its nearest parent that has one; None without any."""
    return next((meanings[cls] for cls in raised.__mro__ if cls in meanings), None)
