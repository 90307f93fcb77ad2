"""Puts a process's clock off by LECTERN_CLOCK_OFF seconds. Python imports it by its name where this folder is on PYTHONPATH.

Shifts what tells the time of day: `time.time`, `time.time_ns`, `datetime.now`, `datetime.utcnow`. Monotonic clocks stay.
"""

import datetime
import os
import time
from typing import Any

_OFF = float(os.environ.get("LECTERN_CLOCK_OFF", "0"))
_time, _time_ns, _Datetime = time.time, time.time_ns, datetime.datetime


class _Meta(type):
    """Counts every date as one of the shifted class, wherever it was made."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _Datetime)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _Datetime)


class _Shifted(_Datetime, metaclass=_Meta):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return _Datetime.fromtimestamp(_time() + _OFF, tz)

    @classmethod
    def utcnow(cls) -> Any:
        return _Datetime.fromtimestamp(_time() + _OFF, datetime.UTC).replace(tzinfo=None)


if _OFF:
    time.time = lambda: _time() + _OFF
    time.time_ns = lambda: _time_ns() + int(_OFF * 1e9)
    datetime.datetime = _Shifted  # type: ignore[misc]  # the class itself cannot be changed
