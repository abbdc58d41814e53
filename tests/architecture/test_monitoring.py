"""What is shipped for Prometheus and Grafana: every service is asked as it can be, every figure that is named is there, every rule warns when it shall."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh.metrics import MESH_METRICS, MetricSpec, full_name
from pki.identity import NAMES, SERVICES
from services.targets import ALL, TARGETS
from tests.architecture.test_compose import FOLDER as COMPOSE
from wire.methods import METHODS
from wire.queues import IDLE
from wire.services import FRONTEND, PORTS

FOLDER = COMPOSE / "monitoring"
MONITOR = "monitor"
OF_OTHERS = re.compile(r"up|ALERTS|process_(cpu_seconds_total|resident_memory_bytes)|rabbitmq_\w+")
"""Prometheus' own, its client's; those of RabbitMQ are compared with a real one in tests/chaos/test_mesh.py."""

NAME = re.compile(r'\{__name__=~"([^"]+)"|\b((?:palestra|rabbitmq|process)_\w+|up|ALERTS)\b')
SELECTOR = re.compile(r"((?:palestra_\w+)?)\{([^}]*)\}")
SCRAPED = {"job", "instance", "exported_job", "namespace", "le", "__name__"}


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in read("alerts.yml")["groups"] for rule in group["rules"]}
DASHBOARDS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((FOLDER / "dashboards").glob("*.json"))}


@functools.cache
def specs() -> dict[str, MetricSpec]:
    """Every metric of every service by the name that Prometheus keeps it under."""
    found: dict[str, MetricSpec] = {}
    for service in ALL:
        for spec in (*MESH_METRICS, *TARGETS[service].metrics()):
            ends = ("_bucket", "_sum", "_count") if spec.kind == "histogram" else ("",)
            found |= {full_name(service, spec) + end: spec for end in ends}
    return found


def expressions() -> Iterator[tuple[str, str]]:
    for name, rule in RULES.items():
        yield name, rule["expr"]
    for board, content in DASHBOARDS.items():
        for panel in content["panels"]:
            for target in panel["targets"]:
                yield f"{board}: {panel['title']}", target["expr"]
    scaler = yaml.safe_load((FOLDER / "kubernetes" / "adapter.yaml").read_text(encoding="utf-8"))["rules"]["external"][0]
    yield "adapter", scaler["seriesQuery"]


def faults(expression: str) -> list[str]:
    """Names and labels in an expression that no service has."""
    known, found = specs(), []
    named = [pattern or name for pattern, name in NAME.findall(expression)]
    for name in named:
        if not OF_OTHERS.fullmatch(name) and not any(re.fullmatch(name, one) for one in known):
            found.append(f"there is no {name}")
    for name, inside in SELECTOR.findall(expression):
        pattern = re.search(r'__name__=~"([^"]+)"', inside)
        wanted = pattern[1] if pattern else name
        labels = {label for one, spec in known.items() if wanted and re.fullmatch(wanted, one) for label in spec.labels}
        unknown = set(re.findall(r'(\w+)(?:=|!=|=~|!~)"', inside)) - SCRAPED - labels
        if wanted and unknown:
            found.append(f"{wanted} has no {', '.join(unknown)}")
    return found if named else ["nothing is named"]


def test_every_figure_that_is_named_is_one_of_a_service() -> None:
    assert {where: found for where, expression in expressions() if (found := faults(expression))} == {}


def test_what_would_be_named_wrongly_is_found() -> None:
    assert faults("sum(palestra_grader_runs_wating) > 0") == ["there is no palestra_grader_runs_wating"]
    assert faults('palestra_grader_runs_total{verdikt="JE"}') == ["palestra_grader_runs_total has no verdikt"]
    assert faults('max({__name__=~"palestra_[a-z]+_queue_mesages"})') == ["there is no palestra_[a-z]+_queue_mesages"]
    assert faults("vector(1)") == ["nothing is named"]


def test_every_rule_says_how_bad_it_is_and_what_to_do_and_is_tried() -> None:
    tried = {each["name"] for each in read("alerts_test.yml")["tests"]}
    assert set(RULES) == tried - {"a house that is well"}
    for name, rule in RULES.items():
        assert rule["labels"]["severity"] in {"critical", "warning"}, name
        assert all(rule["annotations"][word] for word in ("summary", "do")), name
    assert RULES["QueueDeep"]["expr"].endswith("> 500"), "as the seeds want it"
    assert set(re.findall(r"\w+Queue", RULES["QueueNobodyTakes"]["expr"])) == IDLE, "of these nobody is to take yet"


def test_promtool_agrees_and_each_rule_warns_when_it_shall_and_only_then() -> None:
    found = shutil.which("promtool")
    if found is None:
        text = "promtool is not installed here: apt-get install prometheus"
        if os.environ.get("REQUIRE_BROKERS") == "1" or os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    for words in (("check", "config", "--syntax-only", "prometheus.yml"), ("test", "rules", "alerts_test.yml")):
        done = subprocess.run([found, *words], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_is_asked_under_its_own_name_by_somebody_who_may_do_nothing_else() -> None:
    jobs = {job["job_name"]: job for job in read("prometheus.yml")["scrape_configs"]}
    assert set(jobs) == set(ALL) | {"rabbitmq"}
    for name, job in jobs.items():
        asked = [(one["port"], one["names"][0]) for one in job.get("dns_sd_configs", ())]
        assert asked == ([] if name == "runner" else [(15691 if name == "rabbitmq" else PORTS[name], name)])
        tls = job.get("tls_config", {"server_name": FRONTEND})
        assert tls["server_name"] == name
        assert name == FRONTEND or {Path(tls[key]).name for key in ("cert_file", "key_file")} == {f"{MONITOR}.crt", f"{MONITOR}.key"}
    assert MONITOR in set(NAMES) - set(SERVICES)
    assert not [method.name for method in METHODS if MONITOR in method.callers]
    for users in ("rabbitmq/definitions.json", "redis/users.acl", "redis/sentinel-users.acl", "database/pg_hba.conf", "database/mariadb.sql"):
        assert MONITOR not in (COMPOSE / users).read_text(encoding="utf-8"), users


def test_the_overlay_reaches_figures_and_nothing_else() -> None:
    overlay = yaml.safe_load((COMPOSE / "monitoring.yml").read_text(encoding="utf-8"))
    services, networks = overlay["services"], overlay["networks"]
    watched = {name for name, service in services.items() if "watch" in service["networks"]} - {"prometheus"}
    assert watched == (set(ALL) - {"runner"}) | {"rabbitmq"}, "no store, no runner, no gateway, no authority"
    assert set(services["prometheus"]["networks"]) == {"watch", "look"}
    assert networks["watch"]["internal"]
    assert networks["look"]["internal"]
    assert set(services["grafana"]["networks"]) == {"look", "desk"}
    assert {name for name, service in services.items() if "ports" in service} == {"grafana"}
    assert services["grafana"]["ports"][0].startswith("127.0.0.1:")
    keys = {volume for service in services.values() for volume in service.get("volumes", ()) if volume.startswith("pki-")}
    assert keys == {"pki-monitor:/run/pki:ro"}
    for name in ("prometheus", "grafana"):
        assert services[name]["read_only"], name
        assert services[name]["cap_drop"] == ["ALL"], name
        assert set(services[name]["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name


def test_dashboards_are_those_of_the_seeds_and_lie_side_by_side() -> None:
    assert set(DASHBOARDS) == {"system", "grader", "cache", "queue"}
    source = yaml.safe_load((FOLDER / "grafana" / "datasources" / "palestra.yaml").read_text(encoding="utf-8"))["datasources"][0]
    assert len({board["uid"] for board in DASHBOARDS.values()}) == len(DASHBOARDS)
    for name, board in DASHBOARDS.items():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not mine & taken, f"{name}: {panel['title']} lies on another"
            assert at["x"] + at["w"] <= 24, f"{name}: {panel['title']} is cut off"
            taken |= mine
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {panel["datasource"]["uid"]} == {source["uid"]}
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_pods_are_asked_as_containers_are() -> None:
    monitors = {each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all((FOLDER / "kubernetes" / "podmonitors.yaml").read_text(encoding="utf-8"))}
    assert set(monitors) == set(ALL) - {"runner"}
    for name, spec in monitors.items():
        assert spec["selector"]["matchLabels"] == {"app": name}
        (endpoint,) = spec["podMetricsEndpoints"]
        assert endpoint.get("scheme", "http") == ("http" if name == FRONTEND else "https")
        if name != FRONTEND:
            tls = endpoint["tlsConfig"]
            assert tls["serverName"] == name
            assert {tls["ca"]["secret"]["name"], tls["cert"]["secret"]["name"], tls["keySecret"]["name"]} == {f"palestra-pki-{MONITOR}"}
