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
    """Return the members that a manifest names, at least one. Raises `ValueError` when it is none."""
    try:
        value = json.loads(text)
        if (form := value["lectern"]) == _FORMAT:
            members = {str(name): _member(**one) for name, one in value["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise ValueError("its list of files cannot be read") from exc
    if form != _FORMAT:
        raise ValueError(f"archives of the form {form} cannot be read by this version")
    if not members:
        raise ValueError("it holds no files")
    return members


def _member(*, bytes: int, sha256: str) -> Member:
    return Member(bytes=int(bytes), sha256=str(sha256))
