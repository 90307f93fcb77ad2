"""What the launcher is told: where, on which address, with which environment, and which programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program that runs for as long as Lectern serves."""

    #: Lower-case word; names its log and its record.
    name: str
    command: tuple[str, ...]
    #: Seconds from SIGTERM to SIGKILL when serving ends.
    stop_seconds: int
    #: Ends only after all others, because they need it to end cleanly.
    ends_last: bool = False


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """Where and how to serve."""

    #: Working folder of the programs: the checkout.
    root: Path
    #: Folder for everything that is written.
    var_dir: Path
    host: str
    port: int
    #: Environment of the programs.
    environment: Mapping[str, str]
    #: Socket of the bundled Valkey; None when the environment names a broker.
    broker_socket: Path | None
    #: Serve, without authentication, on an address that other machines reach.
    allow_open: bool = False
    #: Seconds until a start that is not ready is reported.
    patience_seconds: float = 60.0

    @property
    def run_dir(self) -> Path:
        """Return the folder of lock, records and generated configuration."""
        return self.var_dir / "run"

    @property
    def log_dir(self) -> Path:
        """Return the folder of the programs' logs."""
        return self.var_dir / "log"

    def log(self, name: str) -> Path:
        """Return the log of a program."""
        return self.log_dir / f"{name}.log"

    def record(self, name: str) -> Path:
        """Return the file that says which process a program is."""
        return self.run_dir / f"{name}.process"

    def address(self) -> tuple[str, int]:
        """Return where this machine reaches the web program: by the loopback if it listens everywhere."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  nothing is bound here
        return everywhere.get(self.host, self.host), self.port

    def url(self) -> str:
        """Return the address for people and for curl."""
        host, port = self.address()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
