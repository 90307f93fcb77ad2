"""A TCP proxy of the tests: it passes bytes on, holds them back, cuts connections, or takes none."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType


class Proxy:
    """Stands in front of a server. What is done to it holds for the connections that it has and those to come."""

    def __init__(self, host: str, port: int) -> None:
        self._target = self._given = (host, port)
        self.port = 0
        self._passing = threading.Event()
        self._passing.set()
        self._cutting = False
        self._delay_seconds = 0.0
        self._sockets: list[socket.socket] = []
        #: Connections that were taken, and portions of bytes that came for the server.
        self.taken = self.portions = 0
        #: Called with the number of each portion that comes for the server, before it is handed on.
        self.before_portion: Callable[[int], None] = lambda number: None
        self._threads = list[threading.Thread]()
        self.up()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._passing.set()
        self.down()
        for thread in self._threads:
            thread.join(30)

    def up(self) -> None:
        """Take connections; on the same port again after `down`."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = int(self._listener.getsockname()[1])
        thread = threading.Thread(target=self._take, args=(self._listener,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def down(self) -> None:
        """End all connections, and be a port that nobody listens on: what a killed server looks like."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def freeze(self) -> None:
        """Take connections and bytes, and hand on nothing."""
        self._passing.clear()

    def thaw(self) -> None:
        """Hand on what was held back, and all that comes."""
        self._passing.set()

    def cut(self) -> None:
        """End all connections that there are."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def slow(self, seconds: float) -> None:
        """Hold back each portion of bytes, in both directions, for so long; 0 ends it."""
        self._delay_seconds = seconds

    def lead_to(self, port: int) -> None:
        """Hand new connections to another server of this machine; 0: to its own again."""
        self._target = ("127.0.0.1", port) if port else self._given

    def refuse(self, refusing: bool = True) -> None:
        """End new connections at once, or take them again."""
        self._cutting = refusing

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.taken += 1
            if self._cutting:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            self._sockets += [client, server]
            for one, other in ((client, server), (server, client)):
                thread = threading.Thread(target=self._pump, args=(one, other, one is client), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, one: socket.socket, other: socket.socket, to_server: bool) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if to_server:
                    self.portions += 1
                    self.before_portion(self.portions)
                time.sleep(self._delay_seconds)
                self._passing.wait()
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        one.close()  # each pump closes what it reads from
