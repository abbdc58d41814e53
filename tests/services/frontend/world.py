"""A frontend with everything around it that it can have without other services: real TLS keys, queue, cache, topics, SQLite record."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from argon2 import PasswordHasher
from blockbuster import BlockBuster
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from contest.limits import Limits
from mesh.backbone import Backbone, House
from mesh.clock import SystemClock, TurnedClock
from mesh.codec import as_builtins, decode
from mesh.database import metadata_of, write_engine
from mesh.ids import new_id
from mesh.life import Life
from mesh.settings import MeshConfig
from mesh.tls import Credentials
from services.frontend.config import Config
from services.frontend.main import run
from services.frontend.metrics import METRICS
from services.targets import TARGETS
from tests.support.queues import holds
from wire.commands import Command
from wire.queues import QUEUES
from wire.record import TABLES

PASSWORD = "a long enough password"
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD_HASH = HASHER.hash(PASSWORD)
QUICK = {"password_memory_kib": 64, "password_passes": 1, "contest_fresh_s": 0.0, "scoreboard_fresh_s": 0.0, "start_wait_s": 0.0, "record_timeout_s": 20.0}
"""Nothing is kept, so that a change is seen at once; and the record of a machine that is busy with others may take its time."""
CALM: dict[str, dict[str, Any]] = {"recorder": {"digest_hour": -1}}
"""A test that runs at that hour hears no more than others."""


@dataclass
class Answer:
    """What the site said, read whole."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return decode(dict[str, Any] | list[Any], self.body)  # type: ignore[arg-type]

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"]) if self.status >= 400 else ""

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])


