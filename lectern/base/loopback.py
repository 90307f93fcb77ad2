"""Which addresses only this machine can reach."""

import ipaddress
import socket


def is_loopback(address: str) -> bool:
    """Return True for an address of the loopback, and for its name `localhost`; looks no other name up."""
    if address.lower() == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(
        ip, "ipv4_mapped", None
    )  # a socket for both families names 127.0.0.1 as ::ffff:127.0.0.1
    return (mapped or ip).is_loopback


def is_loopback_host(host: str) -> bool:
    """Return True when a program that listens on `host`, a name or an address, is reached by this machine only."""
    if not host or is_loopback(host):
        return bool(host)  # no host is every address
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(is_loopback(str(address[0])) for *_, address in found)
