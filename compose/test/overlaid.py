"""Owns what must hold of an overlay: that it does what it is for, when somebody dies. Each proof says what it saw, and leaves the house whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from compose.test.asking import until
from compose.test.deployment import Deployment
from compose.test.engine import Failed
from compose.test.journey import one_more
from compose.test.operating import lost_queues_come_back

_SERVICES = {"recorder": 1, "gitserver": 1, "grader": 2, "broadcaster": 2, "mailer": 1, "frontend": 2, "rabbitmq": 1}


def a_broker_node_may_die(deployment: Deployment) -> str:
    """Three nodes are one broker; with one of them dead a program is judged; then they are three again."""
    began = _nodes(deployment, "rabbitmq-1")
    if len(began) != 3:
        raise Failed(f"the cluster is {began}")
    verdict = _judged(deployment, lambda: _die(deployment, "rabbitmq-1"))
    left = _nodes(deployment, "rabbitmq-2-1")
    deployment.up()
    until(lambda: len(_nodes(deployment, "rabbitmq-1")) == 3, 90, "three nodes again")
    if len(left) != 2:
        raise Failed(f"with one dead the cluster is {left}")
    return f"one broker of three nodes: {', '.join(sorted(began))}; the first killed: verdict {verdict}; three again"


def a_master_may_die_or_be_moved(deployment: Deployment) -> str:
    """The Sentinels choose another master when it dies, and a program is judged; the operator moves it back without a loss."""
    first = _master(deployment)
    verdict = _judged(deployment, lambda: _die(deployment, f"{first}-1"))
    took = until(lambda: _master(deployment) != first, 60, "another master")
    second = _master(deployment)
    deployment.up()
    until(lambda: _role(deployment, f"{first}-1") == "slave", 60, f"{first} follows")
    told = deployment.tool("operator", "redis-switchover").strip()
    third = _master(deployment)
    if third == second:
        raise Failed(f"the master was not moved: {told}")
    after = _judged(deployment, lambda: None)
    return f"{first} killed: verdict {verdict}, {second} is master (seen {took:.0f} s later); redis-switchover to {third} ({told}): verdict {after}"


def a_standby_is_read_and_promoted(deployment: Deployment) -> str:
    """It streams, frontends read from it; the primary stopped and it promoted, programs are judged; the old one comes back as the one that follows."""
    follows = _sql(deployment, "database-1", "select usename, state from pg_stat_replication")
    readers = int(_sql(deployment, "database-standby-1", "select count(*) from pg_stat_activity where usename = 'frontend'"))
    rows = [_sql(deployment, name, "select count(*) from submissions") for name in ("database-1", "database-standby-1")]
    if follows != "replicator|streaming" or not readers or rows[0] != rows[1] or rows[0] == "0":
        raise Failed(f"the standby does not follow: {follows or 'nobody'}, {readers} connections of frontends, submissions {rows}")
    deployment.compose("stop", "database")
    if _sql(deployment, "database-standby-1", "select pg_promote()") != "t":
        raise Failed("the standby was not promoted")
    verdict = _judged(deployment, lambda: None)
    deployment.compose("rm", "--force", "database")
    deployment.engine.run("volume", "rm", f"{deployment.project}_record")
    deployment.settle(PALESTRA_DATABASE_FOLLOWS="database-standby")
    deployment.up()
    until(lambda: _sql(deployment, "database-standby-1", "select state from pg_stat_replication") == "streaming", 60, "the old primary follows")
    after = _judged(deployment, lambda: None)
    return f"replicator streams, {readers} connections of frontends read there; promoted: verdict {verdict}; the old primary follows it: verdict {after}"


def figures_are_asked_and_warnings_loaded(deployment: Deployment) -> str:
    """Prometheus asks every service and the broker, over TLS as `monitor`; all warnings are loaded, and none says that somebody is away."""

    def away() -> dict[str, int]:
        seen: dict[str, int] = {}
        for each in _figures(deployment, "up == 1"):
            seen[each["metric"]["job"]] = seen.get(each["metric"]["job"], 0) + 1
        return {name: seen.get(name, 0) for name, count in _SERVICES.items() if seen.get(name, 0) != count}

    try:
        until(lambda: not away(), 90, "every service asked")
    except Failed as late:
        raise Failed(f"{late}: {away()}, down: {_figures(deployment, 'up == 0')}") from late
    rules = [rule for group in _told(deployment, "rules")["groups"] for rule in group["rules"]]
    wrong = [rule["name"] for rule in rules if rule["health"] == "err"]
    cries = sorted({each["labels"]["alertname"] for each in _told(deployment, "alerts")["alerts"] if each["state"] == "firing"})
    if not rules or wrong or {"ServiceAway", "NobodyAnswers"} & set(cries):
        raise Failed(f"{len(rules)} rules, wrong {wrong}, firing {cries}")
    judged = _figures(deployment, "sum(palestra_grader_runs_total)")[0]["value"][1]
    return f"Prometheus asks {sum(_SERVICES.values())} of {len(_SERVICES)} kinds; {len(rules)} rules loaded, none fails, firing: {', '.join(cries) or 'none'}; {judged} runs judged"


def _judged(deployment: Deployment, meanwhile: Callable[[], None]) -> str:
    """A program's verdict, with something happening while it waits. Raises: `Failed` when it is not AC."""
    verdict = asyncio.run(one_more(deployment.url, deployment.authority, meanwhile))
    if verdict != "AC":
        raise Failed(f"the verdict is {verdict}, not AC")
    return verdict


