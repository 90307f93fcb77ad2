"""`backup` and `restore` where rows are in PostgreSQL or in another folder: they say what they hold, and what not."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.playground import Playground

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def outside(tmp_path: Path) -> Playground:
    """An installation whose rows are in a SQLite file outside of its folder, with a mark among its passages."""
    place = Playground(tmp_path / "outside", database_url=f"sqlite:///{tmp_path / 'rows.sqlite3'}")
    place.var.mkdir()
    _mark(place, "outside")
    return place


@pytest.fixture
def place(postgres_database: str, tmp_path: Path) -> Playground:
    """An installation on PostgreSQL, with a mark among its passages."""
    place = Playground(tmp_path / "var", database_url=postgres_database)
    place.var.mkdir()
    _mark(place, "old")
    return place


def _mark(place: Playground, text: str) -> None:
    with closing(sqlite3.connect(place.var / "passages.sqlite3", isolation_level=None)) as passages:
        passages.execute("CREATE TABLE IF NOT EXISTS mark (text)")
        passages.execute("DELETE FROM mark")
        passages.execute("INSERT INTO mark VALUES (?)", [text])


def _marked(place: Playground) -> str:
    with closing(sqlite3.connect(place.var / "passages.sqlite3")) as passages:
        return str(passages.execute("SELECT text FROM mark").fetchone()[0])


def test_rows_and_checkpoints_are_left_to_postgres_and_that_is_said(
    place: Playground, tmp_path: Path
) -> None:
    archive = tmp_path / "lectern.tar.gz"
    ended = place.manage("backup", str(archive))
    assert ended.returncode == 0, ended.stderr
    assert "pg_dump" in ended.stdout
    report = json.loads(place.manage("backup", str(archive), "--json").stdout)
    assert set(report["files"]) == {"passages.sqlite3", "secret_key"}
    assert "pg_dump" in report["warning"]
    _mark(place, "new")
    ended = place.manage("restore", str(archive), "--replace")
    assert ended.returncode == 0, ended.stderr
    assert "pg_restore" in ended.stdout
    assert _marked(place) == "old"
    assert not (place.var / "checkpoints.sqlite3").exists()


def test_an_archive_with_rows_of_sqlite_is_refused_with_the_reason(place: Playground, tmp_path: Path) -> None:
    other = Playground(tmp_path / "other")
    assert other.manage("migrate").returncode == 0
    assert other.manage("backup", str(tmp_path / "a.tar.gz")).returncode == 0
    ended = place.manage("restore", str(tmp_path / "a.tar.gz"), "--replace")
    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr
    assert _marked(place) == "old"


def test_an_archive_without_rows_empties_nobodys(outside: Playground, tmp_path: Path) -> None:
    archive, here = str(tmp_path / "a.tar.gz"), Playground(tmp_path / "here")
    assert outside.manage("backup", archive).returncode == 0
    assert here.manage("migrate").returncode == 0
    ended = here.manage("restore", archive, "--replace")
    assert ended.returncode == 1
    assert "it holds no rows" in ended.stderr
    assert "DATABASE_URL" in ended.stderr
    assert here.manage("migrate", "--check").returncode == 0


def test_what_the_archive_has_not_got_is_said_to_begin_empty(outside: Playground, tmp_path: Path) -> None:
    archive = str(tmp_path / "a.tar.gz")
    assert outside.manage("backup", archive).returncode == 0
    ended = outside.manage("restore", archive, "--replace")
    assert "Not in the archive, so empty now: checkpoints.sqlite3." in ended.stdout
    report = json.loads(outside.manage("restore", archive, "--replace", "--json").stdout)
    assert report["empty"] == ["checkpoints.sqlite3"]
    assert _marked(outside) == "outside"
