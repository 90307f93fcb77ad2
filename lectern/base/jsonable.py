"""JSON of Python values: what a graph leaves in its state is more than JSON has words for."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, ClassVar
from uuid import UUID

_DEEPEST = 100

#: Types with one plain form; subclasses count. A `datetime` is a `date`.
_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: timedelta.total_seconds,
    Decimal: str,
    UUID: str,
    PurePath: str,
}


class NotJsonable(ValueError):
    """Something has no form in JSON; the message is a sentence that names where it is."""


def jsonable(value: object, longest: int) -> Any:
    """Return `value` as what `json.dumps` takes.

    Pydantic models and with them LangChain's messages become their dictionaries, dataclasses too; sets and tuples
    become lists; times are in ISO 8601, lengths of time in seconds; NumPy's numbers and arrays become plain ones; a
    number that is not finite becomes null. Raises `NotJsonable`, also when it would have more than about `longest`
    characters.
    """
    return _Walk(longest).of(value, "", 0)


class _Walk:
    """One value on its way; counts what it came to."""

    _KEYS: ClassVar[tuple[type, ...]] = (str, int, float, UUID, date)

    def __init__(self, longest: int) -> None:
        self._longest, self._length = longest, 0

    def of(self, value: Any, place: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotJsonable(f"`{place[:100]} …` is nested more than {_DEEPEST} levels deep.")
        self._count(8)
        if isinstance(value, Enum):
            value = value.value
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None
        for kind, plain in _PLAIN.items():
            if isinstance(value, kind):
                return plain(value)
        return self._parts(value, place, depth + 1)

    def _text(self, value: str, place: str) -> str:
        self._count(len(value))
        if "\0" in value or not (value.isascii() or _is_whole(value)):
            raise NotJsonable(f"`{place or 'it'}` holds a NUL or half a character, which SQL does not store.")
        return str(value)

    def _parts(self, value: Any, place: str, depth: int) -> Any:
        if hasattr(value, "model_dump") and not isinstance(value, type):  # pydantic's, LangChain's messages
            value = value.model_dump()
        elif is_dataclass(value) and not isinstance(value, type):
            value = {field.name: getattr(value, field.name) for field in fields(value)}
        elif hasattr(value, "dtype") and hasattr(value, "tolist"):  # NumPy's
            return self.of(value.tolist(), place, depth)
        if isinstance(value, Mapping):
            return {
                self._key(key, place): self.of(item, _inside(place, key), depth)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            items = _in_order(value) if isinstance(value, set | frozenset) else value
            return [self.of(item, f"{place}[{number}]", depth) for number, item in enumerate(items)]
        raise NotJsonable(f"`{place or 'it'}` is a {type(value).__name__}, which JSON has no form for.")

    def _key(self, key: Any, place: str) -> str:
        if isinstance(key, Enum):
            key = key.value
        if not isinstance(key, self._KEYS):
            raise NotJsonable(f"A key of `{place or 'it'}` is a {type(key).__name__}; JSON's are texts.")
        return self._text(str(key), place)

    def _count(self, characters: int) -> None:
        self._length += characters
        if self._length > self._longest:
            raise NotJsonable(f"It has more than {self._longest} characters.")


def _inside(place: str, key: object) -> str:
    return f"{place}.{key}" if place else str(key)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _in_order(items: Iterable[Any]) -> list[Any]:
    """Return a set's items in an order that is the same each time, where they have one."""
    try:
        return sorted(items)
    except TypeError:
        return list(items)
