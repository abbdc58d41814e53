"""Owns a RabbitMQ cluster of real nodes on loopback, started together, each killed and started again on its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.brokers import RABBITMQ_SERVER, RabbitMq, missing
from tools import definitions


class ClusterNode(RabbitMq):
    """One node; all of a cluster share one epmd and one cookie."""

    def join(self, first: ClusterNode) -> None:
        """Before the start: makes it use the first node's epmd and cookie."""
        self._epmd = first._epmd
        for name in ("HOME", "ERL_EPMD_PORT"):
            self._environ[name] = first._environ[name]

    def start(self) -> None:
        self._start_node()


class Cluster:
    """Nodes that find each other by a list of names. Of a cluster that falls apart the smaller part pauses."""

    def __init__(self, folder: Path, count: int) -> None:
        self.nodes: Sequence[ClusterNode] = [ClusterNode(folder / f"node-{number}") for number in range(count)]
        cookie = folder / "node-0" / ".erlang.cookie"
        cookie.write_text("PALESTRA")
        cookie.chmod(0o400)
        settings = definitions.cluster_configuration([node.name for node in self.nodes])
        told = folder / "definitions.json"
        told.write_text(json.dumps(_with_guest(definitions.definitions())))
        for number, node in enumerate(self.nodes):
            node.join(self.nodes[0])
            node.configure(
                folder / f"node-{number}", "rabbitmq_management", node._plain_settings(10),
                [settings, "cluster_partition_handling = pause_minority", f"load_definitions = {told}"],
            )  # fmt: skip

    def start(self) -> None:
        """Starts all nodes at once, and waits for each."""
        self.nodes[0]._epmd.launch()
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(ClusterNode.start, self.nodes))

    def stop(self) -> None:
        for node in self.nodes:
            node.thaw()
            node.kill()
        self.nodes[0]._epmd.kill()

    def url(self, vhost: str) -> str:
        """Every node, as the setting ``queue_url`` names them."""
        return ",".join(node.url(vhost) for node in self.nodes)


def _with_guest(parts: dict[str, Any]) -> dict[str, Any]:
    """The house's definitions, and a user for the management API, by which the tests look."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    parts["users"].append({"name": "guest", "password": "guest", "tags": "administrator"})
    parts["permissions"].append({"user": "guest", "vhost": definitions.VHOST, **everything})
    return parts


@contextmanager
def cluster_running(folder: Path, count: int = 3) -> Iterator[Cluster]:
    """A started cluster, ended on leaving."""
    if not RABBITMQ_SERVER.exists() or shutil.which("epmd") is None:
        missing("RabbitMQ")
    cluster = Cluster(folder, count)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
