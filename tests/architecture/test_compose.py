"""The container deployment holds what DESIGN says: every target, its networks, limits, health, logs; needs no engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh.database.address import parse_address
from pki.identity import NAMES
from services.targets import ALL
from wire.queues import QUEUES
from wire.services import PORTS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "compose"
NETWORKS = {
    "pki": set(), "database": {"mesh"}, "rabbitmq": {"mesh"}, "redis-state": {"mesh"}, "redis-cache": {"mesh"}, "operator": {"mesh"}, "archive": {"mesh"},
    "recorder": {"mesh"}, "gitserver": {"mesh"}, "grader": {"mesh", "judge"}, "runner": {"judge"}, "broadcaster": {"mesh"},
    "mailer": {"mesh", "outside"}, "frontend": {"edge", "mesh"}, "gateway": {"outside", "edge"},
}  # fmt: skip
OTHERS = {"pki", "database", "rabbitmq", "redis-state", "redis-cache", "gateway", "operator", "archive"}
HEALTH = {"database": "pg_isready", "rabbitmq": "rabbitmq-check", "redis-state": "redis/check", "redis-cache": "redis/check", "gateway": "/live"}


@pytest.fixture(scope="module")
def deployment() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def services(deployment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = deployment["services"]
    return found


def test_every_target_is_a_service_and_nothing_else_is(services: dict[str, Any]) -> None:
    assert set(services) == set(ALL) | OTHERS


def test_networks_are_as_the_table_says(deployment: dict[str, Any], services: dict[str, Any]) -> None:
    assert {name: set(service.get("networks", ())) for name, service in services.items()} == NETWORKS
    assert {name for name, network in deployment["networks"].items() if (network or {}).get("internal")} == {"edge", "mesh", "judge"}
    assert services["pki"]["network_mode"] == "none"


def test_the_runner_meets_the_grader_alone(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "judge" in service.get("networks", ())} == {"runner", "grader"}
    told = services["runner"]["environment"]
    assert {name for name in told if name.startswith("PALESTRA_MESH_")} == {"PALESTRA_MESH_GRADER_ADDRESS"}
    assert "secrets" not in services["runner"]
    assert not services["runner"].get("privileged")


def test_only_the_gateway_has_published_ports(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "ports" in service} == {"gateway"}


def test_every_service_is_bounded_watched_and_restarted(services: dict[str, Any]) -> None:
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}, name
        assert service["logging"]["options"]["max-size"], name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        if name in {"operator", "archive"}:
            continue
        assert service["restart"] == "unless-stopped", name
        test = " ".join(service["healthcheck"]["test"])
        assert (f"palestra health {name}" if name in ALL else HEALTH.get(name, "monitor.crt")) in test
        assert all(on["condition"] == "service_healthy" for on in service.get("depends_on", {}).values()), name


def test_only_the_runner_and_the_authority_keep_rights_of_root(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "cap_add" in service} == {"runner", "pki"}
    assert {name for name, service in services.items() if str(service.get("user", "")).startswith("0")} == {"runner", "pki"}
    assert "SYS_ADMIN" not in services["runner"]["cap_add"]


def test_every_container_sees_its_own_key_alone(services: dict[str, Any]) -> None:
    for name, service in services.items():
        seen = {text.partition(":")[0] for text in service.get("volumes", ()) if text.startswith("pki-")}
        wanted = "redis" if name.startswith("redis") else name
        both = {"pki-recorder", "pki-operator"}  # the record is the recorder's to read, and the operator asks him what still waits
        assert name == "pki" or seen == (both if name == "archive" else {f"pki-{wanted}"}), name
    given = {word.partition("=")[0] for word in services["pki"]["command"] if "=" in word}
    assert given <= set(NAMES)
    assert {f"pki-{name}:/given/{name}" for name in given} <= set(services["pki"]["volumes"])


def test_secrets_come_as_files_and_to_whom_they_belong(deployment: dict[str, Any], services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            assert not re.search("PASSWORD|SECRET", variable) or variable.endswith("_FILE") or str(value).startswith("/"), (name, variable)
        if name in ALL:
            assert set(service.get("secrets", ())) <= {f"redis_{name}", *(["admin_password", "webhook_keys"] if name == "recorder" else ())}, name
    users = set(re.findall(r"^user ([a-z]+) on ", "".join((FOLDER / "redis" / file).read_text() for file in ("users.acl", "sentinel-users.acl")), re.MULTILINE))
    known = {name.removeprefix("redis_") for name in deployment["secrets"] if name.startswith("redis_")}
    assert users - {"default", "health"} == known, "each user of redis who signs in has a secret"


def test_who_speaks_on_queues_and_stores_is_told_where_they_are(services: dict[str, Any]) -> None:
    text = (FOLDER / "rabbitmq" / "definitions.json").read_text(encoding="utf-8")
    for name in ALL:
        told = services[name].get("environment", {})
        assert ("PALESTRA_MESH_QUEUE_URL" in told) == (f'"name": "{name}"' in text), name
        assert ("PALESTRA_MESH_STATE_URL" in told) == (f"redis_{name}" in services[name].get("secrets", ())), name
    assert QUEUES


def test_addresses_name_services_and_their_ports(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            if variable.startswith("PALESTRA_MESH_") and variable.endswith("_ADDRESS"):
                host, _, port = str(value).partition(":")
                assert variable == f"PALESTRA_MESH_{host.upper()}_ADDRESS"
                assert PORTS[host] == int(port)
                assert set(services[host]["networks"]) & set(service["networks"]), f"{name} cannot reach {host}"


def test_replicas_where_replicas_are_possible(services: dict[str, Any]) -> None:
    several = {name for name, service in services.items() if "replicas" in service["deploy"]}
    assert several == {"frontend", "grader", "runner", "broadcaster"}


def test_the_image_has_two_stages_and_nobody_is_root_in_it() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    final = text[text.index("AS palestra\n") : text.index("AS runner")]
    assert "USER 10001:10001" in final
    assert not re.search(r"gcc|python3-dev|pip ", final), "what builds stays in the builder"
    assert "--require-hashes" in text
    assert all(f"COPY {room} " in text for room in ("contest", "wire", "mesh", "pki", "services"))


def test_overlays_change_services_that_exist(services: dict[str, Any]) -> None:
    for path in sorted(FOLDER.glob("*.yml")):
        if path.name == "docker-compose.yml":
            continue
        overlay = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
        for name, changed in overlay["services"].items():
            assert name in services or "image" in changed or changed["extends"]["service"] in services, f"{path.name}: {name} is nobody"


def test_whoever_the_database_lets_in_has_a_role_and_a_certificate(services: dict[str, Any]) -> None:
    script = (FOLDER / "database" / "postgresql.sql").read_text(encoding="utf-8")
    made = set(re.findall(r"CREATE ROLE (\w+) LOGIN", script))
    let_in = {user for line in (FOLDER / "database" / "pg_hba.conf").read_text(encoding="utf-8").splitlines() if line.startswith("hostssl") for user in line.split()[2].split(",")}
    assert let_in == made == {"recorder", "frontend", "replicator"}
    given = {word.partition("=")[0] for word in services["pki"]["command"] if "=" in word}
    assert let_in <= given <= set(NAMES)


def test_a_standby_has_the_leaf_that_it_copies_with_and_readers_know_it() -> None:
    read = yaml.load((FOLDER / "standby.yml").read_text(encoding="utf-8"), Loader=_Loader)["services"]
    standby = read["database-standby"]
    assert (standby["environment"]["STANDBY_OF"], standby["environment"]["REPLICATOR"]) == ("database", "/run/replicator")
    assert {"record-standby:/var/lib/postgresql", "pki-replicator:/run/replicator:ro"} == set(standby["volumes"])
    hosts = {name: parse_address(url.replace("?tls=mesh", "")).hosts for name, url in read["frontend"]["environment"].items()}
    assert {name: [host for host, _ in each] for name, each in hosts.items()} == {
        "PALESTRA_MESH_REPLICA_URL": ["database-standby", "database"], "PALESTRA_MESH_FRESH_URL": ["database", "database-standby"],
    }  # fmt: skip
    told = read["recorder"]["environment"]
    assert set(told) == {"PALESTRA_MESH_RECORD_URL", "PALESTRA_MESH_REPLICA_URL"}, "by the second it knows that readers may lag"
    assert len(set(told.values())) == 2


class _Loader(yaml.SafeLoader):
    """Reads the tags of overlays (!reset, !override) as what they stand on."""


def _plain(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else loader.construct_scalar(node)  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _plain)
