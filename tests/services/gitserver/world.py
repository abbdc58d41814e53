"""A running gitserver with real certificates, calls and queue, and a door for real git clients like the frontend's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from blockbuster import BlockBuster

from mesh.backbone import Backbone, House
from mesh.clock import SystemClock
from mesh.codec import decode
from mesh.errors import Invalid, MeshError
from mesh.life import Life
from mesh.settings import MeshConfig
from pki.registrar import Registrar
from pki.store import Store
from services.gitserver.config import Config
from services.gitserver.main import run
from services.gitserver.metrics import METRICS
from tests.packages.building import zipped
from tests.support.queues import holds
from wire.commands import Command
from wire.judging import BlobRequest
from wire.methods import GITSERVER_BLOB, GITSERVER_IMPORT, GITSERVER_SMART_HTTP
from wire.problems import ImportAnswer, ImportRequest
from wire.queues import QUEUES


@dataclass
class World:
    """The gitserver, and those who call it."""

    folder: Path
    house: House
    gitserver: Backbone
    frontend: Backbone
    grader: Backbone
    git_url: str = ""
    user: str = "ada"
    rights: str = "write"

    @property
    def problems(self) -> Path:
        return self.folder / "problems"

    async def call(self, method: Any, request: Any, by: str = "frontend") -> Any:
        backbone = {"frontend": self.frontend, "grader": self.grader}[by]
        return await backbone.peer("gitserver").call(method, request)

    async def bring(self, files: Mapping[str, bytes], alias: str = "sum", owner: str = "ada") -> ImportAnswer:
        return await self.bring_zip(zipped(files), alias, owner)

    async def bring_zip(self, content: bytes, alias: str = "sum", owner: str = "ada") -> ImportAnswer:
        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(content), 65536):
                yield content[start : start + 65536]

        return await self.frontend.peer("gitserver").upload(GITSERVER_IMPORT, ImportRequest(alias, owner), chunks())

    async def refused(self, content: bytes | Mapping[str, bytes], alias: str = "sum") -> dict[str, list[dict[str, str]]]:
        """The findings by code of a package that must be refused."""
        with pytest.raises(Invalid) as caught:
            await self.bring_zip(content if isinstance(content, bytes) else zipped(content), alias)
        assert caught.value.code == "package-refused"
        found: dict[str, list[dict[str, str]]] = {}
        for finding in caught.value.details:
            found.setdefault(finding["code"], []).append(finding)
        return found

    async def blob(self, problem: str, digest: str) -> bytes:
        async with self.grader.peer("gitserver").download(GITSERVER_BLOB, BlobRequest(problem, digest)) as stream:
            content = b"".join([chunk async for chunk in stream])
            assert len(content) == stream.size_bytes
            return content

    async def commands(self) -> list[Command]:
        """The commands that lie in the queue now, taken and acknowledged."""
        found: list[Command] = []
        async with self.frontend.queue.consumer("CommandQueue") as consumer, asyncio.timeout(30):
            while await holds(self.frontend.queue, "CommandQueue"):
                taken = await consumer.take(100)
                found += [decode(Command, delivery.message.body) for delivery in taken]
                await consumer.ack(taken)
        return found

    async def until(self, question: Any, limit_s: float = 15) -> None:
        """Waits until the answer is yes."""
        async with asyncio.timeout(limit_s):
            while not await question():
                await asyncio.sleep(0.02)

    async def git(self, *arguments: str, cwd: Path, status: int | None = 0) -> str:
        """What a real git client says, both streams."""
        process = await asyncio.create_subprocess_exec(
            "git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main", *arguments,
            cwd=cwd, env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null", "LANG": "C"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(30):
            said = (await process.communicate())[0].decode()
        if status is not None:
            assert process.returncode == status, said
        return said


@asynccontextmanager
async def a_house(folder: Path, guard: BlockBuster | None = None) -> AsyncIterator[World]:
    """The house without a gitserver in it. Putting a process together may block, so the guard rests meanwhile."""
    if guard is not None:
        guard.deactivate()
    await asyncio.to_thread(Registrar(Store(folder / "pki")).bootstrap)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(House(MeshConfig(folder=str(folder)), QUEUES, SystemClock()))
        gitserver = await stack.enter_async_context(house.backbone("gitserver", METRICS))
        frontend = await stack.enter_async_context(house.backbone("frontend", ()))
        grader = await stack.enter_async_context(house.backbone("grader", ()))
        world = World(folder, house, gitserver, frontend, grader)
        stack.push_async_callback(await _open_door(world))
        if guard is not None:
            guard.activate()
        yield world
        if guard is not None:
            guard.deactivate()


@asynccontextmanager
async def serving(world: World, **settings: Any) -> AsyncIterator[None]:
    """The gitserver runs; leaving stops it in order."""
    life = Life("gitserver")
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(run(Config(port=0, **{"announce_retry_s": 0.1, **settings}), world.gitserver, life))
        ready = tasks.create_task(life.until_ready())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if task.done():
            await task
        try:
            yield
        finally:
            await life.begin_stop()


async def _open_door(world: World) -> Any:
    async def git(request: web.Request) -> web.StreamResponse:
        headers = {"Palestra-User": world.user, "Palestra-Rights": world.rights}
        try:
            return await world.frontend.peer("gitserver").pass_on(GITSERVER_SMART_HTTP, request, request.match_info["tail"], headers)
        except MeshError as wrong:
            return web.json_response(wrong.as_object(), status=wrong.status)

    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/git/{tail:.*}", git)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    world.git_url = f"http://127.0.0.1:{runner.addresses[0][1]}/git"
    return runner.cleanup
