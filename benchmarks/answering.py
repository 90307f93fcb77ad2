"""Stop where the server that is measured does not answer: what stands by for it would be measured in its place."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lectern.base.errors import LecternError
from lectern.tutor.errors import ConceptsUnavailable, IndexUnavailable

#: Longest wait for an answer: what takes long is measured all the same.
PATIENCE_SECONDS = 30.0
#: The exit status of a benchmark that measured nothing.
STATUS = 2


class NotAnswered(Exception):
    """The server that is measured did not answer. Unlike an error of ours nobody takes it for a reason to do without."""


class MustAnswer:
    """Stands for a server, and raises `NotAnswered` where that raises an error of ours."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._server, name)

        def call(*given: Any, **named: Any) -> Any:
            try:
                return method(*given, **named)
            except LecternError as exc:
                raise NotAnswered(str(exc)) from exc

        return call


@contextmanager
def stopping() -> Iterator[None]:
    """End the program with a sentence where the server does not answer."""
    try:
        yield
    except (NotAnswered, IndexUnavailable, ConceptsUnavailable) as exc:
        print(f"Nothing more is measured: {exc}", file=sys.stderr)
        sys.exit(STATUS)
