"""A webhook never leads inside: every address is checked where it is connected to, whatever a name said before."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.clock import SystemClock
from mesh.config import ConfigError
from mesh.errors import Invalid
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from services.mailer import gate as gates
from services.mailer.addresses import may_be_called, read_networks
from services.mailer.caller import Answer, Caller, open_caller
from services.mailer.gate import NOT_PUBLIC, Gate
from services.mailer.metrics import METRICS
from tests.services.mailer.receiver import Receiver, receiving, tls_of
from tests.services.mailer.world import SECRET, MailWorld
from wire.methods import MAILER_CHECK
from wire.notices import AddressCheck, DeliveryOrder

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2001:10::1",
    "3fff::1", "100::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "5f00::1", "not-an-address",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "172.15.255.255", "192.167.0.1", "100.63.0.1", "100.128.0.1",
    "2606:4700::1", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_of_the_internet_are_refused(address: str) -> None:
    assert not may_be_called(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_may_be_called(address: str) -> None:
    assert may_be_called(address)


@given(st.ip_addresses())
def test_nothing_passes_that_the_registries_reserve(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local or address.is_unspecified:
        mapped = getattr(address, "ipv4_mapped", None)
        assert not may_be_called(str(address)) or (mapped is not None and mapped.is_global)


def test_networks_of_the_operator_are_allowed_and_no_others() -> None:
    allowed = read_networks(("10.1.0.0/16", "fd00::/8"))
    assert may_be_called("10.1.2.3", allowed)
    assert may_be_called("::ffff:10.1.2.3", allowed)
    assert may_be_called("fd00::1", allowed)
    assert not may_be_called("10.2.0.1", allowed)
    assert not may_be_called("fe80::1", allowed)
    with pytest.raises(ConfigError, match=r"10\.1\.0\.1/16"):
        read_networks(("10.1.0.1/16",))


@asynccontextmanager
async def calling(*allowed: str, ca_file: str = "", timeout_s: float = 5.0) -> AsyncIterator[Caller]:
    metrics, log = Metrics("mailer", (*MESH_METRICS, *METRICS)), Log("mailer")
    async with open_caller(Gate(read_networks(allowed), metrics, log), SystemClock(), metrics, log, timeout_s=timeout_s, ca_file=ca_file) as caller:
        yield caller


async def call(caller: Caller, url: str) -> Answer:
    return await caller.call(DeliveryOrder("id", url, SECRET, '{"type": "webhook.test"}'))


async def test_private_addresses_are_not_connected_to_in_whatever_way_they_are_written(receiver: Receiver) -> None:
    port = receiver.url.split(":")[2].partition("/")[0]
    async with calling() as caller:
        for host in ("127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"):
            answer = await call(caller, f"http://{host}:{port}/hook")
            assert not answer.http_status, host
            assert answer.error in {NOT_PUBLIC, "the address or the secret of this webhook cannot be used: set it anew"}, host
    assert receiver.heard == []


async def test_a_name_that_leads_out_and_in_is_refused_whole(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(receiver.url.split(":")[2].partition("/")[0])
    asked: list[str] = []

    def look_up(host: str, port: int, family: int) -> list[Any]:  # a name server of somebody who means us harm
        asked.append(host)
        addresses = {"both.example": ["8.8.8.8", "127.0.0.1"], "turns.example": ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]}
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses[host]]

    monkeypatch.setattr(gates, "_look_up", look_up)
    async with calling() as caller:
        assert (await call(caller, f"http://both.example:{port}/")).error == NOT_PUBLIC
    asked.clear()
    async with calling("127.0.0.0/8") as caller:
        assert (await call(caller, f"http://turns.example:{port}/")).is_delivered
        assert asked == ["turns.example"], "asked once: what was checked is what was connected to"
        assert receiver.heard[0].headers["host"] == f"turns.example:{port}"
        assert (await call(caller, f"http://turns.example:{port}/")).error == NOT_PUBLIC, "and asked anew for the next call"


async def test_a_socket_is_checked_although_its_name_was_not(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unchecked(self: Gate, host: str, port: int = 0, family: int = 0) -> list[Any]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 6, "flags": 0}]

    monkeypatch.setattr(Gate, "resolve", unchecked)
    async with calling() as caller:
        answer = await call(caller, receiver.url.replace("127.0.0.1", "receiver.example"))
    assert answer == Answer(error=NOT_PUBLIC)
    assert receiver.heard == []


async def test_redirects_are_not_followed(receiver: Receiver) -> None:
    async with receiving() as inside, calling("127.0.0.1/32") as caller:
        for status in (301, 302, 307, 308):
            receiver.status, receiver.location = status, inside.url
            answer = await call(caller, receiver.url)
            assert (answer.http_status, answer.is_delivered) == (status, False)
        assert inside.heard == []


async def test_tls_is_verified_against_the_name(tmp_path: Path) -> None:
    context, authority = await asyncio.to_thread(tls_of, tmp_path, "localhost")
    async with receiving(context) as receiver:
        for ca_file, host, error in ((authority, "localhost", ""), ("", "localhost", "certificate is refused"), (authority, "127.0.0.1", "certificate is refused")):
            async with calling("127.0.0.0/8", "::1/128", ca_file=ca_file) as caller:
                answer = await call(caller, receiver.url.replace("127.0.0.1", host))
                assert error in answer.error
                assert answer.is_delivered == (not error), answer
        assert len(receiver.heard) == 1


async def test_what_a_receiver_does_wrong_is_said_to_its_owner(receiver: Receiver) -> None:
    async with calling("127.0.0.0/8", timeout_s=0.3) as caller:
        receiver.hangs = True
        answer = await call(caller, receiver.url)
        assert (answer.is_timeout, answer.error) == (True, "no answer within 0.3 s")
    async with calling("127.0.0.0/8") as caller:
        receiver.hangs = False
        for status, is_delivered in ((200, True), (299, True), (400, False), (500, False)):
            receiver.status = status
            answer = await call(caller, receiver.url)
            assert (answer.http_status, answer.is_delivered) == (status, is_delivered)
        assert "no TLS" in (await call(caller, receiver.url.replace("http://", "https://"))).error


async def test_an_address_is_checked_when_it_is_set(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> None:
    async with MailWorld(tmp_path / "var", pki_folder, sqlite_url, mailer_settings={"allowed_networks": ("10.9.0.0/16",)}) as world:
        await world.start_mailer()
        peer = world.frontend.peer("mailer")
        for url in ("http://10.9.1.1/hook", "http://93.184.216.34/hook"):
            await peer.call(MAILER_CHECK, AddressCheck(url))
        await peer.call(MAILER_CHECK, AddressCheck("http://no-such-name.invalid/", resolves=False))
        for url in ("http://127.0.0.1/", "http://localhost/", "http://127.1/", "http://[::1]/", "ftp://10.9.1.1/", "http://10.9.1.1:22/"):
            for resolves in (True, False):
                with pytest.raises(Invalid) as told:
                    await peer.call(MAILER_CHECK, AddressCheck(url, resolves=resolves))
                assert told.value.code == "webhook-url-refused"
        with pytest.raises(Invalid, match="does not lead to a public host"):
            await peer.call(MAILER_CHECK, AddressCheck("http://no-such-name.invalid/"))


async def test_names_that_hang_while_they_are_asked_about_delay_no_call(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def look_up(host: str, port: int, family: int) -> list[Any]:  # a name server that does not answer for some names
        if host.startswith("hangs"):
            released.wait(10)
            raise OSError("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(gates, "_look_up", look_up)
    metrics, log = Metrics("mailer", (*MESH_METRICS, *METRICS)), Log("mailer")
    gate = Gate(read_networks(("127.0.0.0/8",)), metrics, log)
    async with open_caller(gate, SystemClock(), metrics, log, timeout_s=2.0, ca_file="") as caller:
        asking = [asyncio.create_task(gate.check(f"http://hangs-{number}.example/", resolves=True, limit_s=0.5)) for number in range(40)]
        await asyncio.sleep(0)
        assert (await call(caller, receiver.url.replace("127.0.0.1", "answers.example"))).is_delivered
        told = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(one, Invalid) and "in time" in one.message for one in told)
        released.set()
