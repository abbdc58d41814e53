"""Cache and topics on Redis over mutual TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mesh.cache.opening import open_cache
from mesh.clock import SystemClock
from mesh.errors import Invalid, Unavailable
from mesh.log import Log
from mesh.tls import Credentials
from mesh.topics.opening import open_topics
from pki.registrar import Registrar
from tests.support.brokers import Redis
from tests.support.listening import bodies

pytestmark = pytest.mark.brokers


async def test_service_uses_redis_with_its_certificate(redis_server: Redis, credentials: Callable[[str], Credentials]) -> None:
    url, ours = redis_server.tls_url(redis_server.fresh_database()), await asyncio.to_thread(credentials, "frontend")
    async with (
        open_cache(url, "frontend", SystemClock(), Log("frontend"), ours) as cache,
        open_topics(url, "frontend", SystemClock(), Log("frontend"), ours) as topics,
        topics.subscribe() as subscription,
    ):
        await cache.store("session:1", b"anna", 60)
        assert await cache.fetch("session:1") == b"anna"
        await subscription.follow("a")
        await topics.publish([("a", b"1")])
        assert await bodies(subscription, 1) == [b"1"]


async def test_certificate_of_a_foreign_authority_gets_no_answer(redis_server: Redis, fresh_pki: Registrar) -> None:
    foreign = await asyncio.to_thread(Credentials.load, fresh_pki.store.folder, "frontend")
    async with open_cache(redis_server.tls_url(0), "frontend", SystemClock(), Log("frontend"), foreign) as cache:
        with pytest.raises(Unavailable):
            await cache.fetch("a")


async def test_address_that_makes_no_sense_is_refused() -> None:
    for url in ("http://host/", "rediss://host/0", "redis://host/name", "redis://", "memory:?colour=red", "memory:?evicts=maybe", ""):
        with pytest.raises(Invalid) as refused:
            open_cache(url, "frontend", SystemClock(), Log("frontend"), None)
        assert refused.value.code == "bad-cache-url"
    with pytest.raises(Invalid) as refused:
        open_topics("ftp://host", "frontend", SystemClock(), Log("frontend"), None)
    assert refused.value.code == "bad-topics-url"


async def test_embedded_cache_is_opened_by_its_address() -> None:
    async with open_cache("memory:?max_mib=1&evicts=no", "house", SystemClock(), Log("house"), None) as cache:
        with pytest.raises(Unavailable):
            await cache.store("large", bytes(2 << 20), 60)
