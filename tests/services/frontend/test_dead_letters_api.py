"""Programs of admins do with dead letters what the page of operations does, and nobody else does; the real recorder answers."""

from __future__ import annotations

import asyncio
from typing import Any

from mesh.queue import Message
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import Person, World

PATH = "/operations/queues/CommandQueue/dead"
LIMIT_S = 40.0


async def test_dead_letters_are_listed_replayed_and_forgotten(worlds: Worlds) -> None:
    async with worlds(beside=("recorder",)) as world:
        root = await world.signed_in("root", "admin")
        assert (await root.get(PATH)).json == {"queue": "CommandQueue", "dead": 0, "letters": []}
        await _poison(world, 3)
        found = await _until_dead(root, 3)
        assert sorted(one["id"] for one in found) == ["poison-0", "poison-1", "poison-2"]
        letter = found[0]
        assert "bad-shape" in letter.pop("error")
        assert letter.pop("id").startswith("poison-")
        assert letter == {"attempts": 1, "correlation": "corr-1", "size_bytes": 20, "headers": {"kind": "Strange"}, "body": '{"not": "a command"}'}
        short = (await root.get(f"{PATH}?most=1&body_bytes=4")).json
        assert (short["dead"], [one["body"] for one in short["letters"]]) == (3, ['{"no'])

        assert (await root.post(f"{PATH}/purge", {"ids": ["poison-0", "never-was"]})).json == {"queue": "CommandQueue", "count": 1}
        assert {one["id"] for one in await _until_dead(root, 2)} == {"poison-1", "poison-2"}
        assert (await root.post(f"{PATH}/replay", {"ids": ["poison-1"]})).json["count"] == 1
        await _until_dead(root, 2)  # it was tried again, and given up again
        assert (await root.post(f"{PATH}/replay", {"is_all": True})).json["count"] == 2
        await _until_dead(root, 2)
        assert (await root.post(f"{PATH}/purge", {"is_all": True})).json["count"] == 2
        assert (await root.get(PATH)).json["dead"] == 0

        await _refuses(root)


async def _refuses(root: Person) -> None:
    for act in ("replay", "purge"):
        for body in ({}, {"ids": []}, {"ids": ["poison-0"], "is_all": True}):
            assert (await root.post(f"{PATH}/{act}", body)).code == "which-letters", (act, body)
        for body in ({"ids": [""]}, {"ids": ["x"] * 1001}, {"id": "x"}):
            assert (await root.post(f"{PATH}/{act}", body)).status == 400, (act, body)
    for query in ("most=0", "most=501", "body_bytes=-1", "body_bytes=65537", "all=1"):
        assert (await root.get(f"{PATH}?{query}")).status == 400, query
    for name in ("NoSuchQueue", "AnalyticsQueue"):
        assert (await root.get(f"/operations/queues/{name}/dead")).code == "no-such-queue"


async def test_dead_letters_are_for_admins_and_stay_where_they_are_while_their_consumer_is_away(world: World) -> None:
    olga, nobody, root = await world.signed_in("olga", "organiser"), world.person(), await world.signed_in("root", "admin")
    for method, path, body in (("GET", PATH, None), ("POST", f"{PATH}/replay", {"is_all": True}), ("POST", f"{PATH}/purge", {"is_all": True})):
        assert ((await olga.ask(method, path, body)).code, (await nobody.ask(method, path, body)).status) == ("not-admin", 401)
        answer = await root.ask(method, path, body)
        assert (answer.status, answer.code) == (503, "recorder-unavailable")
        assert "its dead letters stay where they are" in answer.message


async def _poison(world: World, count: int) -> None:
    for number in range(count):
        await world.backbone.queue.publish("CommandQueue", Message(f"poison-{number}", b'{"not": "a command"}', {"kind": "Strange"}, "corr-1"))


async def _until_dead(root: Person, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(LIMIT_S):
        while len(letters := (await root.get(PATH)).json["letters"]) != count:
            await asyncio.sleep(0.05)
    return list(letters)
