"""A TCP proxy of the tests: it passes bytes on, holds them back, cuts connections, or takes none."""

import socket
import threading
from contextlib import suppress
from types import TracebackType


class Proxy:
    """Stands in front of a server. What is done to it holds for the connections that it has and those to come."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._passing = threading.Event()
        self._passing.set()
        self._cutting = False
        self._sockets: list[socket.socket] = []
        #: Connections that were taken.
        self.taken = 0
        self._threads = [threading.Thread(target=self._take, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._passing.set()
        self.cut()
        for thread in self._threads:
            thread.join(5)

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

    def refuse(self, refusing: bool = True) -> None:
        """End new connections at once, or take them again."""
        self._cutting = refusing

    def _take(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            if self._cutting:
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            for one, other in ((client, server), (server, client)):
                thread = threading.Thread(target=self._pump, args=(one, other), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                self._passing.wait()
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        one.close()  # each pump closes what it reads from
