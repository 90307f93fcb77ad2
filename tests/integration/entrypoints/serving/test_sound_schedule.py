import shelve
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def schedule(tmp_path: Path) -> Path:
    path = tmp_path / "beat-schedule"
    with shelve.open(str(path)) as values:
        values["entries"] = {"forget": 1}
    return path


def run(schedule: Path) -> str:
    command = (
        sys.executable,
        "-m",
        "lectern.entrypoints.serving.sound_schedule",
        schedule,
        "echo",
        "beat runs",
    )
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_sound_schedule_is_kept(schedule: Path) -> None:
    assert run(schedule) == "beat runs\n"
    with shelve.open(str(schedule)) as values:
        assert values["entries"] == {"forget": 1}


def test_missing_schedule_is_no_damage(tmp_path: Path) -> None:
    assert run(tmp_path / "beat-schedule") == "beat runs\n"


@pytest.mark.parametrize("damage", [b"", b"\x06nonsense" * 500], ids=["emptied", "overwritten"])
def test_damaged_schedule_is_removed(schedule: Path, damage: bytes) -> None:
    for path in schedule.parent.iterdir():
        if path.suffix != ".dir":  # dbm.dumb's table of contents, where it is what Python has
            path.write_bytes(damage)
    assert run(schedule).endswith("was damaged and begins anew.\nbeat runs\n")
    assert not list(schedule.parent.iterdir())
