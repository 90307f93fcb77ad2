"""What an archive holds, as its first member says: names, sizes and hashes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path

MANIFEST = "manifest.json"
SECRET_KEY = "secret_key"  # noqa: S105  # a file's name

#: Raised when archives of before cannot be read any longer.
_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of an archive."""

    bytes: int
    sha256: str


def member(path: Path) -> Member:
    """Return what a manifest says of a file."""
    with path.open("rb") as file:
        return Member(bytes=path.stat().st_size, sha256=file_digest(file, "sha256").hexdigest())


def manifest_text(made_at: str, members: Mapping[str, Member]) -> str:
    """Return a manifest as it is written."""
    files = {name: asdict(one) for name, one in members.items()}
    return json.dumps({"lectern": _FORMAT, "made_at": made_at, "files": files}, indent=1)


def read_manifest(text: bytes) -> Mapping[str, Member]:
    """Return the members that a manifest names. Raises `ValueError`, `KeyError` or `TypeError` when it is none."""
    value = json.loads(text)
    if value["lectern"] != _FORMAT:
        raise ValueError(f"archives of the form {value['lectern']} cannot be read by this version")
    return {str(name): Member(**one) for name, one in value["files"].items()}
