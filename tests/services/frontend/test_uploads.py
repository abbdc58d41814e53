"""Packages come in by pieces, bounded, from those who may bring them; nothing is left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mesh.life import Life
from mesh.rpc import Call
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import Person, World
from contest.limits import Limits
from wire.methods import GITSERVER_IMPORT
from wire.problems import ImportAnswer, ImportRequest, ProblemCard

EMPTY_CARD = {"limits": Limits(), "statements": (), "samples": ()}


class Importer:
    """A gitserver's end, over real mutual TLS: counts what arrives."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []

    async def take(self, request: ImportRequest, _: Call, body: AsyncIterator[bytes]) -> ImportAnswer:
        size = 0
        async for piece in body:
            size += len(piece)
        self.seen.append((request.alias, request.owner, size))
        return ImportAnswer(ProblemCard(request.alias or "named", "Title", "c" * 40, "v" * 40, **EMPTY_CARD), request.owner)


@pytest.fixture
async def importer(finals: World) -> AsyncIterator[Importer]:
    end, life = Importer(), Life("gitserver")
    async with finals.neighbour("gitserver") as backbone:
        server = backbone.server("127.0.0.1", 0, life)
        server.serve_upload(GITSERVER_IMPORT, end.take)
        async with server.listening():
            yield end


def _left(world: World) -> list[Path]:
    world.guard.deactivate()
    folder = world.backbone.folder / "uploads"
    found = list(folder.iterdir()) if folder.exists() else []
    world.guard.activate()
    return found


async def _bring(person: Person, *fields: tuple[str, Any], query: str = "") -> Any:
    form = aiohttp.FormData()
    for name, value in fields:
        form.add_field(name, value, **({"filename": "p.zip"} if isinstance(value, bytes) else {}))
    return await person.ask("POST", f"/problems{query}", data=form)


async def test_an_accepted_package_whose_record_is_away_says_so(finals: World, importer: Importer) -> None:
    olga = await finals.signed_in("olga")
    answer = await _bring(olga, ("package", b"z" * 700_000), ("alias", "new"))
    assert (answer.status, answer.json["alias"], answer.json["is_recorded"]) == (202, "new", False)
    assert importer.seen == [("new", "olga", 700_000)]
    assert _left(finals) == []


async def test_the_alias_may_stand_in_the_query_or_nowhere(finals: World, importer: Importer) -> None:
    olga = await finals.signed_in("olga")
    assert (await _bring(olga, ("package", b"zip"), query="?alias=asked")).json["alias"] == "asked"
    assert (await _bring(olga, ("package", b"zip"))).json["alias"] == "named"


async def test_only_organisers_bring_packages_and_only_to_their_own_aliases(finals: World, importer: Importer) -> None:
    assert (await _bring(await finals.signed_in("ana"), ("package", b"zip"))).code == "not-organiser"
    assert (await _bring(finals.person(), ("package", b"zip"))).status == 401
    await finals.add_account("otto", "organiser")
    taken = await _bring(await finals.signed_in("otto"), ("package", b"zip"), ("alias", "sum"))
    assert (taken.status, taken.code) == (403, "not-owner")
    assert importer.seen == []
    assert _left(finals) == []


@pytest.mark.parametrize("alias", ["../etc", "UPPER", "a b", "-x", "x" * 65])
async def test_a_bad_alias_is_refused(finals: World, importer: Importer, alias: str) -> None:
    answer = await _bring(await finals.signed_in("olga"), ("package", b"zip"), ("alias", alias))
    assert (answer.status, answer.code) == (422, "bad-alias")
    assert importer.seen == []


async def test_what_is_no_form_with_a_package_is_refused(finals: World, importer: Importer) -> None:
    olga = await finals.signed_in("olga")
    assert (await olga.post("/problems", {"package": "x"})).code == "bad-upload"
    assert (await _bring(olga, ("alias", "new"))).code == "bad-upload"
    assert (await _bring(olga, ("package", b""))).code == "bad-upload"
    broken = await olga.ask("POST", "/problems", data=b"--x\r\nno form", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (broken.status, broken.code) == (400, "bad-upload")
    assert importer.seen == []
    assert _left(finals) == []


async def test_an_oversized_package_is_cut_off_and_leaves_nothing(worlds: Worlds) -> None:
    async with worlds(max_package_bytes=300_000) as world:
        olga = await world.signed_in("olga", "organiser")
        for size in (310_000, 900_000):
            answer = await _bring(olga, ("package", b"z" * size))
            assert (answer.status, answer.code) == (413, "package-too-large")
        assert _left(world) == []
