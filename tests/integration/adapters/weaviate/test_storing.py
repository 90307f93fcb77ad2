"""Objects that are sent by threads of their own, a few requests at a time."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lectern.adapters.weaviate.server import WeaviateServer
from lectern.adapters.weaviate.storing import Request, insert_all
from lectern.base.errors import LecternError
from lectern.tutor.retrieval.patience import Patience, patiently, waiting_at_most


class Taking:
    """A server that takes all objects, and tells how long each call might have taken."""

    def __init__(self) -> None:
        self.seconds = list[float]()

    def write(self, work: object) -> Any:
        with patiently(30.0) as left:
            self.seconds.append(left)
        return SimpleNamespace(errors={})


def test_requests_wait_of_the_patience_of_who_sends_them() -> None:
    server = Taking()
    with waiting_at_most(Patience(5.0)):
        insert_all(cast("WeaviateServer", server), (Request("shelf", [number]) for number in range(5)))
    assert len(server.seconds) == 5
    assert max(server.seconds) <= 5.0


def test_an_error_of_a_request_is_raised_and_no_more_are_made() -> None:
    made = list[int]()

    def requests() -> Any:
        for number in range(100):
            made.append(number)
            yield Request("shelf", [number])

    class Refusing(Taking):
        def write(self, work: object) -> Any:
            raise LecternError("It refuses.")

    with pytest.raises(LecternError, match="refuses"):
        insert_all(cast("WeaviateServer", Refusing()), requests())
    assert len(made) < 5
