"""A clock that is wrong refuses submissions: whoever operates the house hears of it, and by how much."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.services.recorder.makers import NOW, submit
from tests.services.recorder.world import World


async def test_submissions_from_the_future_are_told_to_the_operator(
    tmp_path: Path, pki_folder: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with World(tmp_path / "var", pki_folder, sqlite_url) as world:
        await world.start()
        await world.settle()
        assert (await world.health())["clock"] == ""
        early = [submit(at=NOW + timedelta(hours=1)) for _ in range(3)]
        assert {(await world.call(one)).code for one in [*early, early[0]]} == {"clock-ahead"}
        assert "3600 s from the future" in (await world.health())["clock"]
        told = [record for record in caplog.records if record.getMessage() == "clock-wrong"]
        assert [record.palestra_fields["ahead_s"] for record in told] == [3600.0], "once, not with every submission"  # type: ignore[attr-defined]
        figures = (await asyncio.to_thread(world.backbone.metrics.text)).decode()
        assert "clock_ahead_total 3.0" in figures
        assert "clock_ahead_seconds 3600.0" in figures
        world.clock.turn(301)
        assert (await world.call(submit(at=NOW))).is_applied
        assert (await world.health())["clock"] == ""
