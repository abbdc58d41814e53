"""Who gets no answer at all: no certificate, a foreign authority, a revoked or expired leaf, the wrong name."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesh.errors import MeshError, Unavailable
from mesh.rpc import Call
from mesh.tls import Credentials
from pki.registrar import Registrar
from pki.store import Rank, Store
from tests.mesh.rpc.houses import House, Row, Word, house_of
from tests.mesh.rpc.test_calls import curl

ECHO = Row("grader.echo", Word, Word)
HOLD = Row("grader.hold", Word, Word, is_idempotent=False, timeout_s=3600)


async def echo(request: Word, call: Call) -> Word:
    return request


async def bytes_answered(port: int, context: ssl.SSLContext | None) -> bytes:
    """Everything that the door says to who asks for a page with this context."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=context, server_hostname="grader" if context else None
            )
            try:
                writer.write(b"GET /health/live HTTP/1.1\r\nHost: grader\r\n\r\n")
                return await reader.read(100)
            finally:
                writer.close()
    except (OSError, ssl.SSLError):
        return b""


def stranger(folder: Path, certificate: str = "", key: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


async def test_no_certificate_gets_no_answer_at_all(house: House, pki_folder: Path) -> None:
    async with house.door().listening() as _:
        port = house.addresses["grader"][1]
        friend = stranger(pki_folder, f"{pki_folder}/runner.crt", f"{pki_folder}/runner.key")
        assert (await bytes_answered(port, friend)).startswith(b"HTTP/1.1 200"), "the witness itself must work"
        assert await bytes_answered(port, stranger(pki_folder)) == b""
        assert await bytes_answered(port, None) == b""
        assert await asyncio.to_thread(curl, pki_folder, port, "/health/live", certificate="") == ("000", "")
    assert house.count("grader", "handshakes_refused_total", side="server", reason="PEER_DID_NOT_RETURN_A_CERTIFICATE") == 2


async def test_a_certificate_of_a_foreign_authority_gets_no_answer_at_all(house: House, pki_folder: Path, tmp_path: Path) -> None:
    foreign = Registrar(Store(tmp_path / "foreign"))
    await asyncio.to_thread(foreign.bootstrap, ["frontend", "grader"])
    async with house.door().listening():
        port = house.addresses["grader"][1]
        context = stranger(pki_folder, f"{tmp_path}/foreign/frontend.crt", f"{tmp_path}/foreign/frontend.key")
        assert await bytes_answered(port, context) == b""
    assert house.count("grader", "handshakes_refused_total", side="server", reason="CERTIFICATE_VERIFY_FAILED") == 1


async def test_a_server_that_is_another_service_is_not_called(house: House) -> None:
    recorder = house.door("recorder")
    async with recorder.listening():
        house.addresses["grader"] = ("127.0.0.1", recorder.port)
        with pytest.raises(Unavailable) as wrong:
            await (await house.caller(to="grader")).call(ECHO, Word())
    assert wrong.value.code == "peer-not-trusted"


async def test_tls_12_is_refused(house: House, pki_folder: Path) -> None:
    context = stranger(pki_folder, f"{pki_folder}/runner.crt", f"{pki_folder}/runner.key")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with house.door().listening():
        assert await bytes_answered(house.addresses["grader"][1], context) == b""


async def test_a_certificate_that_was_not_asked_for_gives_no_name(house: House) -> None:
    door = house.door(wants_certificate=False)
    door.serve(ECHO, echo)
    async with door.listening():
        status, body = await asyncio.to_thread(curl, house.folder, door.port, "/rpc/grader.echo", "--data", "{}")
        page, _ = await asyncio.to_thread(curl, house.folder, door.port, "/health/live", certificate="")
    assert (status, page) == ("403", "200")
    assert '"nobody' in body


async def test_a_revoked_peer_is_cut_off_in_the_middle_of_its_call(fresh_pki: Registrar) -> None:
    folder = fresh_pki.store.folder
    async with house_of(folder) as house:
        begun, cancelled = asyncio.Event(), asyncio.Event()

        async def held(request: Word, call: Call) -> Word:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return request

        door = house.door()
        door.serve(HOLD, held)
        door.serve(ECHO, echo)
        async with door.listening():
            runner, frontend = await house.caller("runner"), await house.caller("frontend")
            task = asyncio.create_task(runner.call(HOLD, Word()))
            async with asyncio.timeout(5):
                await begun.wait()
            await asyncio.to_thread(fresh_pki.revoke, "runner")
            assert await house.credentials["grader"].refresh()
            async with asyncio.timeout(5):
                await cancelled.wait()
            with pytest.raises(Unavailable):
                await task
            with pytest.raises(Unavailable):
                await runner.call(ECHO, Word())
            assert await frontend.call(ECHO, Word("still", 1)) == Word("still", 1)
            assert house.credentials["grader"].admits(_peer_of(house.credentials["runner"])) == "certificate-revoked"
            await asyncio.to_thread(fresh_pki.issue, "runner")
            assert await house.credentials["runner"].refresh()
            assert await runner.call(ECHO, Word("back", 1)) == Word("back", 1)


async def test_an_expired_leaf_is_refused_and_its_open_connection_ends(fresh_pki: Registrar) -> None:
    folder = fresh_pki.store.folder
    short = Registrar(fresh_pki.store, leaf_life=timedelta(seconds=2))
    await asyncio.to_thread(short.issue, "runner")
    async with house_of(folder) as house:
        door = house.door()
        door.serve(ECHO, echo)
        async with door.listening():
            runner = await house.caller("runner")
            assert await runner.call(ECHO, Word("alive")) == Word("alive")

            async def until_refused() -> str:
                while True:
                    try:
                        await runner.call(ECHO, Word("alive"))
                    except MeshError as refused:
                        return refused.code
                    await asyncio.sleep(0.1)

            async with asyncio.timeout(6):
                assert await until_refused() == "certificate-expired"
            with pytest.raises(Unavailable):  # and a new connection gets no answer at all
                await runner.call(ECHO, Word("again"))


async def test_a_leaf_of_a_dropped_authority_is_refused(fresh_pki: Registrar) -> None:
    folder = fresh_pki.store.folder
    async with house_of(folder) as house:
        door = house.door()
        door.serve(ECHO, echo)
        async with door.listening():
            runner = await house.caller("runner")
            await runner.call(ECHO, Word())
            for _ in range(3):
                await asyncio.to_thread(fresh_pki.roll)
            assert not fresh_pki.store.authority_path(Rank.OLD).exists()
            await house.credentials["grader"].refresh()
            with pytest.raises(Unavailable):  # the runner has not read its new leaf: it stands on the old authority
                await runner.call(ECHO, Word())
            await house.credentials["runner"].refresh()
            await runner.call(ECHO, Word())


def _peer_of(credentials: Credentials):
    from mesh.tls.context import PeerCertificate
    from mesh.tls.trust import serial_text

    certificate = credentials.now.certificate
    (issuer,) = credentials.now.trust.issuers
    return PeerCertificate("runner", serial_text(certificate.serial_number), issuer, datetime.now(UTC).timestamp() + 60)
