"""The shape of what may be stored in a JSON column or sent over HTTP."""

from collections.abc import Mapping
from typing import Any, TypeAlias

#: A JSON object: its values are whatever `json.dumps` takes.
JsonObject: TypeAlias = Mapping[str, Any]