def _die(deployment: Deployment, container: str) -> None:
    """Kill -9 of a whole container, which stays dead until `up`."""
    deployment.engine.run("kill", "--signal", "KILL", f"{deployment.project}-{container}")


def _nodes(deployment: Deployment, container: str) -> list[str]:
    try:
        seen = json.loads(deployment.inside(container, "rabbitmqctl", "-q", "cluster_status", "--formatter", "json"))
    except Failed:
        return []
    return [str(each) for each in seen["running_nodes"]]


def _master(deployment: Deployment) -> str:
    """Which of the three the Sentinels call master."""
    address = deployment.inside("sentinel-2-1", "redis-cli", "-s", "/data/socket", "sentinel", "get-master-addr-by-name", "palestra").split()[0]
    return {"11": "redis-state", "12": "redis-state-2", "13": "redis-state-3"}[address.rpartition(".")[2]]


def _role(deployment: Deployment, container: str) -> str:
    """``master`` or ``slave``, as told to the one user who needs no secret."""
    return deployment.inside(container, "redis-cli", "-s", "/data/socket", "--no-auth-warning", "--user", "health", "--pass", "none", "role").split()[0]


def _sql(deployment: Deployment, container: str, question: str) -> str:
    return deployment.inside(container, "psql", "-X", "-A", "-t", "-h", "/run/postgresql", "-U", "postgres", "-d", "palestra", "-c", question, user="999").strip()


def _figures(deployment: Deployment, question: str) -> list[dict[str, Any]]:
    return list(_told(deployment, f"query?query={quote(question)}")["result"])


def _told(deployment: Deployment, what: str) -> Any:
    """What Prometheus answers to a service, which is on its network."""
    ask = f"import urllib.request; print(urllib.request.urlopen('http://prometheus:9090/api/v1/{what}', timeout=20).read().decode())"
    return json.loads(deployment.inside("recorder-1", "python3", "-c", ask))["data"]


PROOFS = {
    "cluster.yml": (a_broker_node_may_die, lost_queues_come_back), "sentinel.yml": (a_master_may_die_or_be_moved,), "standby.yml": (a_standby_is_read_and_promoted,),
    "monitoring.yml": (figures_are_asked_and_warnings_loaded,),
}
"""By overlay."""
