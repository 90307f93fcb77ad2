"""Graphs for tests of running one's own: what the ecosystem allows, and what goes wrong with it."""

import asyncio
import time
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import interrupt


class State(TypedDict, total=False):
    name: str
    said: str
    seen: dict[str, Any]
    raw: Any
    messages: Annotated[list[AnyMessage], add_messages]


@dataclass
class Context:
    tone: str = "calm"


def _graph(*nodes: Any) -> StateGraph[Any, Any]:
    return StateGraph(State, context_schema=Context).add_sequence(nodes).add_edge(START, nodes[0].__name__)


async def wait(state: State) -> State:
    await asyncio.sleep(0)
    return {"said": f"Hello {state['name']}"}


def shout(state: State) -> State:
    return {"said": state["said"].upper(), "messages": [AIMessage("!")], "raw": date(2030, 1, 2)}


def look(_state: State, config: RunnableConfig, runtime: Runtime[Context]) -> State:
    names = ("graph_id", "run_id", "run_attempt", "thread_id", "user_id", "ticket", "context")
    found = {name: config["metadata"].get(name) for name in names}
    return {"seen": {**found, "tone": runtime.context and runtime.context.tone}}


async def alook(state: State, config: RunnableConfig, runtime: Runtime[Context]) -> State:
    return look(state, config, runtime)


def ask(_state: State) -> State:
    return {"said": interrupt("May I?")}


class Busy(Exception):
    """A shop's own word for what may pass."""


class Closed(Busy):
    """This does not."""


def buy(state: State) -> State:
    raise {"busy": Busy, "closed": Closed, "bug": KeyError}[state["name"]]


def reply(state: State) -> State:
    return {"messages": [AIMessage(f"{len(state['messages'])} before this")]}


def bytes_(_state: State) -> State:
    return {"raw": b"x"}


def remember(_state: State, runtime: Runtime[Context]) -> State:
    return {"said": type(runtime.store).__name__}


remembering = _graph(remember).compile(store=InMemoryStore())
uncompiled = _graph(wait, shout)
compiled = _graph(wait, shout).compile()
looking = _graph(look)
alooking = _graph(alook)
asking = _graph(wait, ask, shout)
stopping = _graph(wait, shout).compile(interrupt_before=["shout"])
unstorable = _graph(bytes_)
buying = _graph(buy)
chatting = _graph(reply)
nothing = 7
unfinished = StateGraph(State)


def made() -> Any:
    return _graph(wait, shout)


def made_with(config: RunnableConfig) -> Any:
    assert "configurable" in config
    return _graph(wait, shout).compile()


async def amade(_config: RunnableConfig) -> Any:
    await asyncio.sleep(0)
    return _graph(wait, shout)


def raising() -> Any:
    raise RuntimeError("no key")


async def araising() -> Any:
    raise RuntimeError("no key")


def hanging() -> Any:
    time.sleep(2)


async def ahanging() -> Any:
    await asyncio.sleep(2)


def ending() -> Any:
    raise SystemExit(3)


def greedy(_one: object, _two: object) -> Any:
    return None
