import json
from collections import namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from lectern.base.jsonable import NotJsonable, jsonable


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    when: date


class Model(BaseModel):
    inside: Point


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"a": [1, 2.5, "x", None, True]}, {"a": [1, 2.5, "x", None, True]}, id="plain"),
        pytest.param(datetime(2030, 1, 2, 3, tzinfo=UTC), "2030-01-02T03:00:00+00:00", id="moment"),
        pytest.param(timedelta(minutes=1), 60.0, id="length of time"),
        pytest.param({"b", "a"}, ["a", "b"], id="set"),
        pytest.param((1, Colour.RED), [1, "red"], id="tuple and enum"),
        pytest.param(Pair(1, 2), [1, 2], id="named tuple"),
        pytest.param(Model(inside=Point(1, date(2030, 1, 2))), {"inside": {"x": 1, "when": "2030-01-02"}}, id="model"),
        pytest.param({1: Decimal("1.10")}, {"1": "1.10"}, id="number as key"),
        pytest.param(UUID(int=1), "00000000-0000-0000-0000-000000000001", id="id"),
        pytest.param(Path("/a"), "/a", id="path"),
        pytest.param(float("nan"), None, id="not a number"),
        pytest.param(np.array([1.5, 2]), [1.5, 2.0], id="array"),
        pytest.param(np.float32(0.5), 0.5, id="number of NumPy"),
    ],
)  # fmt: skip
def test_what_a_graph_leaves_becomes_json(value: object, expected: object) -> None:
    assert jsonable(value, 1000) == expected
    json.dumps(jsonable(value, 1000), allow_nan=False)


def test_messages_become_their_dictionaries() -> None:
    state = jsonable({"messages": [HumanMessage("Hi"), AIMessage("Hello", id="1")]}, 10_000)
    assert [(one["type"], one["content"]) for one in state["messages"]] == [("human", "Hi"), ("ai", "Hello")]
    json.dumps(state)


def _endless() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    ("value", "says"),
    [
        pytest.param({"a": {"b": [1, b"x"]}}, "`a.b[1]` is a bytes", id="bytes"),
        pytest.param({"a": ["x\0"]}, "`a[0]` holds a NUL or half a character", id="NUL"),
        pytest.param({"\ud83d": 1}, "holds a NUL or half a character", id="half a character"),
        pytest.param({"call": len}, "`call` is a builtin_function_or_method", id="function"),
        pytest.param({"a": {(1, 2): 3}}, "A key of `a` is a tuple", id="key"),
        pytest.param({"loop": _endless()}, "nested more than 100 levels", id="endless"),
        pytest.param({"text": "x" * 2000}, "more than 1000 characters", id="long"),
        pytest.param({"list": [0] * 2000}, "more than 1000 characters", id="many"),
    ],
)
def test_what_has_no_form_in_json_is_named_with_its_place(value: object, says: str) -> None:
    with pytest.raises(NotJsonable) as refused:
        jsonable(value, 1000)
    assert says in str(refused.value)
