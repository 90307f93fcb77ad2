"""What the adapter must know of versions: rows in SQL, given to it by who joins the parts."""

from collections.abc import Collection, Mapping
from typing import Protocol

from lectern.tutor.domain.publication import CourseReading, Serving, Version


class Versions(Protocol):
    """What SQL knows of the versions on the server; `adapters/sql/ledger.py` tells more."""

    def reading(self, course_key: int) -> CourseReading:
        """Return what who reads a course must know of it."""

    def served(self, course_key: int) -> list[Serving]:
        """Return the documents of a course of which a version is read."""

    def announce(self, course_key: int, digests: Mapping[str, str]) -> None:
        """Note the newest content of documents."""

    def owe(self, course_key: int, document: str) -> None:
        """Note that the server lost what it had of a document."""

    def begin(self, course_key: int, versions: Collection[str]) -> None:
        """Note versions before anything of them is written."""

    def switch(self, course_key: int, versions: Mapping[str, Version]) -> bool:
        """Have versions of documents read; False, and none is, where one was taken for left over."""

    def withdraw(self, course_key: int, document: str) -> None:
        """Have no version of a document read, unless it has newer content."""

    def leftovers(self, course_key: int) -> list[str]:
        """Return the versions that are to be deleted."""

    def deleted(self, course_key: int, versions: Collection[str]) -> None:
        """Note that nothing of versions is left on the server."""

    def courses(self) -> set[int]:
        """Return the courses of which something is on the server."""

    def forget(self, course_key: int) -> None:
        """Delete what is known of a course."""
