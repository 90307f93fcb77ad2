"""`backup` and `restore` of a real installation: while it works, damaged, in use, and killed in the middle."""

import gzip
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lectern.base.restoring import READY, UNPACKED, finish_restore, unpacking
from tests.playground import ROOT, Playground, playground

pytestmark = pytest.mark.timeout(180)

DATABASES = ["lectern.sqlite3", "passages.sqlite3", "checkpoints.sqlite3"]


def _write(var: Path, text: str) -> None:
    """Leave a mark in every database, as a program does that is killed: in the write-ahead log."""
    for name in DATABASES:
        connection = sqlite3.connect(var / name)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS mark (text)")
        connection.execute("DELETE FROM mark")
        connection.execute("INSERT INTO mark VALUES (?)", [text])
        connection.commit()
        connection.close()
    (var / "secret_key").write_text(f"{text} key")


def _marks(var: Path) -> set[str]:
    found = {(var / "secret_key").read_text().removesuffix(" key")}
    for name in DATABASES:
        with closing(sqlite3.connect(var / name)) as connection:
            found |= {row[0] for row in connection.execute("SELECT text FROM mark")}
    return found


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Playground, Path]]:
    """An installation, and a backup of its state "old"."""
    with playground(tmp_path_factory.mktemp("p")) as place:
        _write(place.var, "old")
        file = tmp_path_factory.mktemp("backups") / "new folder" / "lectern.tar.gz"
        ended = place.manage("backup", str(file))
        assert ended.returncode == 0, ended.stderr
        yield place, file


@pytest.fixture
def place(backed_up: tuple[Playground, Path]) -> Playground:
    """The installation in its state "new"."""
    place, _ = backed_up
    _write(place.var, "new")
    return place


@pytest.fixture
def archive(backed_up: tuple[Playground, Path], tmp_path: Path) -> Path:
    """A copy of the backup, for this test to damage."""
    (tmp_path / "backups").mkdir()
    return Path(shutil.copy2(backed_up[1], tmp_path / "backups"))


