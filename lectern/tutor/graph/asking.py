"""Ask the language model from a node: within the run's limits, in its turn, and with a way on when there is no answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lectern.base.json import JsonObject
from lectern.base.log import logger
from lectern.tutor.domain.answer import ModelShare
from lectern.tutor.errors import LanguageModelError, ModelFailed
from lectern.tutor.graph.context import ModelUse, TutorContext
from lectern.tutor.graph.state import ModelCall, TutorState
from lectern.tutor.ports.language_model import Reply
from lectern.tutor.prompts import Prompt, prompt
from lectern.tutor.taking_turns import turn

log = logger(__name__)

#: Calls of one run: read, reword, compose, mend.
MOST_CALLS = 4
#: Characters of a token, at least, and tokens that a reply is expected to have: for the budget, before a call.
_TOKEN_CHARACTERS, _REPLY_TOKENS = 3, 800
#: Characters of a token, usually: for what a call that was given up has read.
_USUAL_TOKEN_CHARACTERS = 4
#: Seconds kept for what comes after a call; with less than the second number left none is begun.
_KEPT_SECONDS, _FEWEST_SECONDS = 4.0, 2.0
#: Pause before another attempt where the provider named none: about the engine's own.
_USUAL_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came of asking."""

    #: The model's object, unchecked; None when the node has to do without.
    value: JsonObject | None = None
    #: What the node adds to the state in any case.
    update: dict[str, Any] = field(default_factory=dict)


async def ask_model(state: TutorState, context: TutorContext, name: str, blanks: Mapping[str, str]) -> Asked:
    """Ask the prompt `name`, its blanks filled with data.

    Without a reply: raises the model's error when another attempt may bring one, else `ModelFailed` when the run may not
    fall back, else returns without a value and notes "llm" in `degraded`.
    """
    use = _use(context)
    asked = prompt(name)
    system, user = asked.filled(blanks)
    if limit := _limit(state, context, use, system + user):
        log.warning("ask_model", prompt=name, error=limit)
        return Asked(update=without_model(context, f"The answer could not be written: {limit}."))
    try:
        schema = asked.schema(len(state.get("ranked", [])))
        reply = await _reply(context, use, schema, system, user)
    except LanguageModelError as exc:
        if exc.passing and _another_attempt_helps(exc, context):
            raise
        level = log.warning if exc.passing else log.error
        level("ask_model", prompt=name, code=exc.code, error=str(exc.details.get("reason", exc)))
        without = without_model(context, str(exc))
        if exc.details.get("given_up"):
            without |= _called(state, asked, len(system + user) // _USUAL_TOKEN_CHARACTERS, 0)
        return Asked(update=without)
    called = _called(state, asked, reply.input_tokens, reply.output_tokens)
    if reply.value is None:
        log.warning("ask_model", prompt=name, error=f"{use.model.name}: {reply.problem}")
        without = without_model(context, "The language model gave no answer that can be used.")
        return Asked(update={**without, **called})
    return Asked(value=reply.value, update=called)


def _called(state: TutorState, asked: Prompt, read: int, written: int) -> dict[str, Any]:
    """Return what a node notes of a call that used tokens."""
    call = ModelCall(prompt=asked.name, version=asked.version, input_tokens=read, output_tokens=written)
    return {"calls": [*state.get("calls", []), call]}


def may_ask(state: TutorState) -> bool:
    """Return True while the model is there and the run has calls left."""
    return not state.get("model_gone", False) and len(state.get("calls", [])) < MOST_CALLS


def without_model(context: TutorContext, sentence: str) -> dict[str, Any]:
    """Return what a node notes when the run goes on without the model. Raises `ModelFailed` when it may not."""
    if not _use(context).falls_back:
        raise ModelFailed(sentence)
    return {"degraded": ["llm"], "model_gone": True}


def share_of(state: TutorState, context: TutorContext) -> ModelShare | None:
    """Return what the model did for a run; None when there is no model."""
    if context.llm is None:
        return None
    calls = state.get("calls", [])
    return ModelShare(
        model=context.llm.model.name,
        wrote=state.get("composed", False),
        dropped=state.get("dropped", 0),
        calls=len(calls),
        input_tokens=sum(call["input_tokens"] for call in calls),
        output_tokens=sum(call["output_tokens"] for call in calls),
        prompts={call["prompt"]: call["version"] for call in calls},
    )


def _use(context: TutorContext) -> ModelUse:
    assert context.llm is not None, "this graph is built for a model"
    return context.llm


def _limit(state: TutorState, context: TutorContext, use: ModelUse, text: str) -> str:
    """Return the limit that forbids another call, or ""."""
    calls = state.get("calls", [])
    used = sum(call["input_tokens"] + call["output_tokens"] for call in calls)
    if len(calls) >= MOST_CALLS:
        return f"it would take more than {MOST_CALLS} calls of the language model"
    if used + len(text) // _TOKEN_CHARACTERS + _REPLY_TOKENS > use.token_budget:
        return f"it would take more than {use.token_budget} tokens"
    if _seconds(context, use) < _FEWEST_SECONDS:
        return "no time is left for it"
    return ""


def _seconds(context: TutorContext, use: ModelUse) -> float:
    """Return how long a call that begins now may take."""
    return min(use.timeout_seconds, context.left.ends_at - time.monotonic() - _KEPT_SECONDS)


def _another_attempt_helps(exc: LanguageModelError, context: TutorContext) -> bool:
    """Return True when the run gets another attempt, and that has time for a call."""
    pause = exc.retry_after if exc.retry_after is not None else _USUAL_PAUSE_SECONDS
    begins = time.monotonic() + pause + _FEWEST_SECONDS + _KEPT_SECONDS
    return context.left.attempts > 0 and begins < context.left.ends_at


async def _reply(context: TutorContext, use: ModelUse, schema: JsonObject, system: str, user: str) -> Reply:
    async with turn(use.slots, _seconds(context, use)):
        seconds = max(0.1, _seconds(context, use))
        return await use.model.ask(system=system, user=user, schema=schema, seconds=seconds)
