"""`LanguageModel` with any provider that LangChain's `init_chat_model` knows. Its client is loaded at the first use."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from lectern.adapters.models.chat_errors import mapped_errors
from lectern.adapters.models.provider_errors import failure_of
from lectern.base.json import JsonObject
from lectern.tutor.ports.language_model import MOST_REPLY_TOKENS, Reply

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

#: Providers whose models take the form of an answer as a tool; the others have a way of their own.
_BY_TOOL = {"openai": {"method": "function_calling"}, "anthropic": {"method": "function_calling"}}
#: Statuses of a server that does not know `response_format` with a schema.
_TAKES_NO_FORMAT = {400, 422}
#: OpenAI's client insists on a key; a server of one's own may have none.
_NO_KEY = "none"
#: LangChain shares connections among clients, whatever their loop, and one that outlives its loop breaks the next call. A
#: new one for each call costs some 100 ms, which a call of seconds can spare.
_NO_KEEPING = {"Connection": "close"}
#: Characters of a token, where a server does not count them.
_TOKEN_CHARACTERS = 4
_CUT_OFF, _REFUSED = {"length", "max_tokens", "MAX_TOKENS"}, {"refusal", "content_filter", "SAFETY"}


class ChatLanguageModel:
    """Implements `LanguageModel`. `name` is "provider:model"; may be shared by threads and loops."""

    def __init__(self, name: str, *, api_key: str, base_url: str, timeout_seconds: float) -> None:
        self._name, self._api_key, self._base_url = name, api_key, base_url
        self._timeout = timeout_seconds
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, BaseChatModel] = WeakKeyDictionary()

    @property
    def name(self) -> str:
        """Provider and model."""
        return self._name

    def load(self) -> None:
        """Load the provider's client now: it takes seconds."""
        with mapped_errors(self._name):  # what a client says of its options may show the key
            self._new_client()

    async def ask(self, *, system: str, user: str, schema: JsonObject, seconds: float) -> Reply:
        """Call the model once."""
        loop = asyncio.get_running_loop()
        provider = self._name.partition(":")[0]
        with mapped_errors(self._name):
            if loop not in self._clients:  # off the loop: the first client of a process is imported here
                self._clients[loop] = await asyncio.to_thread(self._new_client)
            client = self._clients[loop]
            if self._is_own_server() or provider == "ollama":
                system = _with_schema(system, schema)
            async with asyncio.timeout(seconds):
                answered = await self._answer(client, [("system", system), ("human", user)], schema)
        return _reply(answered, asked=len(system) + len(user))

    def _is_own_server(self) -> bool:
        return bool(self._base_url) and self._name.startswith("openai:")

    async def _answer(
        self, client: "BaseChatModel", messages: list[Any], schema: JsonObject
    ) -> Mapping[str, Any]:
        """Ask for an object, in the way that binds the model to it."""
        if self._is_own_server():
            try:
                return {"raw": await client.ainvoke(messages, extra_body=_formatted(schema)), "parsed": None}
            except Exception as exc:
                if failure_of(exc, self._name).status not in _TAKES_NO_FORMAT:
                    raise
        provider = self._name.partition(":")[0]
        bound = client.with_structured_output(dict(schema), include_raw=True, **_BY_TOOL.get(provider, {}))
        answered: Any = await bound.ainvoke(messages)
        return dict(answered)

    def _new_client(self) -> "BaseChatModel":
        # Imported late: LangChain and a provider's client take seconds and 60 MB.
        from langchain.chat_models import init_chat_model

        client: BaseChatModel = init_chat_model(self._name, **self._options())
        return client

    def _options(self) -> dict[str, Any]:
        provider = self._name.partition(":")[0]
        options: dict[str, Any] = {"base_url": self._base_url} if self._base_url else {}
        if provider == "ollama":
            return {**options, "num_predict": MOST_REPLY_TOKENS, "client_kwargs": {"timeout": self._timeout}}
        options |= {
            "api_key": self._api_key or _NO_KEY,
            "max_tokens": MOST_REPLY_TOKENS,
            "timeout": self._timeout,
        }
        if provider in _BY_TOOL:
            options["default_headers"] = _NO_KEEPING
        # One try: the engine tries again, without holding a worker meanwhile.
        return {**options, "max_retries": 1 if provider == "google_genai" else 0}


def _formatted(schema: JsonObject) -> JsonObject:
    """Return what binds the models of most servers that speak OpenAI's protocol: they write by a grammar made of the schema.

    Many of these pass over a tool that must be called: those of llama.cpp do, when the model's template knows no tools.
    As `response_format` of LangChain's own, an answer that is cut off would be an error of a kind that passes.
    """
    form = {"name": schema["title"], "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


def _with_schema(system: str, schema: JsonObject) -> str:
    """Return the instructions with the form: a grammar binds a model without telling it what the fields mean."""
    return f"{system}\n\nAnswer with one JSON object of this schema and nothing else:\n{json.dumps(schema)}"


def _reply(answered: Mapping[str, Any], *, asked: int) -> Reply:
    raw = answered["raw"]
    value = answered["parsed"] if isinstance(answered["parsed"], dict) else _object_in(raw.text)
    usage = raw.usage_metadata or {}
    return Reply(
        value=value,
        input_tokens=usage.get("input_tokens") or asked // _TOKEN_CHARACTERS,
        output_tokens=usage.get("output_tokens") or len(json.dumps(value)) // _TOKEN_CHARACTERS,
        problem="" if value is not None else _problem(raw),
    )


def _object_in(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a model wrote as text although it was given a tool; small ones do."""
    try:
        value = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _problem(raw: Any) -> str:
    metadata = raw.response_metadata
    reason = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
    if reason in _REFUSED or raw.additional_kwargs.get("refusal"):
        return "refusal"
    return "cut off" if reason in _CUT_OFF else "no object"
