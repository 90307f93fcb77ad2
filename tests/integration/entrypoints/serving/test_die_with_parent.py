import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lectern.entrypoints.serving import die_with_parent
from lectern.entrypoints.serving.die_with_parent import record

WRAPPER = (sys.executable, "-I", "-S", die_with_parent.__file__)


def test_program_runs_and_is_recorded_under_its_own_pid(tmp_path: Path) -> None:
    record(tmp_path / "parent")
    program = (sys.executable, "-c", "import os; print(os.getpid())")
    command = [*WRAPPER, tmp_path / "parent", tmp_path / "own", *program]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (tmp_path / "own").read_text().split()[0] == output.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's parent-death signal")
def test_program_whose_parent_ended_before_it_could_be_watched_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "parent").write_text("1 some boot 7\n")
    command = [*WRAPPER, tmp_path / "parent", tmp_path / "own", "touch", tmp_path / "started"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "started").exists()


def test_program_without_a_recorded_parent_does_not_start(tmp_path: Path) -> None:
    command = [*WRAPPER, tmp_path / "parent", tmp_path / "own", "touch", tmp_path / "started"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "no process is recorded" in refused.stderr
    assert not (tmp_path / "started").exists()
