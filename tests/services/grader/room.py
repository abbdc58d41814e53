"""A grader in a small real house: mutual TLS, the durable file queue, a gitserver of the tests' own, runners by script."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from contest.results import CaseResult
from mesh.backbone import Backbone
from mesh.cache.memory import MemoryCache
from mesh.clock import TurnedClock
from mesh.codec import decode, encode
from mesh.errors import MeshError, NotFound, Unavailable
from mesh.ids import derived_id
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics, MetricSpec
from mesh.queue import Delivery, Message, Queue
from mesh.queue.opening import open_queue
from mesh.rpc.client import Peer, Peers
from mesh.rpc.contract import Call, Download
from mesh.tls import Credentials
from mesh.topics.memory import MemoryTopics
from services.grader.config import Config
from services.grader.main import run
from services.grader.metrics import METRICS
from tests.services.grader.cases import ACCEPTED, end, manifest
from wire.commands import Command, RecordVerdict
from wire.judging import (
    AttemptEnd, BlobRequest, ClaimRequest, Hold, JudgeSubmission, JudgingManifest, Progress, ProgressAnswer, RunOrder, Step,
)  # fmt: skip
from wire.methods import (
    GITSERVER_BLOB, GITSERVER_LIMIT, GITSERVER_MANIFEST, GITSERVER_TRIAL, GRADER_CLAIM, GRADER_FINISH, GRADER_HOLD, GRADER_PROGRESS,
)  # fmt: skip
from wire.problems import ManifestRequest
from wire.queues import COMMANDS, QUEUES, SUBMISSIONS, VERIFICATIONS
from wire.verification import PackageTrial, PinLimit, PinnedLimit, RecordReport, TrialRequest, VerifyProblem

LIMIT_S = 40.0


async def until(happened: Callable[[], bool], what: str) -> None:
    """Waits, bounded, until something is so."""
    try:
        async with asyncio.timeout(LIMIT_S):
            while not happened():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None


@dataclass
class ScriptedGitserver:
    """Serves the manifests and files that it is given; ``fault`` is raised in place of the next answers."""

    manifests: dict[tuple[str, str], JudgingManifest] = field(default_factory=lambda: {("apples", "v1"): manifest()})
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[MeshError] = field(default_factory=list)
    asked: int = 0
    trials: dict[tuple[str, str], PackageTrial] = field(default_factory=dict)
    pinned: dict[tuple[str, str], int] = field(default_factory=dict)

    def keep_file(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.files[digest] = content
        return digest

    async def manifest(self, request: ManifestRequest, _call: Call) -> JudgingManifest:
        self.asked += 1
        if self.faults:
            raise self.faults.pop(0)
        if (request.alias, request.version) not in self.manifests:
            raise NotFound(f"no version {request.version} of {request.alias}", code="no-such-version")
        return self.manifests[request.alias, request.version]

    async def trial(self, request: TrialRequest, _call: Call) -> PackageTrial:
        if self.faults:
            raise self.faults.pop(0)
        if (request.alias, request.commit) not in self.trials:
            raise NotFound(f"no commit {request.commit} of {request.alias}", code="no-such-version")
        return self.trials[request.alias, request.commit]

    async def limit(self, request: PinLimit, _call: Call) -> PinnedLimit:
        key = (request.alias, request.version)
        cpu_ms = self.pinned.setdefault(key, request.cpu_ms)
        known = self.manifests.get(key)
        if known is not None:
            self.manifests[key] = replace(known, limits=known.limits.at_cpu(cpu_ms), is_provisional=False)
        return PinnedLimit(cpu_ms)

    async def blob(self, request: BlobRequest, _call: Call) -> Download:
        if request.digest not in self.files:
            raise NotFound("no such file", code="no-such-blob")
        content = self.files[request.digest]

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(content), 65536):
                yield content[start : start + 65536]

        return Download(len(content), chunks())

    @asynccontextmanager
    async def serving(self, backbone: Backbone) -> AsyncIterator[None]:
        server = backbone.server("127.0.0.1", 0, Life("gitserver"))
        server.serve(GITSERVER_MANIFEST, self.manifest)
        server.serve(GITSERVER_TRIAL, self.trial)
        server.serve(GITSERVER_LIMIT, self.limit)
        server.serve_download(GITSERVER_BLOB, self.blob)
        async with server.listening():
            yield


@dataclass
class ScriptedRunner:
    """Speaks the runner's calls, and does what the test says in between."""

    room: Room
    name: str = "r1"
    languages: tuple[str, ...] = ("cpp",)
    warm: tuple[str, ...] = ()

    async def claim(self, wait_s: float = 5.0) -> RunOrder | None:
        return (await self.grader.call(GRADER_CLAIM, ClaimRequest(self.name, self.languages, self.warm, wait_s))).order

    async def take(self, wait_s: float = 10.0) -> RunOrder:
        order = await self.claim(wait_s)
        assert order is not None, "no run came"
        return order

    async def progress(self, order: RunOrder, results: Sequence[CaseResult] = (), step: Step = Step.RUNNING) -> ProgressAnswer:
        return await self.grader.call(GRADER_PROGRESS, Progress(order.attempt, step, tuple(results)))

    async def finish(self, order: RunOrder, outcome: str = "judged", of: Sequence[CaseResult] = ACCEPTED, **changes: Any) -> None:
        last: AttemptEnd = replace(end(order.attempt, outcome, of, **changes), runner=self.name)
        await self.grader.call(GRADER_FINISH, last)

    @property
    def grader(self) -> Peer:
        return self.room.to_grader

    @asynccontextmanager
    async def holding(self, order: RunOrder) -> AsyncIterator[asyncio.Task[ProgressAnswer]]:
        """Keeps the line open; leaving the block breaks it, as dying does."""
        held = self.room.count("lines")
        task = asyncio.create_task(self.grader.call(GRADER_HOLD, Hold(order.attempt)))
        try:
            await until(lambda: self.room.count("lines") > held or task.done(), "a line held")
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, MeshError):
                await task