@dataclass
class Person:
    """Somebody at the API, with a token or without."""

    world: World
    token: str = ""
    username: str = ""

    async def ask(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            more["json"] = body
        whole = path if path.startswith(("/api/", "/events", "/git/", "/health", "/metrics")) else f"/api/v1{path}"
        async with self.world.session.request(method, f"{self.world.url}{whole}", headers=sent, **more) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("POST", path, body, **more)

    async def submit(self, contest: str = "finals", source: str = "print(1)", **more: Any) -> Answer:
        headers, path = more.pop("headers", None), f"/contests/{contest}/submissions{more.pop('query', '')}"
        return await self.post(path, {"problem": "sum", "language": "python3", "source": source, **more}, headers=headers)


@dataclass
class World:
    """The frontend, running, and hands to change the record behind its back."""

    backbone: Backbone
    house: House
    clock: TurnedClock
    engine: AsyncEngine
    config: Config
    url: str
    session: aiohttp.ClientSession
    guard: BlockBuster
    life: Life
    tables: dict[str, sa.Table] = field(default_factory=lambda: dict(metadata_of(TABLES).tables))

    def person(self) -> Person:
        return Person(self)

    async def signed_in(self, username: str, role: str = "contestant") -> Person:
        """An account of that name, made when missing, signed in."""
        with contextlib.suppress(sa.exc.IntegrityError):
            await self.add_account(username, role)
        answer = await self.person().post("/session", {"username": username, "password": PASSWORD})
        assert answer.status == 201, answer.body
        return Person(self, answer.json["token"], username)

    @asynccontextmanager
    async def neighbour(self, service: str) -> AsyncIterator[Backbone]:
        """A backbone in the name of another service, for a test to answer with."""
        self.guard.deactivate()
        async with self.house.backbone(service, ()) as backbone:
            self.guard.activate()
            yield backbone

    async def insert(self, table: str, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(sa.insert(self.tables[table]).values(**values))

    async def update(self, table: str, where: dict[str, Any], **values: Any) -> None:
        target = self.tables[table]
        async with self.engine.begin() as connection:
            await connection.execute(sa.update(target).where(*(target.c[name] == value for name, value in where.items())).values(**values))

    async def add_account(self, username: str, role: str = "contestant") -> None:
        now = self.clock.now()
        await self.insert(
            "accounts", username=username, name=f"Name of {username}", password_hash=PASSWORD_HASH, role=role, email="",
            created_at=now, password_changed_at=now,
        )  # fmt: skip

    async def add_problem(self, alias: str = "sum", owner: str = "olga", **more: Any) -> None:
        await self.insert("problems", **{
            "alias": alias, "title": f"Title of {alias}", "owner": owner, "commit_hash": "c" * 40, "version": "v" * 40,
            "limits": as_builtins(Limits()), "case_count": 3, "samples": 1, "statement_languages": ["en"], "has_pdf": False,
            "is_scoring": False, "max_score": Fraction(1), "changed_at": self.clock.now(), **more,
        })  # fmt: skip

    async def add_contest(self, alias: str = "finals", *, starts_in_s: float = -60, problems: tuple[str, ...] = ("sum",), **more: Any) -> None:
        await self.insert("contests", **{
            "alias": alias, "title": f"Title of {alias}", "description": "", "organiser": "olga", "mode": "icpc",
            "start_at": self.clock.now() + timedelta(seconds=starts_in_s), "duration_s": 3600, "freeze_s": 0, "penalty_s": 1200,
            "thawed_at": None, "languages": [], "is_public": True, "seq": 1, "feedback": "verdict", "compile_feedback": "always", "created_at": self.clock.now(), **more,
        })  # fmt: skip
        for place, problem in enumerate(problems):
            await self.insert(
                "contest_problems", contest=alias, alias=problem, place=place, label=chr(65 + place), color="#ff0000", points=Fraction(100)
            )

    async def register(self, contest: str, username: str) -> None:
        await self.insert(
            "contestants", contest=contest, username=username, name=f"Team {username}", team_group="", registered_at=self.clock.now()
        )

    async def add_submission(self, username: str, *, contest: str = "finals", at: datetime | None = None, **more: Any) -> str:
        at, one, run = at or self.clock.now(), new_id(), new_id()
        values = {
            "id": one, "contest": contest, "problem": "sum", "username": username, "language": "python3", "filename": "a.py",
            "source": "print(1)", "submitted_at": at, "recorded_at": at, "priority": "contest", "is_on_board": True, "status": "judged",
            "run": run, "verdict": "AC", "score": Fraction(1), "time_ms": 12, "memory_bytes": 1 << 20, "judged_at": at,
            "correlation": "", **more,
        }  # fmt: skip
        await self.insert("submissions", **values)
        await self.insert(
            "runs", id=values["run"], submission=values["id"], version="v" * 40, priority="contest", created_at=at, sent_at=at, sends=1,
            verdict=values["verdict"], score=values["score"], time_ms=values["time_ms"], memory_bytes=values["memory_bytes"],
            cases=[{"index": 0, "verdict": "AC", "time_ms": 1, "memory_bytes": 2, "message": "secret of the checker"}],
            compile_output="a warning", runner="runner-1", judged_at=at,
        )  # fmt: skip
        return str(values["id"])

    async def queued(self, most: int = 100) -> list[Command]:
        """The commands that lie in the queue now, taken and acknowledged."""
        found: list[Command] = []
        async with self.backbone.queue.consumer("CommandQueue") as consumer, asyncio.timeout(30):
            while len(found) < most and await holds(self.backbone.queue, "CommandQueue"):
                taken = await consumer.take(most)
                found += [decode(Command, delivery.message.body) for delivery in taken]
                await consumer.ack(taken)
        return found


def _hurry(connection: Any, _: Any) -> None:
    """A test's record need not survive a power cut."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


@asynccontextmanager
async def _running(service: Coroutine[Any, Any, None], life: Life) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(service)
        await life.until_ready()
        try:
            yield
        finally:
            await life.begin_stop()


@asynccontextmanager
async def a_world(
    folder: Path, pki: Path, guard: BlockBuster, *, beside: tuple[str, ...] = (), mesh_settings: Mapping[str, str] | None = None,
    beside_settings: Mapping[str, Mapping[str, Any]] | None = None, is_first: bool = True, **settings: Any,
) -> AsyncIterator[World]:  # fmt: skip
    """A running frontend in a folder, with an empty record, beside other real services when some are named.

    Starting may block, serving may not. ``is_first`` False: the record is there already, and may be away.
    """
    guard.deactivate()
    shutil.copytree(pki, folder / "pki")
    clock, config = TurnedClock(SystemClock().now()), Config(port=0, **{**QUICK, **settings})
    mesh = MeshConfig(folder=str(folder), **(mesh_settings or {}))
    async with AsyncExitStack() as stack:
        engine = write_engine(mesh.record, Credentials.load(folder / "pki", "recorder"))
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _hurry)
        stack.push_async_callback(engine.dispose)
        if is_first and "recorder" not in beside:  # which makes its own tables
            async with engine.begin() as connection:
                await connection.run_sync(metadata_of(TABLES).create_all)
        house = await stack.enter_async_context(House(mesh, QUEUES, clock))
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False))
        for name in beside:
            target, life = TARGETS[name], Life(name)
            other = await stack.enter_async_context(house.backbone(name, target.metrics()))
            await stack.enter_async_context(_running(target.run()(target.config()(**{"port": 0, **CALM.get(name, {}), **(beside_settings or {}).get(name, {})}), other, life), life))
        backbone, life = await stack.enter_async_context(house.backbone("frontend", METRICS)), Life("frontend")
        await stack.enter_async_context(_running(run(config, backbone, life), life))
        host, port = house.addresses["frontend"]
        guard.activate()
        yield World(backbone, house, clock, engine, config, f"http://{host}:{port}", session, guard, life)
        guard.deactivate()
