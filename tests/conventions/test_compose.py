"""docker-compose.yml says what its images and Compose take; there is no Docker here to ask."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

SERVICE = {
    "image": str, "environment": dict, "ports": list, "volumes": list, "healthcheck": dict,
    "restart": str, "depends_on": dict, "configs": list,
}  # fmt: skip
"""Keys of a service that this file uses, and their types in the Compose specification."""
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period", "disable"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
VARIABLES = {
    "postgres": {"POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_INITDB_ARGS",
                 "POSTGRES_INITDB_WALDIR", "POSTGRES_HOST_AUTH_METHOD", "PGDATA"},
    "pgadmin": {"PGADMIN_DEFAULT_EMAIL", "PGADMIN_DEFAULT_PASSWORD", "PGADMIN_DISABLE_POSTFIX",
                "PGADMIN_ENABLE_TLS", "PGADMIN_LISTEN_ADDRESS", "PGADMIN_LISTEN_PORT"},
    "kafka": set(),
}  # fmt: skip
"""What the images document (hub.docker.com/_/postgres; pgadmin.org, "Container Deployment")."""
INSIDE = {"postgres": "5432", "pgadmin": "80", "kafka": "9092"}
DEFAULT = re.compile(r"(?<!\$)\$\{(\w+):-([^}]*)\}")


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose(text: str) -> Any:
    """The file as Compose reads it where no variable is set."""
    filled = DEFAULT.sub(lambda place: place[2], text)
    assert not re.search(r"(?<!\$)\$\{", filled), "a variable without a default"
    return yaml.safe_load(filled)


def test_it_keeps_to_the_specification(compose: Any) -> None:
    assert set(compose) == {"services", "configs", "volumes"}
    for name, service in compose["services"].items():
        for key, value in service.items():
            assert isinstance(value, SERVICE[key]), f"{name}.{key}"
        assert set(service.get("healthcheck", {})) <= HEALTHCHECK
        assert service["restart"] in {"no", "always", "on-failure", "unless-stopped"}
        for other, wanted in service.get("depends_on", {}).items():
            assert wanted["condition"] in CONDITIONS
            if wanted["condition"] == "service_healthy":
                assert compose["services"][other]["healthcheck"]["test"]
        for config in service.get("configs", []):
            assert config["source"] in compose["configs"]
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_images_are_of_a_named_version_and_take_these_variables(compose: Any) -> None:
    assert set(compose["services"]) == set(VARIABLES)
    for name, service in compose["services"].items():
        assert re.fullmatch(r"[a-z0-9/]+:\d[\w.]*", service["image"]), name
        assert set(service.get("environment", {})) <= VARIABLES[name]
    assert {"POSTGRES_PASSWORD"} <= set(compose["services"]["postgres"]["environment"])
    needed = {"PGADMIN_DEFAULT_EMAIL", "PGADMIN_DEFAULT_PASSWORD"}
    assert needed <= set(compose["services"]["pgadmin"]["environment"])


def test_ports_are_for_this_machine_only(compose: Any) -> None:
    for name, service in compose["services"].items():
        for port in service["ports"]:
            host, outside, inside = port.rsplit(":", 2)
            assert (host, inside) == ("127.0.0.1", INSIDE[name])
            assert 0 < int(outside) < 2**16


def test_pgadmin_knows_the_server(compose: Any) -> None:
    (mounted,) = compose["services"]["pgadmin"]["configs"]
    assert mounted["target"] == "/pgadmin4/servers.json"
    (server,) = json.loads(compose["configs"][mounted["source"]]["content"])["Servers"].values()
    environment = compose["services"]["postgres"]["environment"]
    # pgAdmin asks for these when it loads a file of servers
    assert {"Name", "Group", "Port", "Username", "MaintenanceDB"} <= set(server)
    assert server["Host"] == "postgres"  # the service, seen from the network of Compose
    assert server["Port"] == int(INSIDE["postgres"])
    assert server["Username"] == environment["POSTGRES_USER"]
    assert server["MaintenanceDB"] == environment["POSTGRES_DB"]
    assert "Password" not in server  # which pgAdmin takes from no file


def test_defaults_are_those_of_the_profile_and_all_variables_are_listed(
    root: Path, text: str
) -> None:
    profile = (root / "profiles.yml").read_text(encoding="utf-8")
    given = dict(re.findall(r"env_var\('(FA_PG_\w+)', '([^']*)'\)", profile))
    found = DEFAULT.findall(text)
    for name, default in found:
        assert given.get(name, default) == default, name
    example = (root / ".env.example").read_text(encoding="utf-8")
    assert {name for name, _ in found} <= set(re.findall(r"^(\w+)=", example, re.M))
