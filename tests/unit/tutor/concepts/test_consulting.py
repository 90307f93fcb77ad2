"""A language model reads a course: within its budget, a few calls at a time, and with a way on when it fails."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from lectern.adapters.models.slots import LocalSlots
from lectern.base.json import JsonObject
from lectern.tutor.concepts import consulting
from lectern.tutor.concepts.consulting import Consulted, Unread, consult
from lectern.tutor.domain.concept import NamedConcept, ReadPassage
from lectern.tutor.domain.course import Course
from lectern.tutor.domain.passage import Passage
from lectern.tutor.errors import ModelAway, ModelBusy, ModelFailed, UnknownCourse
from lectern.tutor.ports.language_model import MOST_REPLY_TOKENS, Reply
from tests.unit.tutor.concepts.course import passage

COURSE = Course(
    id="tea", key=1, title="Tea", answer_from_exercises=False, created_at=datetime(2026, 1, 1, tzinfo=UTC)
)
NOTHING = Reply(value={"concepts": []}, input_tokens=100, output_tokens=20)
PASSAGES = [passage(f"The kettle number {number} sings.") for number in range(8)]

#: Gives or raises a reply, told which call it is and how many passages it has.
Say = Callable[[int, int], Reply]


class InMemoryModel:
    """A model that replies as soon as so many calls were there `together`."""

    name = "toy:1"

    def __init__(self, say: Say, together: int) -> None:
        self._say, self._together, self._met = say, together, asyncio.Event()
        self.shown, self.busy, self.most_busy = list[int](), 0, 0

    async def ask(self, *, system: str, user: str, schema: JsonObject, seconds: float) -> Reply:
        self.shown.append(user.count("\npassage "))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        if self.busy == self._together:
            self._met.set()
        await asyncio.wait_for(self._met.wait(), 30)
        self.busy -= 1
        return self._say(len(self.shown), self.shown[-1])


class InMemoryReadings:
    """Remembers texts, and that a course is gone."""

    def __init__(self, *, gone: bool = False) -> None:
        self.texts, self._gone = list[str](), gone

    def keep(self, course_key: int, reader: str, named: Mapping[str, Sequence[NamedConcept]]) -> None:
        if self._gone:
            raise UnknownCourse("It was deleted.")
        self.texts += named

    def kept(self, course_key: int) -> dict[str, ReadPassage]:
        raise NotImplementedError

    def state(self, course_key: int) -> str:
        raise NotImplementedError

    def forget_others(self, course_key: int, text_shas: Any) -> None:
        raise NotImplementedError


def _read(
    say: Say,
    *,
    each: int = 1,
    budget: int = 10**6,
    at_once: int = 1,
    together: int = 1,
    readings: InMemoryReadings | None = None,
) -> tuple[Consulted, InMemoryModel, InMemoryReadings]:
    model, readings = InMemoryModel(say, together), readings or InMemoryReadings()
    batches: list[tuple[Passage, ...]] = [
        tuple(PASSAGES[at : at + each]) for at in range(0, len(PASSAGES), each)
    ]
    unread = Unread(reader="toy:1, p 1", passages=len(PASSAGES), known=0, batches=tuple(batches))
    came = asyncio.run(
        consult(
            unread, COURSE, model=model, slots=LocalSlots(slots=8), readings=readings, at_once=at_once,
            seconds=1, budget=budget,
        )
    )  # fmt: skip
    return came, model, readings


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consulting, "_PAUSE_SECONDS", 0.001)


@pytest.mark.parametrize("at_once", [1, 3, 8])
def test_no_call_is_begun_that_could_go_over_the_budget(at_once: int) -> None:
    long = Reply(value={"concepts": []}, input_tokens=300, output_tokens=MOST_REPLY_TOKENS)
    came, model, readings = _read(lambda *_: long, budget=15_000, at_once=at_once)
    assert came.out_of_budget
    assert 10_000 < came.input_tokens + came.output_tokens <= 15_000
    assert len(readings.texts) == came.read == len(model.shown) == 3


def test_what_a_call_leaves_of_what_it_may_use_is_there_for_the_next() -> None:
    came, _, _ = _read(lambda *_: NOTHING, budget=MOST_REPLY_TOKENS + 2000, at_once=8)
    assert (came.read, came.out_of_budget) == (8, False)


def test_a_budget_for_no_call_asks_nothing() -> None:
    came, model, _ = _read(lambda *_: NOTHING, budget=MOST_REPLY_TOKENS)
    assert (came.out_of_budget, model.shown) == (True, [])


def test_so_many_calls_are_under_way_at_once_and_no_more() -> None:
    _, model, _ = _read(lambda *_: NOTHING, at_once=3, together=3)
    assert model.most_busy == 3


def test_what_cannot_be_used_is_read_in_halves_down_to_the_passage() -> None:
    def say(call: int, passages: int) -> Reply:
        cut_off = Reply(value=None, input_tokens=1, output_tokens=1, problem="cut off")
        return cut_off if passages > 2 or call == 3 else NOTHING

    came, model, readings = _read(say, each=8)
    assert model.shown == [8, 4, 2, 1, 1, 2, 4, 2, 2]
    assert (came.read, came.unusable, len(set(readings.texts))) == (8, 0, 8)


def test_one_passage_of_which_nothing_comes_is_told_and_not_remembered() -> None:
    def say(call: int, _: int) -> Reply:
        return Reply(value=None, input_tokens=1, output_tokens=1, problem="refusal") if call == 2 else NOTHING

    came, _, readings = _read(say)
    assert (came.read, came.unusable, came.error, len(readings.texts)) == (7, 1, None, 7)


def test_a_model_that_never_keeps_the_form_is_left_alone_soon() -> None:
    came, model, _ = _read(lambda *_: Reply(value={}, input_tokens=1, output_tokens=1), each=8)
    assert isinstance(came.error, ModelFailed)
    assert len(model.shown) == 8


def test_a_model_that_is_busy_is_asked_again_as_it_says() -> None:
    def say(call: int, _: int) -> Reply:
        if call in (2, 3):
            raise ModelBusy("Busy.", retry_after=0.002)
        return NOTHING

    came, _, _ = _read(say)
    assert (came.read, came.calls, came.error) == (8, 10, None)


def test_who_is_told_to_come_back_another_day_does_not_wait() -> None:
    def say(*_: int) -> Reply:
        raise ModelBusy("Busy.", retry_after=86_400)

    came, model, _ = _read(say)
    assert (came.read, isinstance(came.error, ModelBusy), len(model.shown)) == (0, True, 1)


def test_what_took_too_long_counts_in_full_and_is_asked_for_in_halves() -> None:
    def say(call: int, _: int) -> Reply:
        if call == 1:
            raise ModelAway("Too slow.", given_up=True)
        return NOTHING

    came, model, _ = _read(say, each=8)
    assert model.shown == [8, 4, 4]
    assert came.output_tokens == MOST_REPLY_TOKENS + 40
    assert came.read == 8


def test_a_course_that_is_deleted_meanwhile_ends_it() -> None:
    came, model, _ = _read(lambda *_: NOTHING, readings=InMemoryReadings(gone=True))
    assert isinstance(came.error, UnknownCourse)
    assert len(model.shown) == 1
