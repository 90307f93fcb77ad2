import os
import time
from pathlib import Path

from lectern.base.heartbeat import renew


def test_the_file_is_made_and_its_date_renewed(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    renew(file)
    os.utime(file, (0, 0))
    renew(file)
    assert time.time() - file.stat().st_mtime < 60


def test_a_file_that_cannot_be_written_ends_no_heartbeat(tmp_path: Path) -> None:
    renew(tmp_path / "missing" / "heartbeat")
    renew(None)
