"""Who may touch what on the mesh's Redis: each service what its code needs, nobody what belongs to another. Shown by trying."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import Gauge

from mesh.cache.memory import MemoryCache
from mesh.cache.opening import open_cache
from mesh.clock import SystemClock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.tasks import alongside
from mesh.tls import Credentials
from mesh.topics.memory import MemoryTopics
from pki.registrar import Registrar
from pki.store import Store
from services.frontend.applying import Applying
from services.frontend.bell import Bell
from tests.support.redises import FILES, Secrets, Secured, quiet_ports, running, users
from tests.support.rights import Witness
from wire.queues import QUEUES
from pki.identity import SERVICES

pytestmark = pytest.mark.brokers

TOKEN, THING = "0" * 64, "018f0000-0000-7000-8000-000000000000"
OWN = {
    "frontend": [
        ("GET", f"session:{TOKEN}"), ("SET", f"session:{TOKEN}", "1"), ("ZRANGE", "sessions:ana", "0", "-1"), ("GET", "state:era"),
        ("SET", "ratelimit:127.0.0.1:any", "1"), ("SET", f"submission:{THING}", "1"), ("ZRANGE", "pending:ana", "0", "-1"),
        ("SET", f"question:{THING}", "1"), ("SET", "problem:sum:statement:en:c", "1"), ("SET", "scoreboard:finals:public:1", "1"),
        ("GET", "family:problem:sum"), ("GET", f"progress:{THING}"), ("GET", "trial:sum"), ("SET", f"idempotency:{THING}", "1"), ("DEL", f"idempotency:{THING}"), ("SET", f"applying:{THING}", "1"), ("GET", f"applying:{THING}"), ("DEL", f"applying:{THING}"),
    ],
    "recorder": [
        ("SET", f"submission:{THING}", "1"), ("ZREM", "pending:ana", "x"), ("XADD", "news:contest:finals", "*", "body", "1"),
        ("PUBLISH", "news:0:jury:finals", "1"), ("SET", f"rejudging-dropped:{THING}", "1"), ("SET", f"applying:{THING}", "1"), ("DEL", f"applying:{THING}"),
    ],
    "grader": [
        ("SET", f"progress:{THING}", "1"), ("XADD", "news:user:ana", "*", "body", "1"), ("PUBLISH", "news:0:jury:finals", "1"), ("SET", "trial:sum", "1"),
        ("MGET", f"rejudging-dropped:{THING}"),
    ],
    "broadcaster": [("XRANGE", "news:contest:finals", "-", "+")],
    "mailer": [("SET", "pace:NotificationQueue", "1")],
}  # fmt: skip
FOREIGN = {
    "frontend": [
        ("SET", f"progress:{THING}", "1"), ("XADD", "news:user:ana", "*", "body", "1"), ("PUBLISH", "news:0:user:ana", "1"),
        ("SUBSCRIBE", "news:0:jury:finals"), ("SUBSCRIBE", "news:0:scoreboard:finals:jury"), ("XRANGE", "news:user:ana", "-", "+"),
    ],
    "recorder": [
        ("GET", f"session:{TOKEN}"), ("SET", f"session:{TOKEN}", "1"), ("SET", "wrote:ana", "1"), ("GET", "contest:finals"), ("SET", "ratelimit:127.0.0.1:any", "1"), ("GET", "state:era"),
        ("SET", "problem:sum:statement:en:c", "1"), ("SET", f"progress:{THING}", "1"), ("SUBSCRIBE", "news:0:user:ana"),
    ],
    "grader": [
        ("SET", f"rejudging-dropped:{THING}", "1"), ("SET", f"session:{TOKEN}", "1"), ("SET", f"submission:{THING}", "1"), ("SET", "problem:sum:statement:en:c", "1"),
        ("XADD", "news:scoreboard:finals:public", "*", "body", "1"), ("PUBLISH", "news:0:scoreboard:finals:public", "1"),
        ("PUBLISH", "news:0:contest:finals", "1"), ("SUBSCRIBE", "news:0:user:ana"),
    ],
    "broadcaster": [
        ("GET", f"session:{TOKEN}"), ("XADD", "news:contest:finals", "*", "body", "1"), ("PUBLISH", "news:0:contest:finals", "1"),
        ("SET", f"submission:{THING}", "1"), ("DEL", "news:contest:finals"),
    ],
    "mailer": [("GET", f"session:{TOKEN}"), ("SET", "pace:SubmissionQueue", "1"), ("SUBSCRIBE", "news:0:user:ana"), ("PUBLISH", "news:0:user:ana", "1")],
    "operator": [("GET", f"session:{TOKEN}"), ("SET", f"session:{TOKEN}", "1"), ("XRANGE", "news:contest:finals", "-", "+"), ("PUBLISH", "x", "1")],
    "replica": [("GET", f"session:{TOKEN}"), ("INFO",)],
    "sentinel": [("GET", f"session:{TOKEN}"), ("PUBLISH", "news:0:contest:finals", "1")],
    "health": [("GET", f"session:{TOKEN}"), ("INFO",)],
}  # fmt: skip
DANGEROUS = [("FLUSHALL",), ("KEYS", "*"), ("SCAN", "0"), ("ACL", "SETUSER", "mallory", "on"), ("SHUTDOWN",), ("MONITOR",)]
SCRIPT = "return redis.call(unpack(ARGV))"


def test_each_service_may_do_what_its_code_does(secured_state: Secured) -> None:
    for user, commands in OWN.items():
        for words in commands:
            said = secured_state.say(user, *words)
            assert not re.search("NOPERM|NOAUTH|WRONGPASS", said), (user, words, said)


def test_nobody_touches_what_belongs_to_another(secured_state: Secured) -> None:
    for user, commands in FOREIGN.items():
        for words in (*commands, *DANGEROUS):
            assert "NOPERM" in secured_state.say(user, *words), (user, words)


def test_a_script_gets_no_further_than_its_user(secured_state: Secured) -> None:
    tries = (("recorder", "GET", f"session:{TOKEN}"), ("grader", "PUBLISH", "news:0:contest:finals", "1"), ("frontend", "GET", "news:user:ana"))
    for user, *words in tries:
        said = secured_state.say(user, "EVAL", SCRIPT, "0", *words)
        assert re.search("The user executing the script can't|NOPERM|no permission|ACL failure in script", said), (user, words, said)


def test_without_a_name_or_with_a_wrong_password_nobody_comes_in(secured_state: Secured, tmp_path: Path) -> None:
    for user in ("default", "runner", "gitserver", "nobody"):
        assert "WRONGPASS" in secured_state.say(user, "PING"), user
    assert secured_state.say("health", "PING") == "PONG"


async def test_what_is_refused_is_told_to_the_operator_once_with_what_to_do_and_until_it_is_mended(
    secured_state: Secured, credentials: Callable[[str], Credentials], caplog: pytest.LogCaptureFixture
) -> None:
    mended = "~progress:* ~lock:progress:*"
    async with open_cache(secured_state.url(), "grader", SystemClock(), Log("grader"), await asyncio.to_thread(credentials, "grader")) as cache:
        await cache.fetch(f"progress:{THING}")
        assert await cache.refusals() == ""
        for number in range(3):
            with pytest.raises(Unavailable):
                await cache.store(f"wrote:person-{number}", b"a value that nobody shall read", 5)
        with pytest.raises(Unavailable):
            await cache.fetch("session:1")
        with pytest.raises(Unavailable):
            await cache.remove_from_list("pending:ana", "one")
        told = [record for record in caplog.records if record.getMessage() == "redis-not-allowed"]
        assert [record.palestra_fields["keys"] for record in told] == ["wrote:*, lock:wrote:*", "session:*", "pending:*"]  # type: ignore[attr-defined]
        assert all(record.levelname == "ERROR" and "users.acl" in record.palestra_fields["advice"] for record in told)  # type: ignore[attr-defined]
        assert "a value that" not in str([vars(record) for record in told])
        health = await cache.refusals()
        assert health.startswith("Redis refuses user grader these keys: wrote:*, lock:wrote:* (SET); session:* (MGET); pending:* (ZREM)")

        file = secured_state.folder / "users.acl"
        before = file.read_text()
        file.write_text(before.replace(mended, f"{mended} ~wrote:* ~lock:wrote:* ~session:*"))
        try:
            assert await asyncio.to_thread(secured_state.say, "operator", "ACL", "LOAD") == "OK"
            await cache.store("wrote:ana", b"1", 5)
            await cache.fetch("session:1")
        finally:
            file.write_text(before)
            await asyncio.to_thread(secured_state.say, "operator", "ACL", "LOAD")
        assert (await cache.refusals()).startswith("Redis refuses user grader these keys: pending:* (ZREM):")


async def test_code_that_does_what_its_user_may_not_is_found_in_any_test() -> None:
    """The check behind all tests, with a file that lacks keys, a channel and a command."""
    state, topics = MemoryCache(SystemClock()), MemoryTopics(SystemClock())
    witness = Witness({"frontend": ["~applying:*", "%R~lock:applying:*", "&news:*:jury:*", *(f"+{one}" for one in ("multi", "set", "exec", "discard"))]})
    witness.watch(state, MemoryCache(SystemClock()), topics)
    await Applying(state).begin("set", "olga", "command")
    await state.store("what a test does itself", b"1", 5)
    bell = Bell(topics, 10, Gauge("bell_of_a_test", "none", registry=None))
    async with bell.waiting(THING, "ana"), asyncio.timeout(30), alongside(bell.listen()):
        while len(witness.found) < 3:
            await asyncio.sleep(0)
    said = "compose/redis/users.acl does not say so"
    assert witness.found == [
        f"frontend may not store applying:set: {said} +del", f"frontend may not store lock:applying:set: {said} +del",
        f"frontend may not follow user:ana: {said} +subscribe +unsubscribe",
    ]  # fmt: skip


async def test_a_password_of_another_is_said_as_such(secured_state: Secured, credentials: Callable[[str], Credentials]) -> None:
    url = secured_state.url().replace("rediss://", "rediss://recorder@").replace("redis_{service}", "redis_frontend")
    async with open_cache(url, "recorder", SystemClock(), Log("recorder"), await asyncio.to_thread(credentials, "recorder")) as cache:
        with pytest.raises(Unavailable, match="AuthenticationError"):
            await cache.fetch(f"submission:{THING}")


def test_the_users_are_the_services_whose_code_leans_on_redis() -> None:
    room = Path(__file__).parents[3] / "services"
    leaning = {
        name for name in SERVICES if any(re.search(r"backbone\.(cache|state|topics)\b", file.read_text()) for file in (room / name).rglob("*.py"))
    }
    leaning |= {name for queue in QUEUES if queue.rate_per_minute for name in queue.consumers}  # they keep its pace together
    assert leaning == users().keys() & set(SERVICES) - {"operator"}


@pytest.mark.faults
def test_a_fresh_certificate_is_taken_without_a_restart(tmp_path: Path) -> None:
    registrar = Registrar(Store(tmp_path / "pki"))
    registrar.bootstrap()
    secrets = Secrets(tmp_path / "secrets", tmp_path / "pki")
    server = secrets.server("cache", tmp_path / "cache", *quiet_ports(1))
    with running(server):
        before = served(server)
        registrar.renew(["redis"], is_forced=True)
        later = time.time() + 5
        os.utime(tmp_path / "pki" / "redis.crt", (later, later))  # a file system may count in whole seconds
        assert served(server) == before
        subprocess.run([FILES / "check", server.folder], env={**os.environ, **server.environ}, check=True, timeout=20)
        assert served(server) != before
        assert server.say("health", "PING") == "PONG"


def served(server: Secured) -> str:
    """The certificate that the server shows."""
    asked = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-cert", server.pki / "operator.crt", "-key", server.pki / "operator.key"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return asked.stdout.split("-----END CERTIFICATE-----")[0]
