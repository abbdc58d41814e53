"""What was said to the mesh's Redis is there after it was killed and started again: by single commands, transactions and scripts alike."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.redises import Secrets, quiet_ports, running

pytestmark = [pytest.mark.brokers, pytest.mark.faults]

SCRIPT = "redis.call('SET', KEYS[1], 'by a script') redis.call('PEXPIRE', KEYS[1], 600000) return redis.call('ZADD', KEYS[2], 1, 'one')"


@pytest.mark.parametrize("way", ["killed", "ended"])
def test_what_users_wrote_outlives_a_restart(redis_secrets: Secrets, tmp_path: Path, way: str) -> None:
    server = redis_secrets.server("state", tmp_path / "state", *quiet_ports(1))
    with running(server):
        assert server.say("frontend", "SET", "session:plain", "by a command") == "OK"
        assert server.say("frontend", "EVAL", SCRIPT, "2", "session:scripted", "sessions:ana") == "1"
        assert server.say("recorder", "EVAL", "redis.call('XADD', KEYS[1], '*', 'body', '1') return redis.call('EXPIRE', KEYS[1], 600)", "1", "news:contest:finals") == "1"
        server.until(lambda: "aof_pending_bio_fsync:0" in server.say("operator", "INFO", "persistence"))
        if way == "ended":
            server.signal(signal.SIGTERM)
            server.until(server.has_ended)
        server.kill()
        server.start()
        assert server.say("frontend", "GET", "session:plain") == "by a command"
        assert server.say("frontend", "GET", "session:scripted") == "by a script"
        assert server.say("frontend", "ZRANGE", "sessions:ana", "0", "-1") == "one"
        assert "body" in server.say("broadcaster", "XRANGE", "news:contest:finals", "-", "+")
        assert server.say("operator", "ACL", "LOG") == "", "nothing was left out when its file was read"