class FailingQueue:
    """The real queue, but the next ``failures`` publishes to the CommandQueue fail; their messages are not kept."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.failures = 0

    async def publish(self, queue: str, message: Message) -> None:
        if queue == COMMANDS.name and self.failures:
            self.failures -= 1
            raise Unavailable("the broker is away", code="queue-unavailable")
        await self._queue.publish(queue, message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


class Room:
    """The house, the grader in it, and the recorder's ear on the CommandQueue."""

    def __init__(self, folder: Path, pki_folder: Path, queue_url: str = "") -> None:
        self.clock = TurnedClock(datetime(2026, 3, 14, 9, 0, tzinfo=UTC))
        self._folder = folder
        self._queue_url = queue_url or f"file://{folder / 'queue'}"
        self._pki_folder = pki_folder
        self._addresses: dict[str, tuple[str, int]] = {}
        self.config = Config(port=0, manifest_wait_s=0.1, news_interval_s=0.01, drain_s=5.0)
        self.gitserver = ScriptedGitserver()
        self.commands: list[tuple[Command, RecordVerdict]] = []
        self.reports: list[tuple[Command, RecordReport]] = []
        self.life = Life("grader", self.clock)
        self.backbone: Backbone
        self._stack = AsyncExitStack()
        self._grader: asyncio.Task[None] | None = None
        self._gitserver: AsyncExitStack | None = None

    async def __aenter__(self) -> Self:
        enter = self._stack.enter_async_context
        self.queue = FailingQueue(await enter(open_queue(self._queue_url, "grader", QUEUES, self.clock, Log("grader"), None)))
        self.topics, self.cache = MemoryTopics(self.clock), MemoryCache(self.clock)
        self.backbone = await self._backbone("grader", METRICS)
        self._gitserver_backbone = await self._backbone("gitserver")
        self.to_grader = (await self._backbone("runner")).peer("grader")
        self.frontend = (await self._backbone("frontend")).peer("grader")
        await self.start_gitserver()
        self._ear = asyncio.create_task(self._listen())
        await self.start_grader()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._ear.cancel()
        await self.kill_grader()
        await self.stop_gitserver()
        await self._stack.aclose()

    async def _backbone(self, service: str, specs: Sequence[MetricSpec] = ()) -> Backbone:
        log, metrics = Log(service), Metrics(service, (*MESH_METRICS, *specs))
        credentials = await asyncio.to_thread(Credentials.load, self._pki_folder, service)
        peers = await self._stack.enter_async_context(Peers(service, credentials, self._addresses, metrics, log))
        return Backbone(
            service=service, clock=self.clock, credentials=credentials, log=log, metrics=metrics, queue=self.queue, topics=self.topics,
            cache=self.cache, state=self.cache, record_url="", replica_url="", folder=self._folder, addresses=self._addresses, peers=peers,
        )  # fmt: skip

    async def start_gitserver(self) -> None:
        self._gitserver = AsyncExitStack()
        await self._gitserver.enter_async_context(self.gitserver.serving(self._gitserver_backbone))

    async def stop_gitserver(self) -> None:
        if self._gitserver is not None:
            await self._gitserver.aclose()
            self._gitserver = None

    async def start_grader(self) -> None:
        self.life = Life("grader", self.clock)
        self._grader = asyncio.create_task(run(self.config, self.backbone, self.life))
        ready = asyncio.create_task(self.life.until_ready())
        await asyncio.wait({ready, self._grader}, timeout=LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._grader.done():
            await self._grader
        assert self.life.is_ready

    async def stop_grader(self) -> None:
        """As the supervisor does: asks it to leave and waits."""
        assert self._grader is not None
        await self.life.begin_stop()
        async with asyncio.timeout(LIMIT_S):
            await self._grader
        self._grader = None

    async def kill_grader(self) -> None:
        """Cuts it off in the middle of whatever it does."""
        if self._grader is not None:
            self._grader.cancel()
            with suppress(asyncio.CancelledError):
                await self._grader
            self._grader = None

    def runner(self, name: str = "r1", languages: tuple[str, ...] = ("cpp",), warm: tuple[str, ...] = ()) -> ScriptedRunner:
        return ScriptedRunner(self, name, languages, warm)

    async def submit(self, order: JudgeSubmission, *, message_id: str = "") -> None:
        message = Message(message_id or order.run, encode(order), correlation=order.correlation)
        await self.queue.publish(SUBMISSIONS[order.priority].name, message)

    def verdicts(self, order: JudgeSubmission) -> list[RecordVerdict]:
        return [body for _, body in self.commands if body.run == order.run]

    async def verdict(self, order: JudgeSubmission) -> RecordVerdict:
        await until(lambda: bool(self.verdicts(order)), f"a verdict on {order.correlation}")
        return self.verdicts(order)[0]

    async def settled(self, priority: str = "contest") -> None:
        """Waits until nothing of a queue is left, acknowledged or not."""
        await self._emptied(SUBMISSIONS[priority].name)

    async def verify(self, wish: VerifyProblem) -> None:
        message = Message(derived_id("trial", wish.alias, wish.commit, str(wish.sends)), encode(wish))
        await self.queue.publish(VERIFICATIONS.name, message)

    async def report(self) -> RecordReport:
        """The only report there is by now, its message acknowledged."""
        await until(lambda: bool(self.reports), "a report")
        await self._emptied(VERIFICATIONS.name)
        assert len(self.reports) == 1
        return self.reports[0][1]

    async def _emptied(self, name: str) -> None:
        async with asyncio.timeout(LIMIT_S):
            while (depth := await self.queue.depth(name)).ready or depth.unacknowledged or depth.waiting:
                await asyncio.sleep(0.005)

    def count(self, name: str, **labels: str) -> float:
        return self.backbone.metrics._registry.get_sample_value(f"palestra_grader_{name}", labels) or 0.0

    async def _listen(self) -> None:
        async with self.queue.consumer(COMMANDS.name) as tap:
            while True:
                deliveries: Sequence[Delivery] = await tap.take(50)
                for delivery in deliveries:
                    command = decode(Command, delivery.message.body)
                    assert command.id == delivery.message.id
                    if isinstance(command.body, RecordReport):
                        self.reports.append((command, command.body))
                        continue
                    assert isinstance(command.body, RecordVerdict)
                    self.commands.append((command, command.body))
                await tap.ack(deliveries)


async def sleepless(seconds: float = 0.05) -> None:
    """Gives the loop time to do what it must not do; for tests that something does not happen."""
    await asyncio.sleep(seconds)
