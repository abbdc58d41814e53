"""Owns what compose/README.md tells an operator to do, day by day, done: each proof says what it saw. Never does what is not written there."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

from compose.test.asking import answer, asked_meanwhile, until
from compose.test.deployment import Deployment
from compose.test.engine import Failed
from compose.test.images import PREFIX
from compose.test.journey import one_more

# Runs in a frontend: three messages that nobody can read, which the recorder gives up.
_POISON = """
import asyncio, os
from pathlib import Path
from mesh.clock import SystemClock
from mesh.log import Log
from mesh.queue import Message
from mesh.queue.opening import open_queue
from mesh.tls import Credentials
from wire.queues import COMMANDS, QUEUES
async def main():
    own = Credentials.load(Path("/run/pki"), "frontend")
    async with open_queue(os.environ["PALESTRA_MESH_QUEUE_URL"], "frontend", QUEUES, SystemClock(), Log("frontend"), own) as queue:
        for number in range(3):
            await queue.publish(COMMANDS.name, Message(f"poison-{number}", b'{"not": "a command"}', {}, "compose-test"))
asyncio.run(main())
"""
_LOG_BYTES = 11_000_000

# Runs in RabbitMQ: what a disk without a byte left does to a queue. Its process ends, and the file that says what it is, is empty.
_LOSE = """
{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"palestra">>, queue, <<"SubmissionQueue.contest">>)),
{Name, _} = amqqueue:get_pid(Queue),
Folder = ra_env:server_data_dir(quorum_queues, ra_directory:uid_of(quorum_queues, Name)),
ok = ra:stop_server(quorum_queues, {Name, node()}),
ok = file:write_file(filename:join(Folder, "config"), <<>>),
whereis(Name).
"""
_LOST_LIMIT_S = 240.0
"""Three health checks in a row, each half a minute after the other's end, on a machine that is busy."""


def queues_are_seen_and_dead_letters_settled(deployment: Deployment) -> str:
    """``operator queue list``, ``show``, ``replay`` and ``purge``, each on dead letters that are there."""
    deployment.inside("frontend-1", "python3", "-c", _POISON)
    until(lambda: _dead(deployment) == 3, 60, "three dead letters in the list of queues")
    shown = deployment.tool("operator", "queue", "show", "CommandQueue.dead", "--most", "5")
    replayed = deployment.tool("operator", "queue", "replay", "CommandQueue", "poison-0")
    until(lambda: _dead(deployment) == 3, 60, "the replayed message among the dead again")  # it is as unreadable as before
    purged = deployment.tool("operator", "queue", "purge", "CommandQueue", "poison-1", "--yes")
    rest = deployment.tool("operator", "queue", "purge", "CommandQueue", "--all", "--yes")
    if shown.count("bad-shape") != 3 or (replayed.strip(), purged.strip(), rest.strip(), _dead(deployment)) != ("replayed 1", "purged 1", "purged 2", 0):
        raise Failed(f"the operator was told {[shown, replayed, purged, rest]}")
    return "queue list, show, replay and purge: three dead letters seen, one sent again, all forgotten"


def a_backup_is_made_and_brought_back(deployment: Deployment) -> str:
    """Made while the house runs; refused while it runs; brought back with it stopped (the gateway says so meanwhile), and a program is judged then."""
    made = deployment.tool("archive", "backup", "/backups").strip()
    file = re.match(r"(/backups/\S+\.tar\.gz): \d+ rows, (\d+) problems, .*; nothing waited in CommandQueue$", made)
    if file is None or int(file[2]) < 1:
        raise Failed(f"the backup says {made}")
    try:
        deployment.tool("archive", "restore", "--replace", "--yes", file[1])
    except Failed as refused:
        if "house-is-running" not in str(refused):
            raise
    else:
        raise Failed("a backup was brought back into a house that runs")
    deployment.compose("stop", "frontend", "gitserver", "recorder")
    said = [_said(deployment, accepted) for accepted in ("text/html", "application/json")]
    if not all(each.startswith("503") for each in said) or "One moment" not in said[0] or "frontend-unreachable" not in said[1]:
        raise Failed(f"with no frontend the gateway says {said}")
    restored = deployment.tool("archive", "restore", "--replace", "--yes", file[1]).strip()
    if not restored.startswith("restored from"):
        raise Failed(f"restore says {restored}")
    deployment.up()
    verdict = _judged(deployment)
    return f"backup ({made.partition(': ')[2]}), refused while the house runs; stopped, 503 'One moment'; brought back: verdict {verdict}"


def lost_queues_come_back(deployment: Deployment) -> str:
    """A queue of submissions loses its process and its file: its node is found ill, ended and mended, and what was handed in meanwhile is judged."""
    node = "rabbitmq-1"
    before = deployment.containers()[node]["RestartCount"]
    if deployment.inside(node, "rabbitmqctl", "-q", "eval", _LOSE).strip() != "undefined":
        raise Failed("the queue has kept its process")
    took: list[float] = []

    def wait() -> None:
        took.append(until(lambda: deployment.containers()[node]["RestartCount"] > before, _LOST_LIMIT_S, "the node that lost a queue is started again"))

    with asked_meanwhile(deployment) as count:
        verdict = asyncio.run(one_more(deployment.url, deployment.authority, wait))
        healed = until(lambda: deployment.containers()[node]["State"]["Health"]["Status"] == "healthy", _LOST_LIMIT_S, "the node is healthy")
        asked = count()
    mended = [line for line in deployment.logs(node, 100_000).splitlines() if line.startswith("queue-files: ") and "put back" in line]
    if verdict != "AC" or len(mended) != 1:
        raise Failed(f"verdict {verdict}; the node says {mended}")
    return f"a queue without process and file: its node ended after {took[0]:.0f} s, healthy {healed:.0f} s after the verdict: {verdict}, {asked} requests answered meanwhile"


