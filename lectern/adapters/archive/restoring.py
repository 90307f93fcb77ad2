"""Restore: an archive is unpacked and checked beside the data, and takes their places in one step."""

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from lectern.adapters.archive.databases import check_database, is_in_use
from lectern.adapters.archive.errors import CannotWrite, DamagedArchive, NotEmpty, StillInUse
from lectern.adapters.archive.manifest import MANIFEST, SECRET_KEY, Member, read_manifest
from lectern.adapters.archive.writing import sync_folder
from lectern.base.restoring import READY, UNPACKED, finish_restore, unpacking
from lectern.base.settings import ROWS_FILE

_LARGEST_MANIFEST = 100_000
#: Those that `backup` writes have 1,536 bytes at most. They may be chained, and each link takes a few levels of calls.
_LARGEST_HEADER = 32_768
_BLOCK = 1 << 20


def restore(archive: Path, var_dir: Path, databases: Sequence[str], *, replace: bool) -> Mapping[str, Member]:
    """Put the archive's files in the places of those of `var_dir`; return its members.

    A database of the list that the archive has not got begins empty; rows must be in it. Nothing is changed before the whole archive was
    found sound. Raises `DamagedArchive`, `StillInUse`, `NotEmpty` (unless `replace`), `CannotWrite`.
    """
    stage = var_dir / UNPACKED
    with _file_errors(archive), unpacking(var_dir, wait=True):
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        try:
            _check_place(
                var_dir, databases, replace
            )  # now, not after minutes of unpacking; and again after them
            members = _unpack(archive, stage, {*databases, SECRET_KEY})
            for name in databases:
                (stage / name).touch()
                check_database(stage / name, name)
            _check_place(var_dir, databases, replace)
            sync_folder(stage)
            stage.rename(var_dir / READY)
            sync_folder(var_dir)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        finish_restore(var_dir)
        sync_folder(var_dir)
    return members


def _check_place(var_dir: Path, databases: Sequence[str], replace: bool) -> None:
    there = [path for name in databases if (path := var_dir / name).exists() and path.stat().st_size]
    if used := [path.name for path in there if is_in_use(path)]:
        raise StillInUse(
            f"Some process has {' and '.join(used)} of {var_dir} open; nothing was changed.",
            hint="End make run, every worker, beat, the web process and open shells first.",
        )
    if there and not replace:
        names = " and ".join(path.name for path in there)
        raise NotEmpty(
            f"{var_dir} has data already: {names}; nothing was changed.",
            hint="--replace puts the archive in their place. Back them up before.",
        )


def _unpack(archive: Path, stage: Path, known: set[str]) -> Mapping[str, Member]:
    with _damage(archive), _Packed(archive) as packed, tarfile.open(fileobj=packed, mode="r:") as tar:
        infos = _infos(tar, packed)
        first = next(infos, None)
        if first is None or first.name != MANIFEST or first.size > _LARGEST_MANIFEST:
            raise ValueError("it does not begin with its list")
        members = read_manifest(_content(tar, first).read())
        if (
            ROWS_FILE in known and ROWS_FILE not in members
        ):  # passages without the rows that they belong to are nobody's
            raise ValueError("it holds no rows: where it was made, DATABASE_URL named another place for them")
        _require_room(stage, members)
        for info in infos:
            # Never by tarfile's own ways to extract: a name is one that is known, and the content a file's.
            if info.name not in members or (stage / info.name).exists():
                raise ValueError(f"it holds {info.name!r}, which does not belong in it")
            if info.name not in known:
                raise ValueError(f"it holds {info.name!r}, and DATABASE_URL names another place for that")
            # The size first: a small archive may unpack to more than any disk holds.
            listed = members[info.name]
            if info.size != listed.bytes or _written(_content(tar, info), stage / info.name) != listed:
                raise ValueError(f"{info.name} is not as it was written")
        if missing := [name for name in members if not (stage / name).exists()]:
            raise ValueError(f"{' and '.join(missing)} is missing")
    return members


class _Packed(gzip.GzipFile):
    """An archive of which only so much is read as is left: tarfile takes headers of any length into memory."""

    left = _LARGEST_HEADER

    def read(self, size: int | None = -1) -> bytes:
        """Return the next `size` bytes. Raises `ValueError`."""
        if size is None or not 0 <= size <= self.left:
            raise ValueError(f"it has a header of more than {_LARGEST_HEADER} bytes")
        self.left -= size
        return super().read(size)


def _infos(tar: tarfile.TarFile, packed: _Packed) -> Iterator[tarfile.TarInfo]:
    """Yield what is said of each file; its content is to be read before the next one is asked for."""
    while info := tar.next():
        packed.left = info.size
        yield info
        packed.left = _LARGEST_HEADER


def _require_room(stage: Path, members: Mapping[str, Member]) -> None:
    wanted, free = sum(one.bytes for one in members.values()), shutil.disk_usage(stage).free
    if wanted > free:
        raise CannotWrite(
            f"The archive unpacks to {wanted / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free in {stage.parent}; "
            "nothing was changed.",
            hint="Make room, or set VAR_DIR.",
        )


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(info) if info.isreg() else None
    if content is None:
        raise ValueError(f"{info.name!r} in it is no file")
    return content


def _written(content: IO[bytes], target: Path) -> Member:
    digest, size = sha256(), 0
    with target.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        while block := content.read(_BLOCK):
            file.write(block)
            digest.update(block)
            size += len(block)
        file.flush()
        os.fsync(file.fileno())
    return Member(bytes=size, sha256=digest.hexdigest())


@contextmanager
def _damage(archive: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as exc:
        raise DamagedArchive(
            f"{archive} is no sound archive of Lectern: {exc}; nothing was changed."
        ) from exc


@contextmanager
def _file_errors(archive: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        what = exc.filename or archive
        raise CannotWrite(f"{what} cannot be used: {exc.strerror or exc}.") from exc
