import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lectern.entrypoints.serving.die_with_parent import identity, record
from lectern.entrypoints.serving.leftovers import end_leftovers

STANDIN = Path(__file__).with_name("standin.py")


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, STANDIN, "sleeper"], stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


def test_a_recorded_process_is_ended(tmp_path: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    (tmp_path / "worker.process").write_text(f"{sleeper.pid} {identity(sleeper.pid)}\n")
    assert end_leftovers(tmp_path) == ["worker"]
    assert sleeper.wait(timeout=30) == -signal.SIGKILL
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["{pid} another boot 123\n", "{pid}\n", "", "nonsense\n"])
def test_a_process_that_only_shares_the_pid_is_left_alone(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]", content: str
) -> None:
    (tmp_path / "worker.process").write_text(content.format(pid=sleeper.pid))
    assert end_leftovers(tmp_path) == []
    assert sleeper.poll() is None


def test_this_process_is_left_alone(tmp_path: Path) -> None:
    record(tmp_path / "launcher.process")
    assert end_leftovers(tmp_path) == []
    assert (tmp_path / "launcher.process").read_text().startswith(f"{os.getpid()} ")
