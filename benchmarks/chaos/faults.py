"""Faults: carries a plan out on real processes. Each lane is a thread that is alone with its process; a keeper starts anew what ended by itself."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread

from benchmarks.chaos.planning import Fault, Plan
from benchmarks.house import House
from benchmarks.ledger import Ledger
from tests.playground import ROOT, Process, free_port

_CLOCK = Path(__file__).with_name("clock")
#: Seconds from SIGTERM to SIGKILL, as `make run` has it.
_STOP_SECONDS = 8.0
_KEEPER_SECONDS = 0.5
#: Longest wait for a program that was started anew: it may wait itself, for what is away.
_UP_SECONDS = 25.0


class Storm:
    """Two workers, a web process, a broker and a database that are disturbed until `end`."""

    def __init__(self, place: House, plan: Plan, ledger: Ledger) -> None:
        self._place, self._plan, self._ledger = place, plan, ledger
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self._over, self._starting = Event(), Lock()
        #: True from `end` on: a lane that is still busy starts nothing any more.
        self._ended = False
        #: What runs now, by lane. A lane whose process was ended on purpose has none.
        self._running: dict[str, Process] = {}
        self._clock_off = {"worker0": 0.0, "worker1": plan.clock_off}
        self.exits: list[str] = []
        self._threads = [
            Thread(target=self._carry_out, args=(lane, faults), name=lane, daemon=True)
            for lane, faults in plan.lanes.items()
            if lane != "database" or place.postgres
        ]
        self._keeper = Thread(target=self._keep, name="keeper", daemon=True)

    def begin(self) -> None:
        """Start all programs, and wait until they are ready."""
        self._broker(new=True)
        self._start("web")
        for lane in ("worker0", "worker1"):
            self._start(lane)

    def rage(self) -> None:
        """Begin with the faults."""
        for thread in (*self._threads, self._keeper):
            thread.start()

    def calm(self) -> None:
        """Wait for the end of what is under way, and make everything whole again."""
        self._over.set()
        for thread in self._threads:
            thread.join(90)

    def end(self) -> None:
        """Let the keeper go; the house ends the processes."""
        self._over.set()
        with self._starting:
            self._ended = True
        self._running.clear()
        if self._keeper.is_alive():
            self._keeper.join(10)
        for process in self._place.processes:  # a stopped one takes no signal but these
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)

    def _carry_out(self, lane: str, faults: tuple[Fault, ...]) -> None:
        deeds: dict[str, Callable[[str, Fault], None]] = {
            "worker-kill": self._kill,
            "worker-term": self._terminate,
            "worker-stop": self._stop,
            "web-kill": self._kill,
            "web-term": self._terminate,
            "broker-flush": lambda _lane, _fault: self._place.flush_broker(),
            "broker-restart": self._broker_restart,
            "broker-away": self._broker_restart,
            "broker-frozen": self._stop,
            "database-restart": self._database_restart,
        }
        for fault in faults:
            if self._over.wait(fault.gap):
                return
            pid = self._running[lane].pid if lane in self._running else 0
            self._ledger.write("fault", kind=fault.kind, pid=pid, lane=lane)
            try:
                deeds[fault.kind](lane, fault)
            except Exception as exc:  # the storm goes on
                self._ledger.write("fault", kind="failed", error=f"{fault.kind}: {exc!r}"[:500])
            self._ledger.write("fault", kind=f"{fault.kind}-over", pid=pid, lane=lane)

    def _kill(self, lane: str, fault: Fault) -> None:
        process = self._running.pop(lane)
        process.kill()
        process.wait(10)
        self._restart(lane, fault)

    def _terminate(self, lane: str, fault: Fault) -> None:
        process = self._running.pop(lane)
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._ledger.write(
                "fault", kind="worker-kill" if "worker" in lane else "web-kill", pid=process.pid, lane=lane
            )
            process.kill()
            process.wait(10)
        self._restart(lane, fault)

    def _stop(self, lane: str, fault: Fault) -> None:
        """Freeze a process for a while."""
        process = self._running[lane]
        process.send_signal(signal.SIGSTOP)
        self._over.wait(fault.seconds)
        process.send_signal(signal.SIGCONT)

    def _restart(self, lane: str, fault: Fault) -> None:
        self._clock_off[lane] = fault.clock_off
        self._start(lane)
        # What has not come up yet is not hit again: it would hold no run.
        log, end = self._place.log_of(self._running[lane]), time.monotonic() + _UP_SECONDS
        says = b"startup complete" if lane == "web" else b" ready."
        while says not in log.read_bytes() and time.monotonic() < end and not self._over.wait(0.2):
            pass

    def _broker_restart(self, _lane: str, fault: Fault) -> None:
        self._running.pop("broker").kill()
        self._over.wait(fault.seconds)
        self._broker(new=False)

    def _database_restart(self, _lane: str, _fault: Fault) -> None:
        server = self._place.postgres
        assert server
        server.stop()
        server.go()

    def _broker(self, *, new: bool) -> None:
        with self._starting:
            if not self._ended:
                self._running["broker"] = self._place.valkey()

    def _start(self, lane: str) -> None:
        """Start a program without waiting: it may find what it needs away, as it would on a bad day."""
        if lane == "broker":
            self._broker(new=False)
            return
        if lane == "web":
            module, line = (
                "uvicorn",
                ["config.asgi:application", "--port", str(self._port), "--no-access-log"],
            )
            line += ["--timeout-graceful-shutdown", "6"]
        else:
            module, line = "celery", ["-A", "config.celery", "worker", "--loglevel=info"]
            line += ["--queues=langgraph,embeddings", "-n", f"{lane}@%h"]
        off = self._clock_off.get(lane, 0.0)
        with self._starting:
            if self._ended:
                return
            if off:
                path = os.pathsep.join([str(_CLOCK), str(ROOT)])
                self._place.extra = {"PYTHONPATH": path, "LECTERN_CLOCK_OFF": str(off)}
            process = self._place._start(module, line, lane)
            self._place.extra = {}
            self._running[lane] = process
        self._ledger.write("start", lane=lane, pid=process.pid, clock_off=off)

    def _keep(self) -> None:
        """Start anew what ended without being told to."""
        while not self._over.is_set() or self._running:
            for lane, process in list(self._running.items()):
                if process.poll() is not None and self._running.get(lane) is process:
                    self.exits.append(f"{lane} ended by itself with {process.returncode}")
                    self._ledger.write(
                        "fault", kind="exit", lane=lane, pid=process.pid, status=process.returncode
                    )
                    time.sleep(1)
                    if self._running.get(lane) is process:
                        self._start(lane)
            time.sleep(_KEEPER_SECONDS)