def frontends_come_and_go_unseen(deployment: Deployment) -> str:
    """A third frontend, known to the gateway within seconds, and only two again; the site's certificate renewed: nobody notices."""
    with asked_meanwhile(deployment) as count:
        deployment.up("--scale", "frontend=3")
        found = until(lambda: _known(deployment) == 3, 30, "the gateway knows three frontends")
        third = deployment.containers()["frontend-3"]
        deployment.up()
        until(lambda: _known(deployment) == 2, 30, "the gateway knows two frontends")
        asked = count()
    for mount in third["Mounts"]:  # Compose leaves it: `docker volume prune`, says README, of which the engine's owner may think otherwise
        if mount["Destination"] == "/var/lib/palestra":
            deployment.engine.run("volume", "rm", mount["Name"])
    deployment.renew_site()
    renewed = until(lambda: answer(deployment) == "200", 60, "the site's new certificate is shown")
    if restarts := deployment.containers()["gateway-1"]["RestartCount"]:
        raise Failed(f"the gateway was started again {restarts} times")
    return f"a third frontend found {found:.0f} s after it was healthy, and two again: {asked} requests, all answered; a new certificate after {renewed:.0f} s"


def logs_are_rotated(deployment: Deployment) -> str:
    """More than a file may hold is written; the engine begins another. Without root on the engine's machine the option alone is looked at."""
    gateway = deployment.containers()["gateway-1"]
    deployment.inside("gateway-1", "sh", "-c", f"yes 'filler of a log' | head -c {_LOG_BYTES} >/proc/1/fd/1")
    try:
        until(lambda: _rotated(gateway["LogPath"]), 30, "a second file of a log that is full")
    except PermissionError:
        return f"logs have limits: {gateway['HostConfig']['LogConfig']['Config']}"
    return f"after {_LOG_BYTES / 1e6:.0f} MB of log the engine began another file"


def an_upgrade_is_not_noticed(deployment: Deployment) -> str:
    """``upgrade.sh`` with another image: nobody who asks meets it, and ``up`` has nothing left to do afterwards."""
    fresh = f"{PREFIX}/palestra:2"
    deployment.engine.run("build", "--quiet", "--tag", fresh, "-", given=f"FROM {deployment.variables['PALESTRA_IMAGE']}\nENV RELEASE=2\n".encode())
    deployment.settle(PALESTRA_IMAGE=fresh)
    with asked_meanwhile(deployment) as count:
        deployment.upgrade("pki", "recorder", "gitserver", "frontend")
        asked = count()
    verdict = _judged(deployment)
    ours = {name: each for name, each in deployment.containers().items() if name.startswith(("pki", "recorder", "gitserver", "frontend"))}
    if len(ours) != 5 or any(each["Config"]["Image"] != fresh for each in ours.values()):
        raise Failed(f"upgraded: {({name: each['Config']['Image'] for name, each in ours.items()})}")
    deployment.compose("up", "--detach", "--no-build", "frontend")
    replaced = {each["Id"] for each in ours.values()} - {each["Id"] for each in deployment.containers().values()}
    if replaced:
        raise Failed(f"`up` replaced {len(replaced)} of what was upgraded")
    return f"pki, recorder, gitserver and frontends upgraded: {asked} requests, all answered, then verdict {verdict}"


def _judged(deployment: Deployment) -> str:
    """A program's verdict. Raises: `Failed` when it is not AC."""
    verdict = asyncio.run(one_more(deployment.url, deployment.authority, lambda: None))
    if verdict != "AC":
        raise Failed(f"the verdict is {verdict}, not AC")
    return verdict


def _dead(deployment: Deployment) -> int:
    """How many dead letters the list of queues tells of commands."""
    listed = deployment.tool("operator", "queue", "list")
    return int(next(line for line in listed.splitlines() if line.startswith("CommandQueue ")).split()[4])


def _known(deployment: Deployment) -> int:
    """How many frontends the gateway knows; each stands in two pools."""
    return deployment.inside("gateway-1", "cat", "/run/gateway/upstreams.conf").count("server ") // 2


def _rotated(path: str) -> bool:
    try:
        return Path(f"{path}.1").stat().st_size > 0
    except FileNotFoundError:
        return False


def _said(deployment: Deployment, accepted: str) -> str:
    """Status and body of the first page, for somebody who takes this kind."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", "--cacert", str(deployment.authority), "-H", f"Accept: {accepted}", f"{deployment.url}/"]
    body, _, status = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.rpartition("\n")
    return f"{status} {body}"


STORES = (queues_are_seen_and_dead_letters_settled, a_backup_is_made_and_brought_back)
"""What an overlay may change: broker and stores."""

QUEUES = (lost_queues_come_back,)
"""What the broker's nodes do for themselves."""

DOOR = (frontends_come_and_go_unseen, logs_are_rotated)
"""What no overlay changes."""

UPGRADE = (an_upgrade_is_not_noticed,)
"""The last: it changes the names of containers."""
