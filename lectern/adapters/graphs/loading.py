"""Loading: from the place that `langgraph.json` names to a graph that the engine can compile with its checkpointer.

What a graph's file does at import is its author's affair: nothing of it may end a worker that has others to serve.
"""

import asyncio
import inspect
import re
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

from lectern.base.errors import first_line
from lectern.base.log import logger
from lectern.base.settings import GraphSettings
from lectern.engine.errors import GraphUnusable

log = logger(__name__)

#: An import, and the function that makes a graph, get this long; then the worker goes on without it.
_LOADING_SECONDS = 60.0


#: Errors of Python's own about code, which say nothing of what it works with.
_MISTAKES = (ImportError, SyntaxError, NameError, AttributeError, TypeError, SystemExit)


class GraphLoader:
    """One graph. Tried once a process: what could not be loaded is told again without another try."""

    def __init__(self, graph: GraphSettings) -> None:
        self._graph = graph
        self._why = ""

    def build(self) -> Any:
        """Return the graph, or an awaitable of it when an asynchronous function makes it; see `Workload.build`.

        Blocks. Raises `GraphUnusable`, and the awaitable does.
        """
        if self._why:
            raise GraphUnusable(self._why)
        with self._explained():
            log.info("load_graph", workload=self._graph.name, place=self._graph.place)
            made = _bounded(self._made)
            return self._awaited(made) if inspect.isawaitable(made) else self._usable(made)

    async def _awaited(self, made: Awaitable[Any]) -> Any:
        with self._explained():
            async with asyncio.timeout(_LOADING_SECONDS):
                return self._usable(await made)

    def _made(self) -> Any:
        found = getattr(self._module(), self._graph.variable)
        return _call(found) if _is_function(found) else found

    def _module(self) -> ModuleType:
        for folder in self._graph.folders:
            if str(folder) not in sys.path:
                sys.path.append(str(folder))
        file = self._graph.file
        return _module_of(file, self._graph.module) if file else import_module(self._graph.module)

    def _usable(self, made: object) -> "_OwnGraph":
        from langgraph.graph.state import CompiledStateGraph, StateGraph

        if isinstance(made, StateGraph):
            made = made.compile()
        if not isinstance(made, CompiledStateGraph):
            raise GraphUnusable(
                f"it is a {type(made).__name__}: a StateGraph is needed, a compiled one, or a function that returns one."
            )
        if made.interrupt_before_nodes or made.interrupt_after_nodes:
            raise GraphUnusable(
                "it was compiled with interrupt_before or interrupt_after, and nobody can be asked."
            )
        if unknown := sorted(self._graph.steps.keys() - made.builder.nodes.keys()):
            log.warning("unknown_steps", workload=self._graph.name, nodes=unknown)
        return _OwnGraph(made)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn whatever happens into `GraphUnusable`, whose sentence names the graph and the line."""
        try:
            yield
        except (Exception, SystemExit) as exc:
            reason = str(exc) if isinstance(exc, GraphUnusable) else _told(exc)
            self._why = f"The graph {self._graph.name!r} ({self._graph.place}) cannot be used: {reason}"
            raise GraphUnusable(self._why) from exc


class _OwnGraph:
    """A compiled graph where its builder is expected: with another checkpointer it keeps all else it was compiled with."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def compile(self, *, checkpointer: Any = None) -> Any:
        return self._compiled.copy({"checkpointer": checkpointer})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled.builder, name)


def _bounded(make: Callable[[], Any]) -> Any:
    """Return what `make` returns, on a thread that is left alone when it takes too long: a server may be away."""
    made: Future[Any] = Future()

    def run() -> None:
        try:
            made.set_result(make())
        except BaseException as exc:
            made.set_exception(exc)

    Thread(target=run, name="lectern-load", daemon=True).start()
    return made.result(_LOADING_SECONDS)


def _is_function(found: object) -> bool:
    return inspect.isroutine(found) or inspect.isclass(found)


def _call(function: Callable[..., Any]) -> Any:
    """Call what makes a graph; one that takes an argument gets a `RunnableConfig`, of no run in particular."""
    needed = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if len(needed) > 1:
        raise GraphUnusable(
            "it is a function of more than one argument, of which none or a RunnableConfig is given."
        )
    config: dict[str, Any] = {"configurable": {}, "metadata": {}, "tags": []}
    if not needed:
        return function()
    [parameter] = needed
    return (
        function(**{parameter.name: config}) if parameter.kind is parameter.KEYWORD_ONLY else function(config)
    )


def _module_of(file: Path, written: str) -> ModuleType:
    """Return the module that a file holds, loaded once; its name is the same on every machine, for pickled values."""
    name = "graph_file_" + re.sub(r"\W", "_", written.removeprefix("./").removesuffix(".py"))
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(file):
        return loaded
    if not file.is_file():
        raise GraphUnusable(f"there is no file {file}.")
    spec = spec_from_file_location(name, file)
    assert spec is not None, "a .py file has a loader"
    assert spec.loader is not None, "a .py file has a loader"
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _told(exc: BaseException) -> str:
    """Return what was raised, and the last line of the author's own code that led to it."""
    if isinstance(exc, TimeoutError) and not str(exc):
        return f"it was not there within {_LOADING_SECONDS:.0f} seconds."
    # Whoever polls a run reads this. What a library says of its server may hold an address with a password.
    said = first_line(exc) if isinstance(exc, _MISTAKES) or type(exc) is ValueError else ""
    where = "" if isinstance(exc, SyntaxError) else _where(exc)
    return f"{type(exc).__name__}{': ' if said else ''}{said}{where}."


def _where(exc: BaseException) -> str:
    libraries = (
        "site-packages",
        "<frozen",
        str(Path(__file__).parent),
        str(Path(asyncio.__file__).parents[1]),
    )
    frames = [
        frame
        for frame in traceback.extract_tb(exc.__traceback__)
        if not any(library in frame.filename for library in libraries)
    ]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
