"""Back up: copies of the databases, each as of one moment, in one file that appears when it is whole."""

import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lectern.adapters.archive.databases import copy_database
from lectern.adapters.archive.errors import CannotWrite
from lectern.adapters.archive.manifest import MANIFEST, SECRET_KEY, Member, manifest_text, member
from lectern.base.clock import Clock, SystemClock

_WORKSHOP = ".lectern-backup-"


def back_up(
    var_dir: Path, databases: Sequence[str], target: Path, clock: Clock | None = None
) -> Mapping[str, Member]:
    """Write the archive `target` of those `databases` that `var_dir` has, and of its secret key; return its members.

    Databases are copied in the order of the list: what refers to another one comes before it, so that what it refers
    to is there. An older `target` stays until the new one has its place. Raises `CannotWrite`, `DamagedArchive`.
    """
    with _file_errors(target), _workshop_for(target) as workshop:
        for name in databases:
            if (var_dir / name).exists():
                copy_database(var_dir / name, workshop / name)
        if (var_dir / SECRET_KEY).exists():
            shutil.copyfile(var_dir / SECRET_KEY, workshop / SECRET_KEY)
        members = {path.name: member(path) for path in sorted(workshop.iterdir())}
        made_at = (clock or SystemClock()).now().isoformat()
        (workshop / MANIFEST).write_text(manifest_text(made_at, members))
        archive = workshop / "archive"
        _pack(workshop, [MANIFEST, *members], archive)
        archive.replace(target)
        sync_folder(target.parent)
    return members


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pack(folder: Path, names: Sequence[str], archive: Path) -> None:
    with archive.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)  # students' questions, and the key that signs
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
            for name in names:
                tar.add(folder / name, name)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _workshop_for(target: Path) -> Iterator[Path]:
    """Make a folder for the copies, beside the archive; one that a killed backup left behind goes."""
    folder = target.parent
    if target.exists() and not target.is_file():  # a device above all: the archive would take its place
        raise CannotWrite(f"{target} is no file.", hint="Name the file that the archive is to be.")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_WORKSHOP}*"):
        if not _lives(left.name.removeprefix(_WORKSHOP)):
            shutil.rmtree(left, ignore_errors=True)
    workshop = folder / f"{_WORKSHOP}{os.getpid()}"
    workshop.mkdir(mode=0o700)
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _lives(pid: str) -> bool:
    if not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _file_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise CannotWrite(
            f"{target} cannot be written: {exc.strerror or exc}.",
            hint="Look at the disk and the permissions.",
        ) from exc
