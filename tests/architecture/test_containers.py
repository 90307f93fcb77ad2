"""docker-compose.yml hands on what can be set, and stays within what docker-compose 1.29 reads."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from config import variables

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
#: The image and the commands say these.
_FIXED = {"HOST", "PORT", "VAR_DIR"}
_OURS = ("migrate", "celery_worker", "celery_beat", "web")


@pytest.mark.parametrize("name", sorted(variables.VARIABLES.keys() - _FIXED))
def test_every_setting_can_be_given_to_the_containers(name: str) -> None:
    for service in _OURS:
        assert name in COMPOSE["services"][service]["environment"]


def test_the_example_of_settings_sets_only_what_is_read() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = {line.split("=")[0] for line in lines if line and not line.startswith("#")}
    assert names <= variables.VARIABLES.keys() | {"POSTGRES_PASSWORD"}
    assert {
        "CELERY_BROKER_URL",
        "CELERY_RESULT_BACKEND",
        "REDIS_HOST",
        "REDIS_PORT",
        "DEFAULT_COURSE_ID",
    } <= names


def test_ports_are_published_on_the_loopback_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("service", _OURS)
def test_our_containers_may_do_little(service: str) -> None:
    has = COMPOSE["services"][service]
    assert has["read_only"] is True
    assert has["cap_drop"] == ["ALL"]
    assert has["security_opt"] == ["no-new-privileges:true"]


def test_workers_can_be_scaled() -> None:
    worker = COMPOSE["services"]["celery_worker"]
    assert not {"container_name", "ports"} & worker.keys()


def test_one_service_builds_the_image_and_is_always_started_before_the_others() -> None:
    """Docker Compose builds services side by side; two that export one tag at once stop a first start."""
    services = COMPOSE["services"]
    assert [name for name in services if "build" in services[name]] == ["migrate"]
    for name in {*_OURS} - {"migrate"}:
        assert services[name]["image"] == services["migrate"]["image"]
        assert "migrate" in services[name]["depends_on"]


@pytest.mark.parametrize("name", ["neo4j", "weaviate"])
def test_a_store_is_started_where_its_profile_is_named_and_keeps_its_data_in_a_volume(name: str) -> None:
    store = COMPOSE["services"][name]
    assert store["profiles"] == [name]
    assert [volume.split(":")[0] for volume in store["volumes"]] == [name]
    assert name in COMPOSE["volumes"]
    assert store["healthcheck"]["test"]
    assert "ports" not in store
    needed = {other for has in COMPOSE["services"].values() for other in has.get("depends_on", {})}
    assert name not in needed  # else `up` without the profile fails
