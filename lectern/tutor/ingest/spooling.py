"""Spool: uploaded files between the web process that took them and the worker that reads them, a folder for each upload.

Both processes must see the same folder. A file's own name is no path here: `0.pdf`, `1.md`, … stand for the upload's names.
"""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import UUID

from lectern.base.ids import parse_id
from lectern.base.log import logger
from lectern.tutor.errors import UploadLost

_log = logger(__name__)

#: Behind the name of a folder that is not complete.
_PART = ".part"
#: What nothing refers to for so long is a killed process's; no request lasts longer.
_FORGOTTEN_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class NamedFile:
    """A file and what it is called in its course."""

    name: str
    path: Path


class Spool:
    """The folder of all uploads; made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, upload_id: UUID, files: Sequence[NamedFile]) -> None:
        """Move files of this disk in; they outlive a power cut when this returns. Raises `OSError`."""
        draft = self.folder / f"{upload_id}{_PART}"
        draft.mkdir(parents=True, mode=0o700)
        try:
            for number, file in enumerate(files):
                _sync(file.path)
                file.path.replace(draft / _called(number, file.name))
            _sync(draft)
            draft.rename(self._of(upload_id))
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        _sync(self.folder)

    def files(self, upload_id: UUID, names: Sequence[str]) -> list[NamedFile]:
        """Return the files of an upload under their `names`. Raises `UploadLost`."""
        folder = self._of(upload_id)
        if not folder.is_dir():
            raise UploadLost(
                "The uploaded files are not there any more.",
                hint="Upload them again. If it happens again: web and workers must share VAR_DIR.",
            )
        return [
            NamedFile(name=name, path=folder / _called(number, name)) for number, name in enumerate(names)
        ]

    def drop(self, upload_id: UUID) -> None:
        """Delete the files of an upload, if there are any."""
        shutil.rmtree(self._of(upload_id), ignore_errors=True)

    def sweep(self, is_wanted: Callable[[UUID], bool | None]) -> int:
        """Delete what no upload needs and return how much that was.

        `is_wanted` tells whether an upload's files may still be read; None when nobody knows it, as before its run is
        written. Such files, and pieces of requests, are deleted when they are an hour old.
        """
        gone = 0
        for path in list(self.folder.iterdir()) if self.folder.is_dir() else []:
            upload_id = parse_id(path.name)
            wanted = is_wanted(upload_id) if upload_id else None
            if wanted is None:
                wanted = _age(path) < _FORGOTTEN_SECONDS
            if not wanted:
                _delete(path)
                gone += 1
        if gone:
            _log.info("spool", deleted=gone)
        return gone

    def _of(self, upload_id: UUID) -> Path:
        return self.folder / str(upload_id)


def _called(number: int, name: str) -> str:
    return f"{number}{PurePosixPath(name).suffix.lower()}"


def _age(path: Path) -> float:
    """Return the seconds since a file or folder changed; 0 for one that is gone."""
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
