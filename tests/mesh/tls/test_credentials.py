"""A service's own certificate: read whole, checked whole, swapped whole; what does not fit leaves what is in use."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesh.errors import Broken
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.tls import Credentials
from mesh.tls.trust import serial_text
from pki.authority import make_authority
from pki.leaf import issue_leaf
from pki.registrar import Registrar
from pki.store import Store


def unusable(folder: Path, name: str = "grader") -> Broken:
    with pytest.raises(Broken) as wrong:
        Credentials.load(folder, name)
    return wrong.value


def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path, pki_folder: Path) -> None:
    assert unusable(tmp_path).code == "credentials-missing"
    assert "make pki" in unusable(tmp_path).message
    assert "nobody.crt" in unusable(pki_folder, "nobody").message


def test_a_certificate_of_another_service_is_not_used(fresh_pki: Registrar) -> None:
    store = fresh_pki.store
    store.certificate_path("grader").write_bytes(store.certificate_path("runner").read_bytes())
    store.key_path("grader").write_bytes(store.key_path("runner").read_bytes())
    assert "that of runner" in unusable(store.folder).message


def test_a_key_of_another_certificate_is_not_used(fresh_pki: Registrar) -> None:
    store = fresh_pki.store
    store.key_path("grader").write_bytes(store.key_path("runner").read_bytes())
    assert "the key is not the certificate's" in unusable(store.folder).message


def test_an_expired_certificate_is_not_used(fresh_pki: Registrar) -> None:
    past = datetime.now(UTC) - timedelta(days=2)
    Registrar(fresh_pki.store, now=lambda: past).issue("grader")
    assert "ended at" in unusable(fresh_pki.store.folder).message


def test_a_certificate_of_a_foreign_authority_is_not_used(fresh_pki: Registrar) -> None:
    fresh_pki.store.write_leaf("grader", issue_leaf(make_authority(datetime.now(UTC)), "grader", datetime.now(UTC)))
    assert "no CA in ca.crt" in unusable(fresh_pki.store.folder).message


def test_a_revocation_list_of_a_stranger_is_not_believed(fresh_pki: Registrar, tmp_path: Path) -> None:
    store = fresh_pki.store
    forged = Registrar(Store(tmp_path / "foreign"))
    forged.bootstrap(["grader"])
    text = store.revocations_path.read_bytes()
    store.revocations_path.write_bytes(text.replace(text[200:204], b"AAAA"))
    assert unusable(store.folder).code == "credentials-unusable"
    store.revocations_path.write_bytes(forged.store.revocations_path.read_bytes())
    assert Credentials.load(store.folder, "grader").now.trust.revoked == frozenset(), "of no authority that is trusted: nothing"
    store.revocations_path.unlink()
    assert Credentials.load(store.folder, "grader").now.trust.revoked == frozenset()


def test_a_swap_takes_everything_at_once_and_contexts_stay_the_same_objects(fresh_pki: Registrar) -> None:
    credentials = Credentials.load(fresh_pki.store.folder, "grader")
    server, client = credentials.server_context(), credentials.client_context()
    before = (server.current, client.current, credentials.now.certificate)
    assert not credentials.reload(), "nothing has changed"
    fresh_pki.renew(["grader"], is_forced=True)
    assert credentials.reload()
    assert credentials.generation == 2
    assert credentials.server_context() is server
    assert credentials.client_context() is client
    assert server.current is not before[0]
    assert client.current is not before[1]
    assert credentials.now.certificate != before[2]


@pytest.mark.parametrize("fault", ["half", "other key", "rubbish", "gone"])
def test_files_that_do_not_fit_leave_what_is_in_use(fresh_pki: Registrar, fault: str) -> None:
    store = fresh_pki.store
    credentials = Credentials.load(store.folder, "grader")
    context = credentials.server_context()
    before = (context.current, credentials.now)
    if fault == "half":
        store.certificate_path("grader").write_bytes(store.certificate_path("grader").read_bytes()[:300])
    elif fault == "other key":
        store.key_path("grader").write_bytes(store.key_path("runner").read_bytes())
    elif fault == "rubbish":
        store.trust_path.write_text("rubbish")
    else:
        store.key_path("grader").unlink()
    with pytest.raises(Broken):
        credentials.reload()
    assert (context.current, credentials.now) == before
    store.write_trust([fresh_pki._authority()])
    fresh_pki.issue("grader")
    assert credentials.reload(), "and the next whole set of files is taken"


async def test_a_watched_identity_follows_its_files_and_says_when_it_ends(fresh_pki: Registrar) -> None:
    metrics = Metrics("grader", MESH_METRICS)
    async with Credentials.watched(fresh_pki.store.folder, "grader", metrics, Log("grader")) as credentials:
        assert 86_000 < metrics._registry.get_sample_value("palestra_grader_certificate_expiry_seconds") <= 86_400
        (fresh_pki.store.folder / "grader.crt").write_text("rubbish")
        async with asyncio.timeout(5):
            swapped = asyncio.create_task(credentials.until_swapped(1))
            await asyncio.sleep(1.2)
            assert not swapped.done(), "rubbish is not taken"
            await asyncio.to_thread(fresh_pki.issue, "grader")
            await swapped
    assert credentials.generation == 2


async def test_a_certificate_that_nobody_renewed_is_told_before_it_ends(fresh_pki: Registrar) -> None:
    for left_h, words in ((9.05, ""), (3.95, "ends in 3.9 h"), (0.55, "ends in 0.5 h")):
        issued_at = datetime.now(UTC) + timedelta(hours=left_h - 24)
        await asyncio.to_thread(Registrar(fresh_pki.store, now=lambda at=issued_at: at).issue, "grader")
        credentials = await asyncio.to_thread(Credentials.load, fresh_pki.store.folder, "grader")
        told = await credentials.health()
        assert words in told if words else told == "", told


async def test_a_body_that_fails_leaves_as_it_is(fresh_pki: Registrar) -> None:
    metrics = Metrics("grader", MESH_METRICS)
    with pytest.raises(ZeroDivisionError):
        async with Credentials.watched(fresh_pki.store.folder, "grader", metrics, Log("grader")):
            raise ZeroDivisionError


def test_contexts_are_strict(pki_folder: Path) -> None:
    credentials = Credentials.load(pki_folder, "grader")
    server, client = credentials.server_context().current, credentials.client_context().current
    for context in (server, client):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.verify_flags & ssl.VERIFY_X509_STRICT
    assert server.num_tickets == 0
    assert client.check_hostname
    expecting = credentials.client_context("redis").current
    assert not expecting.check_hostname
    assert expecting.policy.expects == "redis"


async def test_a_driver_that_cannot_ask_for_a_name_still_pins_one(pki_folder: Path) -> None:
    mine, redis = await asyncio.gather(*(asyncio.to_thread(Credentials.load, pki_folder, name) for name in ("grader", "redis")))

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+OK")
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1", 0, ssl=redis.server_context())
    port = server.sockets[0].getsockname()[1]
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=mine.client_context("redis"))
        assert await reader.read() == b"+OK"
        writer.close()
        with pytest.raises(ssl.SSLCertVerificationError, match="another-name"):
            await asyncio.open_connection("127.0.0.1", port, ssl=mine.client_context("rabbitmq"))


@pytest.mark.parametrize(("serial", "text"), [(0xAB, "AB"), (0xABC, "0ABC"), (1, "01"), (0x100, "0100")])
def test_serials_are_written_as_handshakes_show_them(serial: int, text: str) -> None:
    assert serial_text(serial) == text