def test_a_backup_comes_back_whole(place: Playground, archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    ended = place.manage("restore", str(archive), "--replace", "--json")
    assert ended.returncode == 0, ended.stderr
    assert set(json.loads(ended.stdout)["files"]) == {*DATABASES, "secret_key"}
    assert _marks(place.var) == {"old"}
    assert not list(place.var.glob("restore.*"))
    assert place.manage("migrate", "--check").returncode == 0


def test_an_empty_installation_takes_a_backup_without_being_told(
    place: Playground, archive: Path, tmp_path: Path
) -> None:
    other = Playground(tmp_path / "other")
    assert other.manage("restore", str(archive)).returncode == 0
    assert _marks(other.var) == {"old"}


def test_data_that_are_there_stay_unless_they_may_go(place: Playground, archive: Path) -> None:
    ended = place.manage("restore", str(archive))
    assert ended.returncode == 1
    assert "has data already" in ended.stderr
    assert "--replace" in ended.stderr
    assert _marks(place.var) == {"new"}


def test_what_is_written_meanwhile_is_in_the_backup_wholly_or_not(place: Playground, tmp_path: Path) -> None:
    _write(place.var, "old")
    writer = sqlite3.connect(place.var / "lectern.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO mark VALUES ('half')")
    assert place.manage("backup", str(tmp_path / "a.tar.gz")).returncode == 0
    writer.execute("COMMIT")
    writer.close()
    assert place.manage("restore", str(tmp_path / "a.tar.gz"), "--replace").returncode == 0
    assert _marks(place.var) == {"old"}


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_not_replaced_by_an_archive(
    place: Playground, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    target = tmp_path / "there"
    make(target)
    before = target.lstat()
    ended = place.manage("backup", str(target))
    assert ended.returncode == 1
    assert "there is no file." in ended.stderr
    assert target.lstat().st_ino == before.st_ino
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_that_somebody_has_open_is_not_replaced(
    place: Playground, archive: Path, name: str
) -> None:
    with closing(sqlite3.connect(place.var / name)) as idle:
        idle.execute("SELECT * FROM mark").fetchall()
        ended = place.manage("restore", str(archive), "--replace")
    assert ended.returncode == 1
    assert f"has {name} of" in ended.stderr
    assert _marks(place.var) == {"new"}


def test_a_place_in_use_is_told_before_anything_is_unpacked(place: Playground, archive: Path) -> None:
    archive.write_bytes(b"a picture of a cat")
    with closing(sqlite3.connect(place.var / "lectern.sqlite3")) as idle:
        idle.execute("SELECT * FROM mark").fetchall()
        ended = place.manage("restore", str(archive), "--replace")
    assert "has lectern.sqlite3 of" in ended.stderr


def _cut(archive: Path) -> None:
    os.truncate(archive, archive.stat().st_size // 2)


def _flip(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(content)


def _other_content(archive: Path) -> None:
    """A sound archive in which one file is not the one that was listed."""
    with tarfile.open(archive) as tar:
        tar.extractall(archive.parent / "x", filter="data")
        names = tar.getnames()
    (archive.parent / "x" / "secret_key").write_text("old kez")
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            tar.add(archive.parent / "x" / name, name)


def _climbing(archive: Path) -> None:
    evil = archive.parent / "evil"
    evil.write_text("x")
    manifest = archive.parent / "manifest.json"
    sha = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    files = {"../climbed": {"bytes": 1, "sha256": sha}}
    manifest.write_text(json.dumps({"lectern": 1, "made_at": "", "files": files}))
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(manifest, "manifest.json")
        tar.add(evil, "../climbed")


def _listing(text: str) -> Callable[[Path], None]:
    """An archive of nothing but this list."""

    def write(archive: Path) -> None:
        manifest = archive.parent / "manifest.json"
        manifest.write_text(text)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(manifest, "manifest.json")

    return write


def _one_file_of(listed: int, held: int) -> Callable[[Path], None]:
    """An archive of a database of so many bytes, all zeros."""

    def write(archive: Path) -> None:
        files = {"lectern.sqlite3": {"bytes": listed, "sha256": "0" * 64}}
        _listing(json.dumps({"lectern": 1, "made_at": "", "files": files}))(archive)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(archive.parent / "manifest.json", "manifest.json")
            zeros = tarfile.TarInfo("lectern.sqlite3")
            zeros.size = held
            tar.addfile(zeros, io.BytesIO(bytes(held)))

    return write


def _headers(count: int, size: int) -> Callable[[Path], None]:
    """An archive that begins with so many extended headers of so many bytes."""

    def write(archive: Path) -> None:
        header = tarfile.TarInfo("header")
        header.type, header.size = tarfile.XHDTYPE, size
        with gzip.open(archive, "wb") as file:
            file.write((header.tobuf(tarfile.USTAR_FORMAT) + bytes(size)) * count)
            file.write(tarfile.TarInfo("manifest.json").tobuf() + bytes(1024))

    return write


def _another_file(archive: Path) -> None:
    archive.write_bytes(b"a picture of a cat")


DAMAGES = {
    "cut": _cut,
    "a byte flipped": _flip,
    "other content": _other_content,
    "a path that climbs": _climbing,
    "a list that is none": _listing('{"lectern": 1, "files": []}'),
    "a list without end": _listing("[" * 50_000),
    "nothing listed": _listing('{"lectern": 1, "files": {}}'),
    "more than was listed": _one_file_of(10, 20),
    "a long header": _headers(1, 10_240_000),
    "headers without end": _headers(2_000, 0),
    "no archive": _another_file,
    "gone": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_archive_changes_nothing(
    place: Playground, archive: Path, damage: object, request: pytest.FixtureRequest
) -> None:
    damage(archive)  # type: ignore[operator]
    ended = place.manage("restore", str(archive), "--replace")
    assert ended.returncode == 1
    assert ("header of more than" in ended.stderr) is ("header" in request.node.callspec.id)
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip().endswith(".")
    assert _marks(place.var) == {"new"}
    assert not list(place.var.glob("restore.*"))
    assert not (place.var.parent / "climbed").exists()


def test_an_archive_that_no_disk_holds_is_refused_before_it_is_unpacked(
    place: Playground, archive: Path
) -> None:
    _one_file_of(10**17, 20)(archive)
    ended = place.manage("restore", str(archive), "--replace")
    assert ended.returncode == 1
    assert "The archive unpacks to 100000000000 MB, and " in ended.stderr
    assert "Make room" in ended.stderr
    assert _marks(place.var) == {"new"}


#: Kills this process by kill -9 at the n-th renaming, then at each moment of a command.
_KILLED = """
import os, pathlib, signal, sys
import django
django.setup()
left = [int(sys.argv[1])]
def deadly(original):
    def call(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    return call
for name in ("replace", "rename", "rmdir"):
    setattr(pathlib.Path, name, deadly(getattr(pathlib.Path, name)))
os.fsync = deadly(os.fsync)
from django.core.management import call_command
call_command(*sys.argv[2:])
"""


def _killed(place: Playground, after: int, *command: str) -> bool:
    """Run a command that is killed after so many steps; True if it was."""
    line = [sys.executable, "-c", _KILLED, str(after), *command]
    ended = subprocess.run(
        line, cwd=ROOT, env=place.environment, capture_output=True, timeout=60, check=False
    )
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    return ended.returncode != 0


def test_a_killed_restore_leaves_the_old_state_or_the_new_one(place: Playground, archive: Path) -> None:
    seen, after = [], 0
    while _killed(place, after, "restore", str(archive), "--replace"):
        finish_restore(place.var)  # by whatever starts next: see below
        assert not list(place.var.glob("restore.*"))
        seen.append(_marks(place.var))
        _write(place.var, "new")
        after += 1
    assert all(marks in ({"old"}, {"new"}) for marks in seen)
    assert {"new"} in seen
    assert {"old"} in seen
    assert _marks(place.var) == {"old"}


def test_whatever_starts_next_finishes_a_restore(place: Playground) -> None:
    (place.var / READY).mkdir()
    (place.var / "lectern.sqlite3").rename(place.var / READY / "lectern.sqlite3")
    assert place.manage("migrate", "--check").returncode == 0
    assert not (place.var / READY).exists()
    assert _marks(place.var) == {"new"}


def test_what_a_restore_unpacks_is_left_alone_while_it_is_at_work(tmp_path: Path) -> None:
    (tmp_path / UNPACKED).mkdir()
    with unpacking(tmp_path, wait=True):
        finish_restore(tmp_path)
        assert (tmp_path / UNPACKED).exists()
    finish_restore(tmp_path)
    assert not (tmp_path / UNPACKED).exists()


def test_a_killed_backup_leaves_the_old_archive(place: Playground, archive: Path) -> None:
    before, after = archive.read_bytes(), 0
    while _killed(place, after, "backup", str(archive)):
        assert archive.read_bytes() == before or after > 0
        with tarfile.open(archive) as tar:
            assert "manifest.json" in tar.getnames()
        after += 1
    assert after
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    assert archive.read_bytes() != before
