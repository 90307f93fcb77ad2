"""What the classes of a driver's errors mean to who reads ours."""

from collections.abc import Mapping

from lectern.base.errors import first_line

#: What is said of the server, and what to do.
Meaning = tuple[str, str]


def meaning_of(raised: type[BaseException], meanings: Mapping[type[Exception], Meaning]) -> Meaning | None:
    """Return the row of a class or of its nearest parent that has one; None without any."""
    return next((meanings[cls] for cls in raised.__mro__ if cls in meanings), None)


def innermost(exc: BaseException) -> str:
    """Return what the lowest error says that led to `exc`: that may tell no more than that it failed. "" where none says a word."""
    said, below = first_line(exc), _below(exc)
    if below:
        said = ""
    while below:
        said, below = first_line(below) or said, _below(below)
    return said


def _below(exc: BaseException) -> BaseException | None:
    return exc.exceptions[0] if isinstance(exc, BaseExceptionGroup) else exc.__cause__ or exc.__context__
