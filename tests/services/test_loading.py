"""The code of services is loaded one after the other beside the loop, and whoever waits for one gets it as soon as it is there."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from mesh.startup import freeze_memory, rest_collector
from services import targets
from services.loading import Loading
from services.targets import TARGETS, Target
from wire.services import FRONTEND, GRADER, RECORDER, RUNNER


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose code was loaded, in order."""
    names: list[str] = []
    real = Target.run

    def run(target: Target) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        names.append(target.name)
        return real(target)

    monkeypatch.setattr(targets.Target, "run", run)
    return names


async def test_stages_are_loaded_in_order_and_the_longest_way_first(loaded: list[str]) -> None:
    async with Loading([TARGETS[name] for name in (FRONTEND, GRADER, RECORDER, RUNNER)]) as loading:
        async with asyncio.timeout(30):
            metrics, run = await loading.loaded(FRONTEND)
    assert loaded == [RUNNER, RECORDER, GRADER, FRONTEND]
    assert metrics == TARGETS[FRONTEND].metrics()
    assert asyncio.iscoroutinefunction(run)


async def test_code_that_cannot_be_loaded_fails_its_own_part_and_no_other() -> None:
    async with Loading([Target("nobody", "has no room", stage=0, rank=9), TARGETS[GRADER]]) as loading:
        async with asyncio.timeout(30):
            await loading.loaded(GRADER)
            with pytest.raises(ModuleNotFoundError, match="nobody"):
                await loading.loaded("nobody")


async def test_who_leaves_sooner_loads_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on, names = threading.Event(), threading.Event(), []

    def run(target: Target) -> Any:
        names.append(target.name)
        began.set()
        assert go_on.wait(20)

    monkeypatch.setattr(targets.Target, "run", run)
    async with Loading([TARGETS[RUNNER], TARGETS[GRADER]]):
        assert await asyncio.to_thread(began.wait, 20)
        threading.Timer(0.05, go_on.set).start()
    assert names == [RUNNER]


def test_the_collector_rests_until_the_start_is_over() -> None:
    try:
        rest_collector()
        assert not gc.isenabled()
    finally:
        freeze_memory()
        gc.unfreeze()
    assert gc.isenabled()
