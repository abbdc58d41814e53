"""Owns what every test gets: the guards, and the fixtures of tests/support."""

from __future__ import annotations

import importlib.util
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings

from tests.support.blocking import look_quickly
from tests.support.loops import SettledLoop

look_quickly()

SUPPORT = ("brokers", "redises", "databases", "records", "pki", "house", "browser", "house_broker", "templates", "rights")
pytest_plugins = [f"tests.support.{name}" for name in SUPPORT if importlib.util.find_spec(f"tests.support.{name}")]

# a run says what the one before it said, however slow the machine is; `--hypothesis-profile=default` looks further
settings.register_profile("house", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

QUICK_ROOMS = ("architecture", "contest", "pki")
"""Many tests of milliseconds, which need no server."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what is quick last: it fills the time in which one worker is at the last long file."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] in QUICK_ROOMS)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], AbstractEventLoop]]:
    return {"asyncio": SettledLoop}


@pytest.fixture(scope="session", autouse=True)
def certificates_from_the_start(pki_folder: Path) -> Path:
    """Makes the shared certificates before the first test, so that times taken at collection lie within their life."""
    return pki_folder


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """Fails a test in which code of ours blocks the event loop; tests that drive a browser or processes are exempt."""
    if {"browser", "faults"} & {mark.name for mark in request.node.iter_markers()}:
        yield None
        return
    with blockbuster_ctx(scanned_modules=["contest", "wire", "mesh", "pki", "services"]) as guard:
        yield guard
