"""Passages on a server, and what SQL knows of them: what a standby needs to answer while the server is away."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from lectern.tutor.domain.passage import Passage
from lectern.tutor.domain.publication import Owed
from lectern.tutor.ports.passages import IndexStats, PassageStore, Vector


class PassageServer(PassageStore, Protocol):
    """A store on a server, of which SQL knows what it has and what it owes; see `Publications`."""

    def stats_without(self, course_key: int, documents: Collection[str]) -> IndexStats:
        """Count documents and passages of a course, but for those documents."""

    def write_documents(
        self,
        course_key: int,
        model: str,
        documents: Mapping[str, Sequence[Passage]],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Put content there that was announced; nothing of a document where newer content has replaced it meanwhile."""

    def withdraw_document(self, course_key: int, document: str) -> None:
        """Remove a document whose removal was announced; nothing where newer content has replaced it meanwhile."""

    def check(self) -> None:
        """Raise `IndexUnavailable` where the server is away."""

    def lost(self, course_key: int) -> set[str]:
        """Return the documents that the server should have and of which it lacks passages."""

    def tidy(self, course_key: int) -> None:
        """Delete what nobody reads, of what was replaced or of writers that died, and mend what the server lost."""

    def sweep(self, is_embedding: Callable[[], bool]) -> None:
        """Delete what no course has any more, now and then; no vectors while `is_embedding`."""


class Publications(Protocol):
    """Which content the documents of a `PassageServer` have, and which of it the server owes.

    A document is written in four steps: its content is announced, kept by the standby, put on the server, or, where that is
    away, settled: from then on the server owes it. Whoever dies in between begins again and comes to the same.
    """

    def announce(self, course_key: int, digests: Mapping[str, str]) -> None:
        """Note that documents are about to have that content, beside what they had; `NOTHING` is a removal."""

    def settle(self, course_key: int, digests: Mapping[str, str]) -> None:
        """Note that they have that content alone, but those with newer announced, and that the server owes it."""

    def owe(self, course_key: int, document: str) -> None:
        """Note that the server lost what it had of a document."""

    def content(self, course_key: int) -> dict[str, frozenset[str]]:
        """Return the digests of each document of a course: what has another one is not its content any more."""

    def owed(self) -> list[Owed]:
        """Return what the server does not have yet."""

    def owed_of(self, course_key: int) -> set[str]:
        """Return the documents of a course of which the server does not have what was settled."""
