"""Secrets of webhooks lie sealed in the record, under keys that lie elsewhere; a lost key is told, and a new secret mends it."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
import sqlalchemy as sa

from contest.verdicts import Verdict
from mesh.errors import Refused
from mesh.log import _FIELDS, Log
from services.recorder import resealing, rows
from services.recorder.orders import order_of
from services.recorder.resealing import reseal
from services.recorder.rules.webhooks import KEY_LOST
from services.recorder.seal import FILE, CannotOpen, Seal, open_seal
from tests.services.recorder.makers import command, submit, verdict
from tests.services.recorder.store import Store
from tests.services.recorder.world import World
from wire.webhooks import SetWebhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
LONGEST = "whsec_" + base64.b64encode(bytes(64)).decode()
URL = "https://receiver.example/hook"
OLD, NEW = bytes(32), bytes(range(32))
CLEAR, UNDER_OLD, UNDER_NEW, BOTH = Seal(), Seal([OLD]), Seal([NEW]), Seal([NEW, OLD])


def test_what_is_sealed_is_opened_by_its_key_for_its_account_and_not_otherwise() -> None:
    sealed = UNDER_OLD.seal(SECRET, "ana")
    assert sealed.startswith("sealed:1:")
    assert SECRET[6:20] not in sealed
    assert UNDER_OLD.seal(SECRET, "ana") != sealed, "who reads the record cannot tell whether two are alike"
    assert UNDER_OLD.open(sealed, "ana") == BOTH.open(sealed, "ana") == SECRET
    other = "A" if sealed[40] != "A" else "B"
    for seal, kept, account in (
        (UNDER_NEW, sealed, "ana"), (CLEAR, sealed, "ana"), (UNDER_OLD, sealed, "ben"), (UNDER_OLD, sealed[:40] + other + sealed[41:], "ana"),
        (UNDER_OLD, sealed[:-8], "ana"), (UNDER_OLD, sealed.replace(":1:", ":2:"), "ana"), (UNDER_OLD, UNDER_OLD.mark, "ana"), (UNDER_OLD, f"{UNDER_OLD.mark}ä", "ana"), (UNDER_OLD, "sealed:", "ana"),
    ):  # fmt: skip
        with pytest.raises(CannotOpen):
            seal.open(kept, account)
    assert UNDER_OLD.open(SECRET, "ana") == CLEAR.open(SECRET, "ana") == CLEAR.seal(SECRET, "ana") == SECRET, "what is in the clear stays usable"
    assert len(UNDER_OLD.seal(LONGEST, "a" * 190)) < 300


def test_keys_come_from_the_setting_or_from_a_file_that_is_made_once(tmp_path: Path) -> None:
    assert open_seal("", tmp_path / "not", makes_keys=False).mark == ""
    made = open_seal("", tmp_path / "recorder", makes_keys=True)
    [file] = (tmp_path / "recorder").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == (FILE, 0o600)
    assert made.mark == open_seal(" \n", tmp_path / "recorder", makes_keys=False).mark == open_seal("", tmp_path / "recorder", makes_keys=True).mark != ""
    given = ",\n".join((base64.b64encode(NEW).decode(), base64.urlsafe_b64encode(OLD).decode()))
    both = open_seal(given, tmp_path / "recorder", makes_keys=True)
    assert both.mark == UNDER_NEW.mark != made.mark
    assert both.open(UNDER_OLD.seal(SECRET, "ana"), "ana") == SECRET
    file.write_text("")
    for keys in ("short", base64.b64encode(bytes(16)).decode(), f"{given},x", ",", ""):
        with pytest.raises(Refused) as refused:
            open_seal(keys, tmp_path / "recorder", makes_keys=True)
        assert refused.value.code == "bad-webhook-keys"
        assert "openssl" in refused.value.message
        assert base64.b64encode(NEW).decode() not in refused.value.message


async def test_the_record_has_no_secret_and_a_lost_key_is_mended_by_a_new_one(store: Store) -> None:
    delivery = await _told_of(store)
    assert await _kept(store) == {"ana": UNDER_OLD.mark}
    for seal, wanted in ((store.seal, (SECRET, "")), (UNDER_NEW, ("", KEY_LOST)), (CLEAR, ("", KEY_LOST))):
        order = await order_of(store.record, delivery, seal, store.log)
        assert (order.secret, order.refusal, order.is_wanted) == (*wanted, True)
    await store.do(command("ana", SetWebhook("ana", URL, LONGEST)))
    order = await order_of(store.record, delivery, store.seal, store.log)
    assert (order.secret, order.refusal) == (LONGEST, "")


async def test_what_lies_open_or_under_an_older_key_is_sealed_anew_and_what_is_lost_is_left(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="palestra")
    monkeypatch.setattr(resealing, "_AT_ONCE", 2)
    lost, log = Seal([b"?" * 32]), Log("recorder")
    table = store.record.table(rows.Webhook)
    kept = {"ana": SECRET, "ben": UNDER_OLD.seal(SECRET, "ben"), "cid": lost.seal(SECRET, "cid"), "dan": UNDER_OLD.seal(SECRET, "ben"), "eve": SECRET}
    found = [{"username": name, "url": URL, "secret": secret, "changed_at": store.clock.now()} for name, secret in kept.items()]
    await store.record.transact(lambda connection: connection.execute(sa.insert(table), found) and None)

    await reseal(store.record, CLEAR, log)
    assert (await _secrets(store), _said(caplog)) == (kept, {"webhook-secrets-lost": 3, "webhook-secrets-clear": 2})
    await reseal(store.record, BOTH, log)
    after = await _secrets(store)
    assert {name: UNDER_NEW.open(after[name], name) for name in ("ana", "ben", "eve")} == dict.fromkeys(("ana", "ben", "eve"), SECRET)
    assert {name: after[name] for name in ("cid", "dan")} == {name: kept[name] for name in ("cid", "dan")}, "a key may come back"
    assert _said(caplog) == {"webhook-secrets-sealed": 3, "webhook-secrets-lost": 2}
    await reseal(store.record, UNDER_NEW, log)
    assert (await _secrets(store), _said(caplog)) == (after, {"webhook-secrets-lost": 2})


async def test_a_house_whose_record_is_a_file_seals_with_a_key_of_its_own(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> None:
    async with Store(sqlite_url, seal=CLEAR) as store:
        await store.settle()
        delivery = await _told_of(store)
        assert await _kept(store) == {"ana": SECRET}, "as a release that had no keys left it"
    async with World(tmp_path / "var", pki_folder, sqlite_url) as world:
        for _ in range(2):
            await world.start()
            seal = await asyncio.to_thread(open_seal, "", tmp_path / "var" / "recorder", makes_keys=False)
            assert seal.mark
            assert await _kept(world.store) == {"ana": seal.mark}
            assert (await order_of(world.store.record, delivery, seal, world.store.log)).secret == SECRET
            await world.call(command("ana", SetWebhook("ana", URL, SECRET)))
            await world.stop()


async def _told_of(store: Store) -> str:
    """A webhook, and the call that tells it of a verdict."""
    await store.do(command("ana", SetWebhook("ana", URL, SECRET)))
    wish = submit()
    await store.do(wish)
    await store.do(verdict(wish, Verdict.AC))
    [row] = await store.all(rows.Delivery)
    return str(row["id"])


async def _secrets(store: Store) -> dict[str, str]:
    return {row["username"]: row["secret"] for row in await store.all(rows.Webhook)}


async def _kept(store: Store) -> dict[str, str]:
    """What each secret begins with when it is sealed, else the secret."""
    return {name: kept if not kept.startswith("sealed:") else kept.rpartition(":")[0] + ":" for name, kept in (await _secrets(store)).items()}


def _said(caplog: pytest.LogCaptureFixture) -> dict[str, int]:
    told = {record.getMessage(): record.__dict__[_FIELDS]["count"] for record in caplog.records if record.getMessage().startswith("webhook-secrets")}
    caplog.clear()
    return told
