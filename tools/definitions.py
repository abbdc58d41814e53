"""Writes compose/rabbitmq/: what a broker is told before it starts, made from the table of queues. Never talks to a broker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from mesh.queue.amqp import topology
from mesh.queue.amqp.rights import Rights, rights_of, rights_of_operator
from wire import services
from wire.queues import QUEUES

FOLDER: Final = Path(__file__).resolve().parents[1] / "compose" / "rabbitmq"
VHOST: Final = "palestra"
PLUGINS: Final = ("rabbitmq_auth_mechanism_ssl", "rabbitmq_prometheus")
USERS: Final = (
    services.FRONTEND, services.RECORDER, services.GRADER, services.GITSERVER, services.MAILER, services.CERTIFICATES,
    services.ANALYTICS,
)  # fmt: skip
"""Services with a user on the broker. The runner and the broadcaster have none: they have nothing to say there."""


def files() -> dict[Path, str]:
    """Every file of the folder that is made, by its path."""
    return {
        FOLDER / "definitions.json": _row_by_row(definitions()),
        FOLDER / "rabbitmq.conf": configuration(),
        FOLDER / "cluster.conf": cluster_configuration(),
        FOLDER / "enabled_plugins": f"[{','.join(PLUGINS)}].\n",
    }


def definitions() -> dict[str, Any]:
    """Virtual host, users, rights, policies, exchanges, queues and bindings, as ``load_definitions`` reads them."""
    rights = [*(rights_of(user, QUEUES) for user in USERS), rights_of_operator(services.OPERATOR, QUEUES)]
    return {
        "rabbit_version": "3.10.8",
        "vhosts": [{"name": VHOST}],
        "users": [{"name": each.user, "password_hash": "", "tags": [], "limits": {}} for each in rights],
        "permissions": [
            {"user": each.user, "vhost": VHOST, "configure": each.configure, "write": each.write, "read": each.read} for each in rights
        ],
        "topic_permissions": [row for each in rights for row in _topic_permissions(each)],
        "parameters": [],
        "policies": [
            {
                "vhost": VHOST, "name": "spread-leaders", "pattern": "^", "apply-to": "queues", "priority": 0,
                "definition": {"queue-leader-locator": "balanced"},
            }
        ],
        "exchanges": [
            {
                "name": row.name, "vhost": VHOST, "type": row.kind.value, "durable": True, "auto_delete": False, "internal": False,
                "arguments": dict(row.arguments),
            }
            for row in topology.exchanges(QUEUES)
        ],
        "queues": [
            {"name": row.name, "vhost": VHOST, "durable": True, "auto_delete": False, "arguments": dict(row.arguments)}
            for row in topology.queues(QUEUES)
        ],
        "bindings": [
            {
                "source": source, "vhost": VHOST, "destination": row.name, "destination_type": "queue", "routing_key": key,
                "arguments": {},
            }
            for row in topology.queues(QUEUES)
            for source, key in row.bindings
        ],
    }  # fmt: skip


def _row_by_row(parts: dict[str, Any]) -> str:
    """JSON with one row of each part in a line, so that a change of one is a change of one line."""

    def written(part: Any) -> str:
        if not isinstance(part, list) or not part:
            return json.dumps(part)
        return "[\n  " + ",\n  ".join(json.dumps(row) for row in part) + "\n ]"

    return "{\n " + ",\n ".join(f"{json.dumps(name)}: {written(part)}" for name, part in parts.items()) + "\n}\n"


def _topic_permissions(rights: Rights) -> list[dict[str, str]]:
    return [
        {"user": rights.user, "vhost": VHOST, "exchange": exchange, "write": pattern, "read": "^$"}
        for exchange, pattern in rights.keys.items()
    ]


def configuration(
    *, folder: str = "/etc/rabbitmq", pki: str = "/etc/rabbitmq/pki", listen: str = "5671", metrics_port: int = 15691
) -> str:
    """The broker's settings: TLS 1.3 with client certificates only, who a client is being its certificate's common name.

    ``listen`` is a port, or an address and a port. ``folder`` holds the definitions, ``pki`` the authority's certificate and the leaf.
    """
    leaf = [f"cacertfile = {pki}/ca.crt", f"certfile = {pki}/rabbitmq.crt", f"keyfile = {pki}/rabbitmq.key"]
    return "\n".join(
        (
            "# Made by `make docs` from tools/definitions.py; a test compares it with the code.",
            "listeners.tcp = none",
            f"listeners.ssl.1 = {listen}",
            *(f"ssl_options.{line}" for line in leaf),
            "ssl_options.verify = verify_peer",
            "ssl_options.fail_if_no_peer_cert = true",
            "ssl_options.versions.1 = tlsv1.3",
            "auth_mechanisms.1 = EXTERNAL",
            "ssl_cert_login_from = common_name",
            f"load_definitions = {folder}/definitions.json",
            "",
            "# a client that is silent for three of these is gone, and what it held goes to another",
            "heartbeat = 10",
            "channel_max = 128",
            "# above this publishers are held back: they hear 503 after five seconds, and nothing is lost",
            "vm_memory_high_watermark.relative = 0.6",
            "disk_free_limit.absolute = 2GB",
            "# a grader may hold a window of submissions for as long as a contest lasts",
            "consumer_timeout = 43200000",
            "# of a cluster that falls apart the smaller part stops, so that no message is in two minds",
            "cluster_partition_handling = pause_minority",
            "",
            "# Prometheus asks over TLS too, with a certificate of the mesh",
            f"prometheus.ssl.port = {metrics_port}",
            *(f"prometheus.ssl.{line}" for line in leaf),
            "prometheus.ssl.verify = verify_peer",
            "prometheus.ssl.fail_if_no_peer_cert = true",
            "prometheus.ssl.versions.1 = tlsv1.3",
            "prometheus.return_per_object_metrics = true",
            "",
            "log.console = true",
            "log.console.level = info",
            "log.file = false",
            "",
        )
    )


def cluster_configuration(names: Sequence[str] = ("rabbit@rabbitmq-1", "rabbit@rabbitmq-2", "rabbit@rabbitmq-3")) -> str:
    """What the nodes of a cluster are told in addition: each other's names, and to import queues only when all are there."""
    return "\n".join(
        (
            "# Made by `make docs` from tools/definitions.py: beside rabbitmq.conf on each node of a cluster.",
            "cluster_formation.peer_discovery_backend = classic_config",
            *(f"cluster_formation.classic_config.nodes.{number} = {name}" for number, name in enumerate(names, 1)),
            "# queues get their copies when they are made: with the first node alone each would have one",
            f"cluster_formation.target_cluster_size_hint = {len(names)}",
            "",
        )
    )


def main() -> None:
    """Writes them all."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{path.parent.name}/{path.name}")


if __name__ == "__main__":
    main()
