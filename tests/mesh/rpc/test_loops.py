"""What leans on the loop's own ways with TLS and transports holds on uvloop too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from pki.registrar import Registrar
from tests.mesh.rpc import test_calls, test_passing, test_resilience, test_strangers, test_streams
from tests.mesh.rpc.houses import House, house_of

IN_A_HOUSE: list[Callable[[House], Awaitable[None]]] = [
    test_calls.test_a_caller_that_goes_away_cancels_its_handler_at_once,
    test_calls.test_a_handler_that_takes_too_long_is_cancelled_on_both_sides,
    test_passing.test_a_websocket_is_handed_on_both_ways_with_its_close_code,
    test_passing.test_a_browser_that_does_not_read_holds_back_the_peer,
    test_passing.test_when_the_browser_goes_the_peer_hears_of_it,
    test_resilience.test_a_call_that_is_not_idempotent_is_never_repeated_once_it_may_have_begun,
    test_resilience.test_what_does_not_end_in_time_is_cut_when_the_door_closes,
    test_streams.test_a_slow_reader_holds_back_the_source,
    test_streams.test_a_reader_that_leaves_a_download_closes_its_source,
    test_strangers.test_a_server_that_is_another_service_is_not_called,
]
IN_A_PKI: list[Callable[[Registrar], Awaitable[None]]] = [
    test_strangers.test_a_revoked_peer_is_cut_off_in_the_middle_of_its_call,
    test_strangers.test_a_leaf_of_a_dropped_authority_is_refused,
]


def on_uvloop(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(40):
            await scenario()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bounded())


@pytest.mark.parametrize("scenario", IN_A_HOUSE, ids=lambda one: one.__name__)
def test_a_house_on_uvloop(scenario: Callable[[House], Awaitable[None]], pki_folder: Path) -> None:
    async def whole() -> None:
        async with house_of(pki_folder) as house:
            await scenario(house)

    on_uvloop(whole)


@pytest.mark.parametrize("scenario", IN_A_PKI, ids=lambda one: one.__name__)
def test_trust_on_uvloop(scenario: Callable[[Registrar], Awaitable[None]], fresh_pki: Registrar) -> None:
    async def whole() -> None:
        await scenario(fresh_pki)

    on_uvloop(whole)


def test_strangers_get_no_answer_on_uvloop(pki_folder: Path, tmp_path: Path) -> None:
    async def whole() -> None:
        async with house_of(pki_folder) as house:
            await test_strangers.test_no_certificate_gets_no_answer_at_all(house, pki_folder)
        async with house_of(pki_folder) as house:
            await test_strangers.test_a_certificate_of_a_foreign_authority_gets_no_answer_at_all(house, pki_folder, tmp_path)

    on_uvloop(whole)
