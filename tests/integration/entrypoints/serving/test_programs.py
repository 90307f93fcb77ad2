from pathlib import Path

import pytest

from lectern.entrypoints.serving.errors import NotOpenAddress, PortTaken
from lectern.entrypoints.serving.options import ServeOptions
from lectern.entrypoints.serving.port import check_open, check_port
from lectern.entrypoints.serving.programs import lectern_programs, programs_environment

SOCKET = Path("/run/lectern/valkey.sock")
URL = "redis+socket:///run/lectern/valkey.sock?virtual_host=0"


def options(host: str) -> ServeOptions:
    var = Path("/srv/var")
    return ServeOptions(root=var, var_dir=var, host=host, port=8000, environment={}, broker_socket=None)


def test_programs_are_told_the_bundled_broker_so_that_they_look_for_no_other() -> None:
    environment = programs_environment({"PATH": "/bin"}, SOCKET, "python_101")
    assert environment["CELERY_BROKER_URL"] == environment["CELERY_RESULT_BACKEND"] == URL
    assert environment["PATH"] == "/bin"


def test_a_named_broker_stays_named() -> None:
    environment = programs_environment({"REDIS_HOST": "redis"}, None, "python_101")
    assert environment["REDIS_HOST"] == "redis"
    assert "CELERY_BROKER_URL" not in environment


@pytest.mark.parametrize("given", ["", "  "], ids=["empty", "blank"])
def test_a_variable_that_is_set_to_nothing_hides_no_default(given: str) -> None:
    inherited = {"CELERY_RESULT_BACKEND": given, "DEFAULT_COURSE_ID": given}
    environment = programs_environment(inherited, SOCKET, "python_101")
    assert environment["CELERY_RESULT_BACKEND"] == URL
    assert environment["DEFAULT_COURSE_ID"] == "python_101"


def test_worker_takes_both_queues() -> None:
    worker = next(program for program in lectern_programs(options("127.0.0.1")) if program.name == "worker")
    assert "--queues=langgraph,embeddings" in worker.command


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_address_for_people_can_be_reached(host: str, url: str) -> None:
    assert options(host).url() == url


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"], ids=["no address", "another machine's"])
def test_an_address_that_cannot_be_listened_on_gets_a_sentence(host: str) -> None:
    with pytest.raises(PortTaken, match=f"HOST={host}"):
        check_port(host, 8000)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_address_that_other_machines_reach_must_be_allowed(host: str) -> None:
    with pytest.raises(NotOpenAddress, match="ALLOW_OPEN=true"):
        check_open(host, allow_open=False)
    check_open(host, allow_open=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_loopback_need_not_be_allowed(host: str) -> None:
    check_open(host, allow_open=False)
