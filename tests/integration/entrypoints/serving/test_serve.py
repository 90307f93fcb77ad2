"""`make run` with stand-in programs, the real supervisord and the real Valkey."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lectern.entrypoints.serving.die_with_parent import identity, recorded
from lectern.entrypoints.serving.leftovers import end_leftovers

HERE = Path(__file__).parent
ROOT = HERE.parents[3]


class Launch:
    """One start, its output and its processes."""

    def __init__(self, root: Path, *kinds: str, port: int = 0, patience: float = 60.0) -> None:
        self.port = port or free_port()
        self.var = root / "var"
        # Short: the path of a Unix socket has at most 107 bytes.
        self.socket = Path(f"/tmp/lectern-test-{os.getpid()}-{self.port}/valkey.sock")
        self.output = root / f"output-{self.port}"
        broker = str(self.socket) if "valkey" in kinds else "-"
        programs = [kind for kind in kinds if kind != "valkey"]
        command = [
            sys.executable,
            str(HERE / "launch.py"),
            str(self.var),
            str(self.port),
            broker,
            str(patience),
        ]
        self.kinds = kinds
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *programs],
                stdout=output,
                stderr=output,
                cwd=root,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    def text(self) -> str:
        return self.output.read_text()

    def until_ready(self) -> "Launch":
        until(lambda: "Lectern is ready" in self.text(), explain=self.text)
        until(lambda: all(self.pid(kind) for kind in self.kinds))
        until(lambda: "valkey" not in self.kinds or takes_connections(self.socket))
        return self

    def pid(self, name: str) -> int:
        """Return the pid of a live program, 0 if there is none."""
        found = recorded(self.var / "run" / f"{name}.process")
        return found[0] if found and identity(found[0]) == found[1] else 0

    def pids(self) -> set[int]:
        return {self.pid(path.stem) for path in (self.var / "run").glob("*.process")} - {0}

    def ends(self, seconds: float = 30) -> int:
        return self.process.wait(timeout=seconds)


@contextmanager
def launched(root: Path, *kinds: str, port: int = 0, patience: float = 60.0) -> Iterator[Launch]:
    launch = Launch(root, *kinds, port=port, patience=patience)
    try:
        yield launch
    finally:
        launch.process.kill()
        launch.process.wait()
        end_leftovers(launch.var / "run")
        shutil.rmtree(launch.socket.parent, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], object], seconds: float = 60, explain: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)


def takes_connections(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def none_lives(pids: set[int]) -> bool:
    return not any(identity(pid) for pid in pids)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    # A checkout may have any name; supervisor's configuration knows %, # and ; as its own.
    root = tmp_path_factory.mktemp("run") / "a check out #1; 100% mine"
    root.mkdir()
    with launched(root, "valkey", "web", "sleeper") as launch:
        yield launch.until_ready()


def test_banner_gives_the_address_and_the_guides_questions(served: Launch) -> None:
    url = f"http://127.0.0.1:{served.port}"
    for line in (
        f"{url}/api/docs",
        f"curl -X POST {url}/api/ai/ask-async/",
        f"{url}/api/ai/tasks/",
        "Ctrl-C ends it",
    ):
        assert line in served.text()


def test_bundled_valkey_is_for_this_user_alone(served: Launch) -> None:
    assert stat.S_IMODE(served.socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(served.socket.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["valkey", "web", "sleeper"])
def test_a_program_killed_by_kill_9_is_back(served: Launch, name: str) -> None:
    before = served.pid(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: served.pid(name) not in (0, before))


def test_a_second_start_in_the_same_folder_is_refused(served: Launch) -> None:
    second = Launch(served.var.parent, "web")
    assert second.ends() == 1
    assert f"already runs in this folder (process {served.process.pid})" in second.text()
    assert served.pid("web")


def test_a_taken_port_gets_a_sentence(served: Launch, tmp_path: Path) -> None:
    with launched(tmp_path, "web", port=served.port) as second:
        assert second.ends() == 1
        assert f"Port {served.port} of 127.0.0.1 is taken" in second.text()
        assert "make run PORT=" in second.text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_nothing_is_left_when_it_is_asked_to_end(tmp_path: Path, number: signal.Signals) -> None:
    with launched(tmp_path, "valkey", "web") as launch:
        pids = launch.until_ready().pids()
        launch.process.send_signal(number)
        assert launch.ends() == 0
        assert none_lives(pids)
        assert not launch.socket.parent.exists()
        assert not list((launch.var / "run").glob("*.process"))


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    with launched(tmp_path, "web", "stubborn") as launch:
        pids = launch.until_ready().pids()
        launch.process.send_signal(signal.SIGINT)
        until(lambda: "Ending" in launch.text())
        launch.process.send_signal(signal.SIGINT)
        assert launch.ends() == 0
        assert none_lives(pids)


def test_after_kill_9_of_the_launcher_all_end_by_themselves_and_the_next_start_works(tmp_path: Path) -> None:
    with launched(tmp_path, "valkey", "web", "stubborn") as first:
        pids = first.until_ready().pids()
        first.process.kill()
        first.process.wait()
        if sys.platform == "linux":  # elsewhere the next start ends them
            until(lambda: none_lives(pids))
        with launched(tmp_path, "valkey", "web", port=first.port) as second:
            second.until_ready()
            assert none_lives(pids)


def test_kill_9_of_supervisord_ends_everything_with_a_sentence(tmp_path: Path) -> None:
    with launched(tmp_path, "valkey", "web", "stubborn") as launch:
        pids = launch.until_ready().pids()
        os.kill(launch.pid("supervisord"), signal.SIGKILL)
        assert launch.ends() == 1
        assert "supervisord" in launch.text()
        assert none_lives(pids)


def test_a_start_that_is_not_ready_names_the_log_to_read(tmp_path: Path) -> None:
    with launched(tmp_path, "broken", patience=4) as launch:
        until(lambda: "Not ready after 4 s" in launch.text())
        until(lambda: "broken says why" in launch.text(), explain=launch.text)
        assert str(launch.var / "log" / "broken.log") in launch.text()
        assert launch.process.poll() is None


def test_valkey_begins_empty_when_it_refuses_its_data(tmp_path: Path) -> None:
    data = tmp_path / "var" / "valkey"
    (data / "appendonlydir").mkdir(parents=True)
    (data / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with launched(tmp_path, "valkey", "web") as launch:
        launch.until_ready()
        assert "set aside" in launch.text()
        assert "set aside" in (launch.var / "log" / "valkey.log").read_text()
        kept = data.with_name("valkey-set-aside") / "appendonlydir" / "appendonly.aof.manifest"
        assert kept.read_text() == "nonsense\n"
