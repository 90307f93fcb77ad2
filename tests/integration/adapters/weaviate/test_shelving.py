"""Collections that are there: no server is needed to tell when they are looked at."""

from types import SimpleNamespace
from typing import Any

import pytest

from lectern.adapters.weaviate import shelving
from lectern.adapters.weaviate.shelves import Shelves
from lectern.adapters.weaviate.shelving import Shelving


def test_a_doubt_from_another_thread_leaves_nobody_without_collections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = list[object]()
    server: Any = SimpleNamespace(read=looks.append, write=looks.append)
    shelves = Shelving(server, lambda: "here")
    assert isinstance(shelves.checked(), Shelves)

    def meanwhile() -> float:
        shelves.doubt()
        return 0.0

    monkeypatch.setattr(shelving.time, "monotonic", meanwhile)
    assert isinstance(shelves.checked(), Shelves)
    monkeypatch.undo()
    assert len(looks) == 1
    shelves.checked()
    assert len(looks) == 2
