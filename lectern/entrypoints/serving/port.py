"""May the address be served, and is it free? Asked before anything is started, so that the answer is a sentence and no log file."""

import errno
import socket

from lectern.base.loopback import is_loopback_host
from lectern.entrypoints.serving.errors import NotOpenAddress, PortTaken


def check_open(host: str, allow_open: bool) -> None:
    """Raise `NotOpenAddress` if other machines reach `host` and nobody has allowed that."""
    if not allow_open and not is_loopback_host(host):
        raise NotOpenAddress(
            f"HOST={host} is reached by other machines, and Lectern does not check who asks; nothing was started.",
            hint="Leave HOST out to serve this machine only. ALLOW_OPEN=true serves everybody who reaches it; "
            "ALLOWED_HOSTS then names the hosts that requests may name.",
        )


def check_port(host: str, port: int) -> None:
    """Raise `PortTaken` if the web program could not listen on `host` and `port`."""
    try:
        addresses = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror:
        raise PortTaken(f"HOST={host} is no address.", hint="Try HOST=127.0.0.1.") from None
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as probe:
            # As uvicorn does: connections that are still closing do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
                probe.listen(1)
            except OSError as exc:
                raise _sentence(host, port, exc) from exc


def _sentence(host: str, port: int, exc: OSError) -> PortTaken:
    choose = f"Choose another port: make run PORT={port + 80 if port < 65000 else 8080}"
    if exc.errno == errno.EADDRINUSE:
        return PortTaken(f"Port {port} of {host} is taken by another program.", hint=choose)
    if exc.errno == errno.EACCES:
        return PortTaken(f"Port {port} may not be listened on by this user.", hint=choose)
    return PortTaken(f"HOST={host} cannot be listened on: {exc.strerror}.", hint="Try HOST=127.0.0.1.")
