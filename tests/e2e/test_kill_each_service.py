"""Every service its own process on RabbitMQ and Redis; each is killed with -9 in mid-contest, and nothing is lost or doubled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.targets import ALL
from tests.support.api import ApiError, Person
from tests.support.brokers import Redis
from tests.support.contests import RIGHT, WRONG, judged_events, open_contest, sum_package
from tests.support.house import HouseOfProcesses
from tests.support.house_broker import HouseBroker
from tests.support.listener import Listener, listening_for_webhooks

pytestmark = [pytest.mark.faults, pytest.mark.sandbox, pytest.mark.brokers, pytest.mark.timeout(300)]


@pytest.fixture
def mesh(tmp_path: Path, pki_folder: Path, house_broker: HouseBroker, redis_server: Redis) -> Iterator[HouseOfProcesses]:
    """Each service signs in to the broker by its certificate, with the rights that the definitions give it and no other."""
    house_broker.empty()
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "pki").symlink_to(pki_folder)
    redis_url = redis_server.url(redis_server.fresh_database())
    house = HouseOfProcesses(
        tmp_path,
        {
            "PALESTRA_MESH_QUEUE_URL": house_broker.house_url,
            "PALESTRA_MESH_TOPICS_URL": redis_url,
            "PALESTRA_MESH_CACHE_URL": redis_url,
            "PALESTRA_MAILER_ALLOWED_NETWORKS": "127.0.0.0/8",
        },
    )
    house.start(*ALL)
    try:
        house.until_ready()
        yield house
    finally:
        house.stop()


def submit_until_accepted(person: Person, number: int, limit_s: float = 60) -> str:
    """Sends one submission again and again under one idempotency key until the site has said 202."""
    end = time.monotonic() + limit_s
    while True:
        try:
            source = f"# {number}\n" + (RIGHT if number % 3 else WRONG)
            body = {"problem": "sum", "language": "python3", "source": source}
            headers = {"Idempotency-Key": f"number-{number}"}
            return str(person.ask("POST", "/contests/mesh/submissions", body, headers=headers, limit_s=15)["id"])
        except (ApiError, OSError) as away:
            refused_for_good = isinstance(away, ApiError) and away.status not in {429, 500, 502, 503, 504}
            if refused_for_good or time.monotonic() > end:
                raise
            time.sleep(0.3)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening_for_webhooks() as made:
        yield made


def all_told(admin: Person, count: int, limit_s: float = 90) -> set[str]:
    """How every webhook call ended."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        found = [call["status"] for call in admin.ask("GET", "/webhooks/deliveries?most=500")]
        if len(found) == count and "waiting" not in found:
            return set(found)
        time.sleep(0.2)
    raise AssertionError(f"not ended after {limit_s} s: {found}")


def test_each_service_killed_in_mid_contest_loses_and_doubles_nothing(mesh: HouseOfProcesses, listener: Listener) -> None:
    admin = mesh.admin()
    admin.upload(sum_package(), "sum")
    teams = list(open_contest(admin, "mesh", ["sum"], ["ada", "bob", "cyd"]).values())
    for team in teams:
        team.ask("PUT", f"/accounts/{team.username}/webhook", {"url": listener.url})
    accepted: list[str] = []
    recovered: dict[str, float] = {}
    with ThreadPoolExecutor(4) as pool:
        for service in ALL:
            first = len(accepted)
            jobs = [pool.submit(submit_until_accepted, teams[n % 3], n) for n in range(first, first + 9)]
            time.sleep(0.2)
            mesh.kill(service)
            time.sleep(0.5)
            began = time.monotonic()
            mesh.start(service)
            mesh.until_ready()
            accepted += [job.result() for job in jobs]
            admin.verdict(accepted[-1], limit_s=90)
            recovered[service] = time.monotonic() - began
    assert len(set(accepted)) == 9 * len(ALL), "one key, one submission"
    verdicts = {one: admin.verdict(one, limit_s=120)["verdict"] for one in accepted}
    assert all_told(admin, len(accepted)) == {"delivered"}
    assert {told["data"]["id"]: told["data"]["verdict"] for _, told in listener.heard} == verdicts, "every verdict told, as it is"
    assert len({one for one, _ in listener.heard}) == len(accepted), "whoever hears twice hears it under one id"
    assert set(verdicts.values()) == {"AC", "WA"}
    assert judged_events(mesh.folder / "var" / "record.sqlite3", "mesh") == dict.fromkeys(accepted, 1)
    board = admin.ask("GET", "/contests/mesh/scoreboard?as=jury")
    assert [row["solved"] for row in board["rows"]] == [1, 1, 0], "one team sent wrong answers only"
    print("recovered after, s:", {name: round(seconds, 1) for name, seconds in recovered.items()})
