import pytest

from lectern.base.loopback import is_loopback, is_loopback_host

OURS = ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1", "localhost", "LOCALHOST"]
OPEN = [
    "0.0.0.0",
    "::",
    "192.168.1.5",
    "::ffff:192.168.1.5",
    "fe80::1",
    "172.17.0.2",
    "127.0.0.1.example.org",
]


@pytest.mark.parametrize("address", OURS)
def test_the_loopback_is_known_in_all_its_spellings(address: str) -> None:
    assert is_loopback(address)
    assert is_loopback_host(address)


@pytest.mark.parametrize("address", OPEN)
def test_what_other_machines_reach_is_not(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "no such host"])
def test_a_host_that_is_every_address_or_none_is_not(host: str) -> None:
    assert not is_loopback_host(host)
