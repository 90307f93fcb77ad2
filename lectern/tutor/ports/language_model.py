"""A language model, and how many calls of it may be under way."""

from dataclasses import dataclass
from typing import Protocol

from lectern.base.json import JsonObject

#: Tokens that a reply has at most: a few hundred usually; models that think write more before it.
MOST_REPLY_TOKENS = 4000


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a language model answered."""

    #: The object that was asked for, its shape unchecked; None when nothing in that form came.
    value: JsonObject | None
    input_tokens: int
    output_tokens: int
    #: Why there is no value, in a few words for the log: "refusal", "cut off", "no object".
    problem: str = ""


class LanguageModel(Protocol):
    """A language model that answers in a given form.

    A port beside LangChain's `BaseChatModel`, since that raises each provider's own errors; behind the one
    implementation stand LangChain's clients of all providers.
    """

    @property
    def name(self) -> str:
        """Provider and model, for logs and results."""

    async def ask(self, *, system: str, user: str, schema: JsonObject, seconds: float) -> Reply:
        """Return an object of `schema` (JSON schema with a title and a description), whole within `seconds`.

        The model is held to `MOST_REPLY_TOKENS`; what is longer is cut off, and no object.
        Never tries twice. Raises `ModelRefuses`, `ModelBusy` or `ModelAway`, none of which shows a key or what was asked.
        """


class ModelSlots(Protocol):
    """Counts calls of the language model that are under way, in all workers together. Both methods block."""

    def take(self) -> str | None:
        """Return a new slot, or None when all are taken. Who dies with one loses it after a while.

        Raises `SlotsUnavailable`.
        """

    def give_back(self, slot: str) -> None:
        """Free a slot. Harmless for one that is gone. Raises `SlotsUnavailable`."""
