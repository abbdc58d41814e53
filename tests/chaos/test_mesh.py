"""The whole on one machine, as `make mesh` starts it: a contestant's journey, a rolling restart under load, a minute of chaos."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from compose.local.monitoring import PROMETHEUS, SETTING, prometheus
from compose.local.pids import PidNotes
from compose.local.rolling import in_order, restart
from compose.local.servers import secrets_of

from tests.architecture import test_monitoring
from tests.chaos import proof
from tests.chaos.listeners import Listener, figures_of, until_quiet
from tests.chaos.rolling import Visitors
from tests.chaos.run import SHORT, Report, chaos_in
from tests.chaos.script import PROGRAMS
from tests.chaos.site import Site, open_contest, site_of
from tests.chaos.stage import Stage, stage
from tests.support.doors import doors, open_to_others
from tests.support.redises import Secured
from wire.methods import RESTART_S

pytestmark = [
    pytest.mark.faults, pytest.mark.sandbox, pytest.mark.brokers, pytest.mark.databases, pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
    # a connection that is cut between two lines of ssl.SSLSocket._create leaves a socket to the collector
    pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[Stage]:
    """One house for all of them, in a folder that the servers' own users can reach, as pytest's are not."""
    folder = Path(tempfile.mkdtemp(prefix="palestra-mesh-"))
    folder.chmod(0o755)
    try:
        async with stage(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def test_a_contest_from_package_to_board_over_the_gateway(house: Stage) -> None:
    start = (datetime.now(UTC) - timedelta(seconds=90)).replace(microsecond=0)
    async with site_of(house) as site:
        tokens = await open_contest(house, site, ["journey1", "journey2"], start, contest="journey")
        token = tokens["journey1"]
        listener = Listener("journey", site.url, site.session, token, audience="public", chance=random.Random(1), contest="journey")
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listener.listen())
            assert await proof.eventually(lambda: listener.fetched, 20)
            judged = {}
            for program in reversed(PROGRAMS):  # what is right comes last: later tries would not move the board
                body = {"problem": "bridges", "language": program.language, "source": program.source}
                found = await site.ask("POST", "/contests/journey/submissions?wait=true", body, token=token)
                judged[program] = found["verdict"]
            asked = await site.ask("POST", "/contests/journey/clarifications", {"text": "Is zero a number?", "problem": "bridges"}, token=token)
            assert await _until_answerable(site, asked["id"])
            await site.ask("POST", f"/clarifications/{asked['id']}/answer", {"text": "Yes.", "is_public": True})
            others = await site.ask("GET", "/contests/journey/clarifications", token=tokens["journey2"])
            board = await site.ask("GET", "/contests/journey/scoreboard", token=tokens["journey2"])
            deaf = await until_quiet([listener], {"public": figures_of(board["rows"])}, lambda _: "public")
            listening.cancel()
    assert judged == {program: program.verdict for program in PROGRAMS}
    assert [(one["text"], one["answer"]) for one in others] == [("Is zero a number?", "Yes.")]
    assert deaf == []
    assert listener.applied > 3, f"{listener.applied} deltas, {listener.fetched} fetches, {listener.connected} connections"
    refused = [await asyncio.to_thread(_refused, house, server) for server in ("redis-state", "redis-cache")]
    assert refused == ["", ""], "each service may do with Redis what its code does"


def _refused(house: Stage, server: str) -> str:
    """What that Redis refused to any user since it started."""
    plan = house.plan
    return Secured((), plan.folder, {}, port=plan.ports[server], pki=plan.pki, secrets=secrets_of(plan)).say("operator", "ACL", "LOG")


async def test_nothing_of_the_house_listens_beyond_this_machine(house: Stage) -> None:
    pids = {name: pid.number for name in house.programs if (pid := PidNotes(house.plan.run).read(name)) is not None}
    assert set(pids) == set(house.programs)
    assert ("127.0.0.1", house.plan.ports["erlang"]) in doors(pids["rabbitmq"]), "where nodes of Erlang talk"
    assert {name: found for name, pid in pids.items() if (found := open_to_others(pid))} == {}


async def test_prometheus_reaches_everybody_and_finds_what_rules_and_dashboards_name(house: Stage) -> None:
    plan = replace(house.plan, settings={**house.plan.settings, SETTING: "yes"})
    (program,) = prometheus(plan)
    program.folder.mkdir(mode=0o700)
    program.prepare()
    path = program.folder / "prometheus.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("interval: 5s", "interval: 1s"), encoding="utf-8")
    server = subprocess.Popen(program.whole_command(), cwd=program.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{plan.ports[PROMETHEUS]}") as session, asyncio.timeout(60):

            async def ask(path: str) -> Any:
                try:
                    async with session.get(f"/api/v1/{path}") as answer:
                        return (await answer.json())["data"] if answer.status == 200 else {}
                except aiohttp.ClientError:
                    return {}

            while not (targets := (await ask("targets")).get("activeTargets", [])) or any(one["health"] == "unknown" for one in targets):
                await asyncio.sleep(0.1)
            while not (rules := [rule for group in (await ask("rules")).get("groups", ()) for rule in group["rules"]]) or any(one["health"] == "unknown" for one in rules):
                await asyncio.sleep(0.1)
            known = set(await ask("label/__name__/values"))
    finally:
        server.terminate()
        await asyncio.to_thread(server.wait, 20)
    expected = sorted([*(service for service in plan.replicas for _ in plan.names_of(service)), "rabbitmq"])
    assert sorted(one["labels"]["job"] for one in targets) == expected
    assert [(one["scrapeUrl"], one["lastError"]) for one in targets if one["health"] != "up"] == []
    assert [(one["name"], one.get("lastError")) for one in rules if one["health"] != "ok"] == []
    named = {name for _, expression in test_monitoring.expressions() for name in re.findall(r"\brabbitmq_\w+", expression)}
    assert named - known == set(), "the broker has no such figure"
    assert len(named) > 8
    assert {f"palestra_{service}_ready" for service in plan.replicas} <= known


async def test_what_servers_and_services_keep_is_nobody_elses(house: Stage) -> None:
    kept = [house.plan.folder / name for name in ("rabbitmq", "redis-state", "redis-cache", "postgresql", "secrets", "log")]
    homes = [house.plan.home(name) for service in house.plan.replicas for name in house.plan.names_of(service)]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in (*kept, *homes) if path.stat().st_mode & 0o077} == {}
    theirs = [path for folder in kept[:4] for part in ("mnesia", "data", "appendonlydir") for path in (folder / part).rglob("*")]
    assert len(theirs) > 50, "the files of RabbitMQ, Redis and PostgreSQL"
    assert [str(path) for path in theirs if path.is_file() and path.stat().st_mode & 0o077] == [], "even where the folder is opened"


async def _until_answerable(site: Site, clarification: str) -> bool:
    """A question goes by the queue: it is there a moment after it was accepted."""
    async with asyncio.timeout(20):
        while clarification not in {one["id"] for one in await site.ask("GET", "/contests/journey/clarifications") if one["status"] == "asked"}:
            await asyncio.sleep(0.1)
    return True


@pytest.mark.timeout(900)
async def test_rolling_restart_fails_no_request_and_deafens_no_socket(house: Stage) -> None:
    """For as long as `RESTART_S` a call waits for who is started again. Where a machine takes longer twice, who waited is told so."""
    for attempt in range(2):
        failed, away = await _restarted_under_visitors(house, f"rolling{attempt}")
        if not failed or max(away[name] for name in ("recorder", "gitserver")) < RESTART_S:
            break
    else:
        failed = [one for one in failed if not re.search(r': 50[34] {"error":{"code":"[a-z-]+-(unavailable|exceeded)"', one)]
    assert failed == []


async def _restarted_under_visitors(house: Stage, contest: str) -> tuple[list[str], dict[str, float]]:
    """Restarts everything while people use the site; requests that failed, and for how many seconds each process was away."""
    teams = [f"{contest}-{number}" for number in range(5)]
    start = (datetime.now(UTC) - timedelta(seconds=90)).replace(microsecond=0)
    async with site_of(house) as site:
        tokens = await open_contest(house, site, teams, start, contest=contest)
        visitors = Visitors(site, tokens, contest)
        listeners = [
            Listener(str(number), site.url, site.session, site.token, audience="jury", chance=random.Random(number), contest=contest)
            for number in range(4)
        ]
        async with asyncio.TaskGroup() as tasks:
            at_work = [tasks.create_task(visitors.visit_for_ever()), *(tasks.create_task(one.listen()) for one in listeners)]
            await asyncio.sleep(1)
            each = [name for name in in_order(house.plan) if not name.endswith("-2") or name == "frontend-2"]  # `make mesh-restart` takes all
            away = await asyncio.to_thread(restart, house.plan, house.programs, each, print)
            await asyncio.sleep(1)
            at_work[0].cancel()
            left = await proof.settled(house, contest, len(visitors.visits.submissions))
            board = await site.ask("GET", f"/contests/{contest}/scoreboard?as=jury")
            deaf = await until_quiet(listeners, {"jury": figures_of(board["rows"])}, lambda _: "jury")
            for one in at_work:
                one.cancel()
    visits = visitors.visits
    print(f"restarted, s: { {name: round(seconds, 1) for name, seconds in away.items()} }; {visits.done} requests, slowest {visits.slowest_s:.1f} s ({visits.slowest})")
    assert left == []
    assert deaf == []
    assert len(set(visits.submissions)) == len(visits.submissions) > 10
    return visits.failed, away


async def test_a_minute_of_chaos_loses_doubles_and_stops_nothing(house: Stage) -> None:
    report = Report(seed=4)
    await chaos_in(house, SHORT, report)
    print("\n".join((*report.lines, report.summary)))
    assert report.wrong == []
