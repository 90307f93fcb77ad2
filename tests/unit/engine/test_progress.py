import asyncio
from types import SimpleNamespace

import pytest

from lectern.engine import progress as module
from lectern.engine.errors import LeaseLost, StoreUnavailable
from lectern.engine.progress import Progress

STEPS = {"one": "One", "two": "Two"}


async def test_promise_2_a_note_that_finds_no_claim_stops_its_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def lost(step: str) -> bool:
        return False

    monkeypatch.setattr(module, "NOTE_SECONDS", 0)
    with pytest.raises(LeaseLost):
        await Progress(STEPS, lost, "a run").note({"name": "one"})


async def test_promise_2_a_late_note_that_finds_no_claim_stops_its_attempt_at_the_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = asyncio.Event()

    async def lost(step: str) -> bool:
        written.set()
        return False

    monkeypatch.setattr(module, "NOTE_SECONDS", 0.05)
    monkeypatch.setattr(
        module, "time", SimpleNamespace(monotonic=lambda: 0.0)
    )  # so the first note comes too soon
    progress = Progress(STEPS, lost, "a run")
    await progress.note({"name": "one"})
    await asyncio.wait_for(written.wait(), 30)
    with pytest.raises(LeaseLost):
        await progress.note({"name": "two"})


async def test_what_a_node_streams_as_its_step_is_shown_and_nothing_else_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []

    async def write(step: str) -> bool:
        shown.append(step)
        return True

    monkeypatch.setattr(module, "NOTE_SECONDS", 0)
    progress = Progress(STEPS, write, "a run")
    for said in (
        {"step": "Half"},
        {"step": 7},
        {"step": ""},
        "One",
        None,
        {"token": "x"},
        {"step": "l" * 500},
        {"step": "Half a \ud83d and a \0"},
    ):
        await progress.hear(said)
    assert shown == ["Half", "l" * 300, "Half a ? and a "]


async def test_promise_6_a_note_that_sql_does_not_take_ends_no_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(step: str) -> bool:
        raise StoreUnavailable("SQL is away.")

    monkeypatch.setattr(module, "NOTE_SECONDS", 0)
    await Progress(STEPS, away, "a run").note({"name": "one"})
