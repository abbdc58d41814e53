"""One house for all tests that have packages judged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.house import HouseOfProcesses, running_house


@pytest.fixture(scope="session")
def demo_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HouseOfProcesses]:
    """A house that lets one account submit as often as all of these tests together do, in whatever order."""
    yield from running_house(
        tmp_path_factory.mktemp("demo-house"),
        {"PALESTRA_FRONTEND_SUBMISSIONS_PER_MINUTE": "10000", "PALESTRA_FRONTEND_SUBMISSIONS_PER_HOUR": "100000"},
    )
