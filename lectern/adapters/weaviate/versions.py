"""What the adapter must know of versions: rows in SQL, given to it by who joins the parts."""

from typing import Protocol

from lectern.tutor.domain.publication import CourseReading, Serving, Version


class Versions(Protocol):
    """What SQL knows of the versions on the server; `adapters/sql/ledger.py` tells more."""

    def reading(self, course_key: int) -> CourseReading:
        """Return what who reads a course must know of it."""

    def served(self, course_key: int) -> list[Serving]:
        """Return the documents of a course of which a version is read."""

    def announce(self, course_key: int, document: str, digest: str) -> None:
        """Note the newest content of a document."""

    def owe(self, course_key: int, document: str) -> None:
        """Note that the server lost what it had of a document."""

    def begin(self, course_key: int, version: str) -> None:
        """Note a version before anything of it is written."""

    def switch(self, course_key: int, document: str, version: Version) -> bool:
        """Have a version read; False when it was taken for left over."""

    def withdraw(self, course_key: int, document: str) -> None:
        """Have no version of a document read, unless it has newer content."""

    def leftovers(self, course_key: int) -> list[str]:
        """Return the versions that are to be deleted."""

    def deleted(self, course_key: int, version: str) -> None:
        """Note that nothing of a version is left on the server."""

    def courses(self) -> set[int]:
        """Return the courses of which something is on the server."""

    def forget(self, course_key: int) -> None:
        """Delete what is known of a course."""
