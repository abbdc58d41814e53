"""Owns Prometheus in a local house, where it is asked for: compose/monitoring with this house's ports and certificates. Never starts it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import yaml

from compose.local.plan import Plan
from compose.local.program import CannotStart, Program, answers
from compose.local.servers import COMPOSE

PROMETHEUS: Final = "prometheus"
SETTING: Final = "monitoring"
"""In a plan's settings, ``yes`` where Prometheus belongs to the house."""


def prometheus(plan: Plan) -> list[Program]:
    """Prometheus, its configuration written anew at each start; nobody when it was not asked for. Raises: `CannotStart`."""
    if plan.settings.get(SETTING) != "yes":
        return []
    found = shutil.which("prometheus")
    if found is None:
        raise CannotStart("not installed here: apt-get install prometheus")
    folder, port = plan.folder / PROMETHEUS, plan.ports[PROMETHEUS]

    def prepare() -> None:
        shutil.copyfile(COMPOSE / "monitoring" / "alerts.yml", folder / "alerts.yml")
        (folder / "prometheus.yml").write_text(yaml.safe_dump(settings(plan), sort_keys=False), encoding="utf-8")

    command = [
        found, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'figures'}", f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=2d", "--log.level=warn",
    ]  # fmt: skip
    question = b"GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return [Program(PROMETHEUS, command, folder, 1, lambda: answers(port, question, b"HTTP/1.1 200"), prepare, is_private=True)]


def settings(plan: Plan) -> dict[str, Any]:
    """compose/monitoring/prometheus.yml, with the processes of this house in place of names."""
    read: dict[str, Any] = yaml.safe_load((COMPOSE / "monitoring" / "prometheus.yml").read_text(encoding="utf-8"))
    read.pop("alerting")
    read["global"] = {"scrape_interval": "5s", "evaluation_interval": "5s"}
    for job in read["scrape_configs"]:
        name = job["job_name"]
        ports = [plan.ports["rabbitmq-metrics"]] if name == "rabbitmq" else [plan.ports[one] for one in plan.names_of(name)]
        job.pop("dns_sd_configs", None)
        job.pop("file_sd_configs", None)
        job["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in ports]}]
        for key, path in job.get("tls_config", {}).items():
            if key != "server_name":
                job["tls_config"][key] = str(plan.pki / Path(path).name)
    return read
