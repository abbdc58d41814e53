"""``palestra queue`` against a running recorder, on the embedded queues and on RabbitMQ with the least rights of each service."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.queue import Message
from mesh.queue.contract import STRAYS
from mesh.queue.opening import open_queue
from mesh.tls import Credentials
from services.queues import Desk, _list, main
from tests.support.house import HouseOfProcesses
from wire import queues
from wire.queues import COMMANDS, IDLE, QUEUES, QueueSpec
from wire.undertaking import QueueState, QueueStates

pytestmark = [pytest.mark.faults, pytest.mark.brokers]

POISON = [Message(f"poison-{number}", b'{"not": "a command"}', {"kind": "Strange"}, "corr-1") for number in range(3)]


@pytest.fixture(params=["file", "amqps"])
def house(request: pytest.FixtureRequest, tmp_path: Path, pki_folder: Path) -> Iterator[HouseOfProcesses]:
    """A recorder alone, whose queue holds messages that nobody can read."""
    environ: dict[str, str] = {}
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "pki").symlink_to(pki_folder)
    url, sender = f"file://{tmp_path / 'var' / 'queue'}", "frontend"
    if request.param == "amqps":
        broker = request.getfixturevalue("house_broker")
        broker.empty()
        url = environ["PALESTRA_MESH_QUEUE_URL"] = broker.house_url
    asyncio.run(_publish(url, sender, Credentials.load(pki_folder, sender)))
    one = HouseOfProcesses(tmp_path, environ)
    one.start("recorder")
    try:
        one.until_ready()
        yield one
    finally:
        one.stop()


async def _publish(url: str, service: str, credentials: Credentials) -> None:
    async with open_queue(url, service, QUEUES, SystemClock(), Log(service), credentials) as queue:
        for message in POISON:
            await queue.publish(COMMANDS.name, message)


@dataclass
class Answer:
    status: int
    out: str
    err: str


@pytest.fixture
def ask(house: HouseOfProcesses, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """``palestra queue …`` with the settings of that house, in this process: a start of Python for each would take a second."""
    for name, value in house.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def carry_out(*words: str) -> Answer:
        capsys.readouterr()
        return Answer(main(words), *capsys.readouterr())

    return carry_out


def test_operator_sees_replays_and_purges_dead_letters(house: HouseOfProcesses, ask: Callable[..., Answer]) -> None:
    _until_dead(ask, 3)
    listed = house.run("queue", "list")
    assert listed.returncode == 1  # the grader and the mailer do not run, and the command says so
    assert "grader does not answer" in listed.stderr
    assert listed.stdout.splitlines()[1].split() == ["CommandQueue", "0", "0", "0", "3", "1"]
    assert "SubmissionQueue.contest           ?" in listed.stdout
    assert {line.split()[0] for line in listed.stdout.splitlines() if "not built yet" in line} == IDLE

    shown = ask("show", "CommandQueue.dead", "--most", "2")
    assert shown.status == 0, shown.err
    for words in ("3 dead letter(s), the oldest 2 shown", "poison-0", "poison-1", "bad-shape", "kind = Strange", "corr-1", '{"not": "a command"}'):
        assert words in shown.out
    assert "poison-2" not in shown.out

    assert ask("replay", "CommandQueue", "poison-1") == Answer(0, "replayed 1\n", "")
    _until_dead(ask, 3)  # it was tried again, and given up again
    assert house.log_path("recorder").read_text().count('"command-rejected"') == 4

    assert "which-letters" in ask("replay", "CommandQueue").err
    unknown = ask("replay", "CommandQueue", "no-such-id")
    assert (unknown.status, unknown.out) == (1, "replayed 0\n")
    assert "1 of these ids are no dead letters of CommandQueue" in unknown.err
    unsure = ask("purge", "CommandQueue", "--all")
    assert (unsure.status, unsure.out) == (1, "Forget all dead letters of CommandQueue for ever? [y/N] ")
    assert "nothing was forgotten" in unsure.err
    assert ask("purge", "CommandQueue", "poison-0", "--yes").out == "purged 1\n"
    assert ask("purge", "CommandQueue", "--all", "--yes").out == "purged 2\n"
    _until_dead(ask, 0)


def test_service_that_is_away_and_queue_that_is_none_are_said(tmp_path: Path, pki_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PALESTRA_MESH_PKI_FOLDER", str(pki_folder))
    monkeypatch.setenv("PALESTRA_MESH_GRADER_ADDRESS", "127.0.0.1:1")
    assert main(["show", "SubmissionQueue.low"]) == 1
    assert "grader" in capsys.readouterr().err
    assert main(["show", "NoSuchQueue"]) == 1
    assert "there are CommandQueue, SubmissionQueue.contest" in capsys.readouterr().err
    monkeypatch.setenv("PALESTRA_MESH_PKI_FOLDER", str(tmp_path / "nowhere"))
    assert main(["list"]) == 1
    assert "operator" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["bury", "CommandQueue"])


async def test_a_queue_that_the_broker_does_not_have_is_named_and_the_others_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    class Told(Desk):
        async def ask(self, method: Any, request: Any) -> Any:
            mine = [queue.name for queue in QUEUES if method.service in queue.consumers]
            return QueueStates(tuple(QueueState(name, 3, 0, 0, 0, 1) for name in mine[1:]), missing=tuple(mine[:1]))

    assert await _list(Told(cast("Any", None))) == 1
    out = capsys.readouterr().out
    assert f"{COMMANDS.name:<26} is missing: RabbitMQ does not have it" in out
    assert re.search(r"SubmissionQueue.normal +3 +0 +0 +0 +1\n", out)


async def test_a_missing_queue_of_dead_letters_is_named_as_what_it_is_and_its_queue_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    class Told(Desk):
        async def ask(self, method: Any, request: Any) -> Any:
            mine = [queue.name for queue in QUEUES if method.service in queue.consumers]
            return QueueStates(tuple(QueueState(name, 3, 0, 0, None if name == COMMANDS.name else 0, 1) for name in mine), missing=(STRAYS, COMMANDS.dead))

    assert await _list(Told(cast("Any", None))) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == [COMMANDS.name, "3", "0", "0", "?", "1"]
    told = [f"{name:<26} is missing: RabbitMQ does not have it; import the definitions" for name in (COMMANDS.dead, STRAYS)]
    assert [line for line in lines if "is missing" in line] == told


def test_a_queue_is_called_idle_as_long_as_no_service_takes_from_it() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (Path(queues.__file__).parents[1] / "services").glob("*/**/*.py"))
    taken = {spec.name for spec in queues.SUBMISSIONS.values() if "in SUBMISSIONS.values" in code}  # the grader's intake taps each of them
    taken |= {spec.name for name, spec in vars(queues).items() if isinstance(spec, QueueSpec) and f"consumer({name}.name)" in code}
    assert {spec.name for spec in QUEUES} - taken == IDLE


def _until_dead(ask: Callable[..., Answer], count: int) -> None:
    ends_at = time.monotonic() + 20
    while (line := ask("list").out.splitlines()[1].split())[1:5] != ["0", "0", "0", str(count)]:
        assert time.monotonic() < ends_at, line
