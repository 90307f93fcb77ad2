"""Take turns at the language model: hold one of the slots that all workers share for as long as a call takes."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from lectern.base.log import logger
from lectern.tutor.errors import ModelBusy, SlotsUnavailable
from lectern.tutor.ports.language_model import ModelSlots

_log = logger(__name__)

#: Pauses between two looks for a free slot.
_LOOK_SECONDS, _LOOK_CAP_SECONDS = 0.05, 0.5


@asynccontextmanager
async def turn(slots: ModelSlots, seconds: float) -> AsyncIterator[None]:
    """Hold a slot that is free within `seconds`. Where they cannot be counted, the provider's own limit has to do.

    Raises `ModelBusy`.
    """
    try:
        slot = await _taken(slots, seconds)
    except SlotsUnavailable as exc:
        _log.warning("take_slot", error=str(exc))
        yield
        return
    try:
        yield
    finally:
        await asyncio.shield(asyncio.to_thread(_give_back, slots, slot))


async def _taken(slots: ModelSlots, seconds: float) -> str:
    until, pause = time.monotonic() + seconds, _LOOK_SECONDS
    while (slot := await _take(slots)) is None:
        if time.monotonic() > until:
            raise ModelBusy("The language model has too much to do right now.", reason="all slots are taken")
        await asyncio.sleep(pause * random.uniform(0.5, 1))
        pause = min(_LOOK_CAP_SECONDS, pause * 1.5)
    return slot


async def _take(slots: ModelSlots) -> str | None:
    """Look for a slot. Who is cancelled meanwhile gives back what its thread still gets."""
    taking = asyncio.ensure_future(asyncio.to_thread(slots.take))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        taking.add_done_callback(partial(_give_back_late, slots))
        raise


def _give_back_late(slots: ModelSlots, taking: "asyncio.Future[str | None]") -> None:
    if not taking.cancelled() and not taking.exception() and (slot := taking.result()):
        taking.get_loop().run_in_executor(None, _give_back, slots, slot)


def _give_back(slots: ModelSlots, slot: str) -> None:
    try:
        slots.give_back(slot)
    except SlotsUnavailable as exc:  # it expires by itself
        _log.warning("give_back_slot", error=str(exc))
