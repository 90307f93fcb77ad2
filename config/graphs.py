"""The only reader of `langgraph.json`: which graphs it names, where they are, and Lectern's options for each.

No graph is imported here: that takes seconds, and only workers need it. Every wrong value is named at start.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.env import WrongSettings
from lectern.base.settings import GraphSettings
from lectern.engine.domain.queues import Queues

#: The file that is looked for when no other was named.
FILE = "langgraph.json"
#: Lectern's own workloads.
_TAKEN = ("tutor", "indexing")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_VARIABLE = re.compile(r"[^\W\d]\w*")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
#: Files of JavaScript, which read like modules.
_OTHER_LANGUAGES = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")
#: Keys of the ecosystem that say how a graph is served, and that have no effect here. Those for building images are left
#: out: nobody expects anything of them.
_UNUSED = ("auth", "checkpointer", "encryption", "env", "http", "store", "ui", "webhooks")
#: Longest sentence of a step: a column of the run's row.
_LONGEST_STEP = 300

_MOST_ATTEMPTS = 1000
_MOST_SECONDS = 30 * 86400


@dataclass(frozen=True)
class Graphs:
    """What a file says."""

    graphs: tuple[GraphSettings, ...] = ()
    #: Keys that are there and not used, in order.
    unused: tuple[str, ...] = ()


@dataclass
class _Reading:
    """A file being read, with what is wrong in it."""

    path: Path
    wrong: list[str] = field(default_factory=list)

    def refuse(self, key: str, value: object, expected: str) -> None:
        self.wrong.append(f"  {self.path}: {key} = {_shown(value)}: expected {expected}.")

    def object_at(self, key: str, value: object, expected: str = "an object") -> Mapping[str, Any]:
        """Return an object of the file; an empty one when it is none, or not there."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse(key, value, expected)
            return {}
        return value


def read(path: Path) -> Graphs:
    """Return what the file at `path` names. Raises `WrongSettings` that lists everything that is wrong in it."""
    reading = _Reading(path)
    content = _content(reading)
    graphs = reading.object_at(
        "graphs", content.get("graphs"), 'an object such as {"name": "./file.py:graph"}'
    )
    folders = _folders(reading, content.get("dependencies", []))
    found = [_graph(reading, name, spec, folders) for name, spec in graphs.items()]
    if reading.wrong:
        raise WrongSettings("Graphs are described wrongly; nothing was started:\n" + "\n".join(reading.wrong))
    return Graphs(tuple(found), tuple(key for key in _UNUSED if content.get(key)))


def _content(reading: _Reading) -> Mapping[str, Any]:
    try:
        content = json.loads(reading.path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise WrongSettings(f"{reading.path} cannot be read ({reason}); nothing was started.") from None
    except (ValueError, RecursionError) as exc:
        raise WrongSettings(f"{reading.path} is not JSON ({exc}); nothing was started.") from None
    if not isinstance(content, dict):
        raise WrongSettings(f"{reading.path} holds no JSON object; nothing was started.")
    return content


def _folders(reading: _Reading, dependencies: object) -> tuple[Path, ...]:
    """Return the folders among the dependencies: modules of graphs are looked for there. Packages are installed by hand."""
    if not isinstance(dependencies, list) or not all(isinstance(one, str) for one in dependencies):
        reading.refuse("dependencies", dependencies, 'a list of texts such as ["."]')
        return ()
    return tuple((reading.path.parent / one).resolve() for one in dependencies if one.startswith("."))


def _graph(reading: _Reading, name: str, spec: object, folders: tuple[Path, ...]) -> GraphSettings:
    key, options = f"graphs.{name}", None
    if not _NAME.fullmatch(name) or name in _TAKEN:
        expected = f"a name of 1 to 100 letters, digits, _, - and ., other than {' and '.join(_TAKEN)}"
        reading.refuse(key, spec, expected)
    if isinstance(spec, dict):
        for misplaced in sorted(spec.keys() & {*_OPTIONS, "retry"}):
            reading.refuse(f"{key}.{misplaced}", spec[misplaced], f"it within {key}.lectern")
        options, place, place_key = spec.get("lectern"), spec.get("path"), f"{key}.path"
    else:
        place, place_key = spec, key
    module, _, variable = place.rpartition(":") if isinstance(place, str) else ("", "", "")
    is_file = module.endswith(".py")
    is_module = _MODULE.fullmatch(module) and not module.endswith(_OTHER_LANGUAGES)
    if not (_VARIABLE.fullmatch(variable) and (is_file or is_module)):
        reading.refuse(place_key, place, '"./file.py:variable" or "package.module:variable", of Python')
    return GraphSettings(
        name=name,
        place=f"{module}:{variable}",
        file=(reading.path.parent / module).resolve() if is_file else None,
        module=module,
        variable=variable,
        folders=folders,
        **_options(reading, f"{key}.lectern", options),
    )


def _options(reading: _Reading, key: str, given: object) -> dict[str, Any]:
    """Return Lectern's options of one graph that are given and right."""
    options = dict(reading.object_at(key, given))
    retry = dict(reading.object_at(f"{key}.retry", options.pop("retry", None)))
    values = {
        **_checked(reading, key, options, _OPTIONS, "retry"),
        **_checked(reading, f"{key}.retry", retry, _RETRY),
    }
    first, longest = values.get("first_pause_seconds"), values.get("longest_pause_seconds")
    for name in sorted({*values.get("again", ())} & {*values.get("never", ())}):
        reading.refuse(f"{key}.retry.never", name, "no class that `again` names, too")
    if first and longest and longest < first:
        reading.refuse(
            f"{key}.retry.longest_pause_seconds", longest, f"at least first_pause_seconds, {first}"
        )
    return values


def _checked(
    reading: _Reading, key: str, given: Mapping[str, Any], known: Mapping[str, "_Option"], *nested: str
) -> dict[str, Any]:
    values = {}
    for name, value in given.items():
        option = known.get(name)
        if option is None:
            reading.refuse(f"{key}.{name}", value, f"one of the keys {', '.join([*known, *nested])}")
        elif not option.takes(value):
            reading.refuse(f"{key}.{name}", value, option.expected)
        else:
            values[name] = value
    return values


@dataclass(frozen=True)
class _Option:
    takes: Callable[[Any], bool]
    expected: str


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _MOST_SECONDS


def _is_attempts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_ATTEMPTS


def _are_steps(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(step, str) and 0 < len(step) <= _LONGEST_STEP for step in value.values()
    )


def _are_classes(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(name, str) and _MODULE.fullmatch(name) for name in value
    )


_SECONDS = _Option(_is_seconds, f"a number of seconds above 0, at most {_MOST_SECONDS}")
_OPTIONS: Mapping[str, _Option] = {
    "deadline_seconds": _SECONDS,
    "max_attempts": _Option(_is_attempts, f"a whole number from 1 to {_MOST_ATTEMPTS}"),
    "queue": _Option(lambda value: value in list(Queues), f"one of {', '.join(Queues)}"),
    "steps": _Option(
        _are_steps, f"an object of node to sentence, each of at most {_LONGEST_STEP} characters"
    ),
}
_CLASSES = _Option(
    _are_classes, 'a list of names of exception classes such as ["RateLimited", "shop.errors.Busy"]'
)
_RETRY: Mapping[str, _Option] = {
    "first_pause_seconds": _SECONDS,
    "longest_pause_seconds": _SECONDS,
    "again": _CLASSES,
    "never": _CLASSES,
}


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:100]} …"
