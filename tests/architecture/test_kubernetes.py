"""The manifests are valid Kubernetes, and say the same as docker-compose.yml: services, what they are told, who reaches whom."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh.outside import fault_of_url
from mesh.addresses import addresses_of
from services.configuration import read_configuration
from services.targets import ALL
from tests.architecture.test_compose import FOLDER as COMPOSE
from wire.services import PORTS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import kubernetes_validate

FOLDER = COMPOSE / "kubernetes"
VERSION = "1.33"


def documents() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.name, each)
        for path in sorted(FOLDER.glob("*.yaml")) if path.name != "kustomization.yaml"
        for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]  # fmt: skip


DOCUMENTS = documents()


def of_kind(*kinds: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for _, each in DOCUMENTS if each["kind"] in kinds}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((COMPOSE / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    return read


@pytest.mark.parametrize(("file", "document"), DOCUMENTS, ids=[f"{file}-{each['kind']}-{each['metadata']['name']}" for file, each in DOCUMENTS])
def test_a_document_is_valid_by_the_schema_and_has_no_unknown_field(file: str, document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, VERSION, strict=True)


def test_the_validator_refuses_a_field_that_does_not_exist() -> None:
    broken = {**of_kind("Deployment")["runner"], "spec": {**of_kind("Deployment")["runner"]["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_the_kustomization_lists_every_file() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
    assert set(listed["resources"]) == {file for file, _ in DOCUMENTS}
    images = {each["name"] for each in listed["images"]}
    used = {c["image"] for each in of_kind("Deployment", "StatefulSet").values() for c in each["spec"]["template"]["spec"]["containers"]}
    assert used == images


def test_the_settings_are_ones_that_the_services_take() -> None:
    read_configuration(FOLDER / "palestra.toml", ALL, {})


def test_every_target_is_there_and_is_told_what_compose_tells_it(compose: dict[str, Any]) -> None:
    workloads = of_kind("Deployment", "StatefulSet")
    assert set(workloads) == set(ALL) | {"gateway"}
    generated = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))["configMapGenerator"]
    shared = {each["name"]: dict(line.split("=", 1) for line in each.get("literals", ())) for each in generated}
    for name in ALL:
        container = workloads[name]["spec"]["template"]["spec"]["containers"][0]
        told = {each["name"]: each["value"] for each in container["env"]}
        for each in container.get("envFrom", ()):
            told |= shared[each["configMapRef"]["name"]]
        wanted = set(compose[name]["environment"]) - {"PALESTRA_SERVICE", "PALESTRA_FRONTEND_PUBLIC_URL", "PALESTRA_FRONTEND_TRUSTED_PROXIES"}
        assert set(told) == wanted, name
        if name != "runner":
            assert {k: v for k, v in told.items() if k.endswith("_ADDRESS")} == {k: v for k, v in compose[name]["environment"].items() if k.endswith("_ADDRESS")}


def test_the_runner_is_told_each_graders_address_and_asks_no_name_server() -> None:
    names = of_kind("NetworkPolicy")["names"]["spec"]["podSelector"]
    assert names == {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["runner"]}]}
    outward = [name for name, policy in of_kind("NetworkPolicy").items() if policy["spec"]["podSelector"] == {"matchLabels": {"app": "runner"}}]
    assert outward == ["runner"], "no other policy lets it out"
    pod = of_kind("Deployment")["runner"]["spec"]["template"]["spec"]
    assert (pod["dnsPolicy"], pod["dnsConfig"], pod["enableServiceLinks"]) == ("None", {"nameservers": ["192.0.2.1"]}, True)
    graders = of_kind("StatefulSet")["grader"]["spec"]
    each = [f"grader-{number}" for number in range(graders["replicas"])]
    for name in each:  # the addresses that Kubernetes puts into the environment are those of Services with an address of their own
        service = of_kind("Service")[name]["spec"]
        assert "clusterIP" not in service
        assert service["selector"] == {"app": "grader", "statefulset.kubernetes.io/pod-name": name}
        assert service["ports"][0]["port"] == PORTS["grader"]
    told = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}["PALESTRA_MESH_GRADER_ADDRESS"]
    assert told == ",".join(f"$({name.upper().replace('-', '_')}_SERVICE_HOST):{PORTS['grader']}" for name in each)
    given = told.replace("$(GRADER_0_SERVICE_HOST)", "10.0.0.7").replace("$(GRADER_1_SERVICE_HOST)", "10.0.0.8")
    book = read_configuration(None, ("runner",), {"PALESTRA_MESH_GRADER_ADDRESS": given}).mesh.addresses()
    assert addresses_of(book, "grader") == (("10.0.0.7", 21680), ("10.0.0.8", 21680))


def test_the_mailer_may_call_what_receivers_are_promised() -> None:
    (outside,) = [rule for rule in of_kind("NetworkPolicy")["mailer"]["spec"]["egress"] if "ipBlock" in rule["to"][0]]
    ranges = [(each["port"], each.get("endPort", each["port"])) for each in outside["ports"]]
    for port in (22, 80, 81, 442, 443, 444, 1023, 1024, 8443, 65535):
        promised = not fault_of_url(f"https://example.org:{port}/hook")
        assert any(first <= port <= last for first, last in ranges) == promised, port


def test_prometheus_reads_figures_and_reaches_nothing_else() -> None:
    policies = of_kind("NetworkPolicy")
    who = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}]
    let_in = {name: policy["spec"] for name, policy in policies.items() if any(rule.get("from") == who for rule in policy["spec"].get("ingress", ()))}
    assert set(let_in) == {"figures", "figures-of-rabbitmq"}
    (chosen,) = let_in["figures"]["podSelector"]["matchExpressions"]
    assert set(chosen["values"]) == set(ALL) - {"runner"}
    assert {each["port"] for each in let_in["figures"]["ingress"][0]["ports"]} == {PORTS[name] for name in chosen["values"]}
    assert (let_in["figures-of-rabbitmq"]["podSelector"], let_in["figures-of-rabbitmq"]["ingress"][0]["ports"]) == ({"matchLabels": {"app": "rabbitmq"}}, [{"port": 15691}])


def test_every_container_is_watched_bounded_and_confined() -> None:
    for name, each in of_kind("Deployment", "StatefulSet").items():
        pod = each["spec"]["template"]["spec"]
        container = pod["containers"][0]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container), name
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}, name
        assert container["securityContext"]["readOnlyRootFilesystem"], name
        assert not pod["automountServiceAccountToken"], name
        assert pod["enableServiceLinks"] == (name == "runner"), name
        if name == "runner":
            assert pod["nodeSelector"], "privileged: on nodes of its own only"
            continue
        assert pod["securityContext"]["runAsNonRoot"], name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        assert not container["securityContext"]["allowPrivilegeEscalation"], name


def test_a_pod_mounts_its_own_key_alone() -> None:
    for name, each in of_kind("Deployment", "StatefulSet").items():
        secrets = {volume["secret"]["secretName"] for volume in each["spec"]["template"]["spec"]["volumes"] if "secret" in volume}
        own = {f"palestra-pki-{name}", f"palestra-redis-{name}"} | {"recorder": {"palestra-admin"}, "gateway": {"palestra-site"}}.get(name, set())
        assert secrets <= own, name


def test_network_policies_allow_what_compose_makes_possible_and_services_need(compose: dict[str, Any]) -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        for rule in policy["spec"].get("egress", ()):
            for peer in rule["to"]:
                if "ipBlock" in peer:
                    assert name == "mailer", "nobody else goes outside"
                    continue
                called = peer["podSelector"]["matchLabels"].get("app")
                if called is None:
                    continue
                assert set(compose[name].get("networks", ())) & set(compose[called]["networks"]), f"{name} → {called}: compose has no network for it"
                back = [one["podSelector"]["matchLabels"]["app"] for allowed in policies[called]["spec"]["ingress"] for one in allowed["from"]]
                assert name in back, f"{called} does not let {name} in"
                assert called not in PORTS or rule["ports"] == [{"port": PORTS[called]}]
    outward = policies["runner"]["spec"]
    assert outward["egress"] == [{"to": [{"podSelector": {"matchLabels": {"app": "grader"}}}], "ports": [{"port": PORTS["grader"]}]}]
    for name in ALL:
        for variable in compose[name]["environment"]:
            if variable.endswith("_ADDRESS"):
                peer = variable.removeprefix("PALESTRA_MESH_").removesuffix("_ADDRESS").lower()
                assert any(peer == to["podSelector"]["matchLabels"].get("app") for rule in policies[name]["spec"]["egress"] for to in rule["to"] if "podSelector" in to)


def test_replicas_have_a_disruption_budget_and_runners_follow_the_queue() -> None:
    several = {name for name, each in of_kind("Deployment", "StatefulSet").items() if each["spec"].get("replicas", 2) > 1}
    assert set(of_kind("PodDisruptionBudget")) == several
    scaler = of_kind("HorizontalPodAutoscaler")["runner"]["spec"]
    metric = scaler["metrics"][0]["external"]["metric"]["name"]
    assert f"`{metric}`" in (Path(__file__).resolve().parents[2] / "docs/reference/metrics.md").read_text(encoding="utf-8")
    assert "replicas" not in of_kind("Deployment")["runner"]["spec"], "the autoscaler says how many"
