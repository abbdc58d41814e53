"""Owns what must hold of a deployment besides that it works: each proof tries, and says what it saw. Never changes more than it says."""

from __future__ import annotations

import asyncio
import json
import subprocess

import time

from compose.test.asking import asked_meanwhile, until
from compose.test.deployment import Deployment
from compose.test.engine import Failed, debian_mirror
from compose.test.journey import one_more

# Runs inside containers: python3 is in ours. Prints, for each host:port, "open" or why not.
_KNOCK = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def knock(place):
    host, port = place.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 4).close()
        return "open"
    except OSError as wrong:
        return str(wrong)
with ThreadPoolExecutor(64) as many:
    print(json.dumps(dict(zip(sys.argv[1:], many.map(knock, sys.argv[1:])))))
"""
_END_PALESTRA = """
import os, signal
for name in os.listdir("/proc"):
    if name.isdecimal() and name != "1" and int(name) != os.getpid():
        words = open(f"/proc/{name}/cmdline").read().split("\\0")
        if any(word.endswith("/palestra") for word in words[:3]):
            os.kill(int(name), signal.SIGKILL)
"""
_LOOK_S = 8.0
"""For so long the site is asked after a frontend was killed."""

PORTS = {"rabbitmq": 5671, "redis-state": 6379, "redis-cache": 6379, "database": 5432, "recorder": 21690, "gitserver": 33861, "frontend": 8080, "gateway": 8443}


def runner_reaches_the_grader_alone(deployment: Deployment) -> str:
    """By name and by address: broker, stores, services, gateway, the machine, the internet. Each target is shown to be alive first."""
    addresses, ports = _addresses(deployment), PORTS | ({"database": 3306} if "mysql.yml" in deployment.overlays else {})
    ports |= {"database-standby": 5432} if "standby.yml" in deployment.overlays else {}
    mirror = debian_mirror().split("/")[2]
    outside = json.loads(deployment.inside("mailer-1", "python3", "-c", "import json, socket; print(json.dumps(socket.gethostbyname('" + mirror + "')))"))
    alive = {f"{addresses[name]['mesh']}:{ports[name]}" for name in ("rabbitmq", "redis-state", "redis-cache", "database", "recorder", "gitserver")}
    dead = {place: said for place, said in _knock(deployment, "grader-1", *alive).items() if said != "open"}
    dead |= {place: said for place, said in _knock(deployment, "mailer-1", f"{outside}:80").items() if said != "open"}
    if dead:
        raise Failed(f"these should be reachable for those who may, else nothing is shown: {dead}")
    forbidden = [f"{name}:{port}" for name, port in ports.items()]
    forbidden += [f"{address}:{ports[name]}" for name in ports for address in addresses[name].values()]
    forbidden += [f"{outside}:80", f"{mirror}:80"]
    network = addresses["runner"]["judge"].rsplit(".", 1)[0]
    machine = deployment.engine.run("network", "inspect", f"{deployment.project}_outside", "--format", "{{(index .IPAM.Config 0).Gateway}}").strip()
    forbidden += [f"{host}:{deployment.variables['PALESTRA_HTTPS_PORT']}" for host in (f"{network}.1", machine)]
    reached = [place for place, said in _knock(deployment, "runner-1", *forbidden).items() if said == "open"]
    if reached:
        raise Failed(f"the runner reaches {reached}")
    if _knock(deployment, "runner-1", "grader:21680") != {"grader:21680": "open"}:
        raise Failed("the runner does not reach the grader")
    return f"{len(forbidden)} places closed to the runner, the grader open"


def frontend_has_no_way_out(deployment: Deployment) -> str:
    """The edge and the mesh have no route to the internet."""
    mirror = debian_mirror().split("/")[2]
    address = deployment.inside("mailer-1", "python3", "-c", f"import socket; print(socket.gethostbyname('{mirror}'))").strip()
    for name in ("frontend-1", "recorder-1", "grader-1"):
        if "open" in _knock(deployment, name, f"{address}:80").values():
            raise Failed(f"{name} reaches the internet")
    return "frontend, recorder and grader do not reach the internet"


def only_the_gateway_publishes(deployment: Deployment) -> str:
    """And on loopback alone, in the test."""
    published = {
        name: sorted({str(each["HostIp"]) for bound in (container["NetworkSettings"]["Ports"] or {}).values() for each in bound or ()})
        for name, container in deployment.containers().items()
    }
    found = {name: hosts for name, hosts in published.items() if hosts}
    if found != {"gateway-1": ["127.0.0.1"]}:
        raise Failed(f"published ports: {found}")
    return "only the gateway has published ports, on 127.0.0.1"


def nobody_sees_anothers_key(deployment: Deployment) -> str:
    """Certificates and secrets: each container has its own."""
    count = 0
    for name, container in deployment.containers().items():
        service = name.rpartition("-")[0]
        if service == "pki":
            continue
        role = {"rabbitmq": "rabbitmq", "redis": "redis", "sentinel": "redis", "database": "database", "prometheus": "monitor"}.get(service.partition("-")[0], service)
        folder = "/etc/rabbitmq/pki" if role == "rabbitmq" else "/run/pki"
        keys = deployment.inside(name, "sh", "-c", f"cd {folder} && ls *.key").split()
        if keys != [f"{role}.key"]:
            raise Failed(f"{name} sees {keys}")
        secrets = deployment.inside(name, "sh", "-c", "ls /run/secrets 2>/dev/null || true").split()
        allowed = {f"redis_{service}", *{"recorder": ("admin_password", "webhook_keys"), "rabbitmq": ("erlang_cookie",)}.get(role, ())}
        if role != "redis" and not set(secrets) <= allowed:
            raise Failed(f"{name} sees {secrets}")
        if any("PASSWORD=" in each.upper() for each in container["Config"]["Env"]):
            raise Failed(f"{name} has a password in its environment")
        count += 1
    return f"{count} containers, each with its own key and secrets"


def containers_are_confined(deployment: Deployment) -> str:
    """Read-only roots, limits, log rotation, no added rights but the runner's and the authority's, nobody is root but these two."""
    for name, container in deployment.containers().items():
        host, service = container["HostConfig"], name.rpartition("-")[0]
        wrong = [
            text for text, is_wrong in {
                "its root can be written": not host["ReadonlyRootfs"], "no memory limit": not host["Memory"], "no cpu limit": not host["NanoCpus"],
                "no limit of processes": not host["PidsLimit"], "log without rotation": "max-size" not in host["LogConfig"]["Config"],
                "not restarted": host["RestartPolicy"]["Name"] != "unless-stopped", "privileged": host["Privileged"],
                "keeps capabilities": host["CapDrop"] != ["ALL"], "gets capabilities": bool(host["CapAdd"]) and service not in {"runner", "pki"},
                "is root": container["Config"]["User"].startswith("0") and service not in {"runner", "pki"},
                "may gain privileges": "no-new-privileges:true" not in (host["SecurityOpt"] or ()),
            }.items() if is_wrong
        ]  # fmt: skip
        if wrong:
            raise Failed(f"{name}: {', '.join(wrong)}")
    return "every container: read-only root, memory, cpu and process limits, rotated log, restart, no capabilities but named ones"


def killed_services_come_back(deployment: Deployment) -> str:
    """Kills grader and runner while a submission is judged, then a frontend: the verdict comes, the site never stops answering."""
    before = {name: container["RestartCount"] for name, container in deployment.containers().items()}
    victims: tuple[str, ...] = ("grader-1", "grader-2", "runner-1", "runner-2", "recorder-1")

    def kill() -> None:
        for name in victims:
            _kill(deployment, name)

    verdict = asyncio.run(one_more(deployment.url, deployment.authority, kill))
    if verdict != "AC":
        raise Failed(f"verdict {verdict} after the kills")
    with asked_meanwhile(deployment) as count:
        until(lambda: count() >= 3, 30, "answers")
        _kill(deployment, "frontend-1")
        time.sleep(_LOOK_S)
        asked = count()
    victims = (*victims, "frontend-1")
    end = time.monotonic() + 90
    while True:
        now = deployment.containers()
        late = [name for name in victims if now[name]["RestartCount"] <= before[name] or now[name]["State"]["Health"]["Status"] != "healthy"]
        if not late:
            return f"killed -9 {', '.join(victims)}: verdict AC, {asked} requests answered meanwhile, all healthy again"
        if time.monotonic() > end:
            raise Failed(f"not back after 90 s: {late}")
        time.sleep(1)


def gateway_follows_the_frontends(deployment: Deployment) -> str:
    """Two frontends share the work; the ids of requests reach them."""
    listed = deployment.inside("gateway-1", "cat", "/run/gateway/upstreams.conf").count("server ")
    if listed != 4:
        raise Failed(f"the gateway knows {listed // 2} frontends, not 2")
    asked = "compose-test-" + str(time.time_ns())
    said = subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", "-D", "-", "--cacert", str(deployment.authority), "-H", f"X-Request-Id: {asked}", f"{deployment.url}/sign-in"],
        capture_output=True, text=True, timeout=20, check=True,
    ).stdout.lower()  # fmt: skip
    if "http/2 200" not in said or f"palestra-correlation: {asked}" not in said:
        raise Failed(f"no HTTP/2, or the request's id was lost:\n{said}")
    return "two frontends behind the gateway, HTTP/2, a request keeps its id"


def _kill(deployment: Deployment, container: str) -> None:
    """Kill -9 of the service itself; its container ends and is started again by the engine."""
    deployment.inside(container, "python3", "-c", _END_PALESTRA)


def _knock(deployment: Deployment, container: str, *places: str) -> dict[str, str]:
    """What happens when a container connects there."""
    said: dict[str, str] = json.loads(deployment.inside(container, "python3", "-c", _KNOCK, *places))
    return said


def _addresses(deployment: Deployment) -> dict[str, dict[str, str]]:
    """Each service's addresses by network, of its first container."""
    return {
        name.rpartition("-")[0]: {
            network.removeprefix(f"{deployment.project}_"): str(seen["IPAddress"]) for network, seen in container["NetworkSettings"]["Networks"].items() if seen["IPAddress"]
        }
        for name, container in deployment.containers().items()
        if name.endswith("-1")
    }


LOOKS = (
    only_the_gateway_publishes, containers_are_confined, nobody_sees_anothers_key, runner_reaches_the_grader_alone, frontend_has_no_way_out,
    gateway_follows_the_frontends,
)
"""In any order: they only look."""

