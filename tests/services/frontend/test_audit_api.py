"""The audit log of the whole house, for programs of admins and for nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mesh.ids import new_id
from tests.services.frontend.world import World

ROWS = (
    ("", 1, "account-created", "root"), ("finals", 1, "contest-created", "olga"), ("", 2, "webhook-set", "ana"),
    ("finals", 2, "submitted", "ana"), ("coming", 1, "contest-created", "olga"),
)  # fmt: skip


async def test_an_admin_reads_who_did_what_when_everywhere(world: World) -> None:
    for second, (contest, seq, kind, actor) in enumerate(ROWS):
        await world.insert(
            "events", contest=contest, seq=seq, kind=kind, at=world.clock.now() + timedelta(seconds=second), actor=actor, command=new_id(), body={"n": second},
        )  # fmt: skip
    root = await world.signed_in("root", "admin")

    async def read(query: str = "") -> list[dict[str, Any]]:
        return list((await root.get(f"/audit{query}")).json)

    def places(lines: list[dict[str, Any]]) -> list[tuple[str, int]]:
        return [(line["contest"], line["seq"]) for line in lines]

    everything = await read()
    assert places(everything) == [(contest, seq) for contest, seq, *_ in reversed(ROWS)]
    assert {key: everything[1][key] for key in ("kind", "actor", "body")} == {"kind": "submitted", "actor": "ana", "body": {"n": 3}}
    assert everything[1]["command"]
    for query, wanted in (
        ("?contest=finals", [("finals", 2), ("finals", 1)]), ("?contest=", [("", 2), ("", 1)]), ("?actor=ana", [("finals", 2), ("", 2)]),
        ("?kind=contest-created", [("coming", 1), ("finals", 1)]), ("?actor=ana&kind=webhook-set", [("", 2)]), ("?contest=none", []), ("?kind=none", []),
    ):  # fmt: skip
        assert places(await read(query)) == wanted, query

    walked: list[dict[str, Any]] = []
    while page := await read("?most=2" + (f"&before={walked[-1]['mark']}" if walked else "")):
        assert len(page) <= 2
        walked += page
    assert walked == everything


async def test_nobody_else_reads_it_and_what_makes_no_sense_is_refused(world: World) -> None:
    root, olga = await world.signed_in("root", "admin"), await world.signed_in("olga", "organiser")
    assert ((await olga.get("/audit")).code, (await world.person().get("/audit")).status) == ("not-admin", 401)
    for query in ("before=yesterday", "before=1:finals", "most=0", "most=501", "what=all"):
        assert (await root.get(f"/audit?{query}")).status == 400, query
