"""Static files may be kept for ever under an address that changes with them; colours can be read by everybody."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path

import pytest

from services.frontend.pages.statics import Statics, read_statics
from tests.services.frontend.pages.visitor import Visitor
from tests.services.frontend.world import World

FOLDER = Path(__file__).resolve().parents[4] / "services" / "frontend" / "static"


async def test_a_file_is_kept_for_ever_and_an_older_address_for_a_minute(world: World) -> None:
    visitor, statics = Visitor(world.session, world.url), await asyncio.to_thread(read_statics)
    fresh = await visitor.get(statics.url("page.css"))
    assert fresh.status == 200
    assert fresh.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert fresh.headers["Content-Type"] == "text/css; charset=utf-8"
    assert fresh.html.startswith("/* Owns elements as they come")
    older = await visitor.get("/static/000000000000/page.css")
    assert (older.status, older.headers["Cache-Control"]) == (200, "public, max-age=60")
    for name in ("nothing.css", "..%2fconfig.py", "%2e%2e"):
        assert (await visitor.get(f"/static/{statics.version}/{name}")).status == 404


async def test_files_travel_compressed(world: World) -> None:
    url = f"{world.url}{(await asyncio.to_thread(read_statics)).url('scoreboard.js')}"
    async with world.session.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
        body = await answer.read()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body).startswith(b"// Owns the scoreboard on the page")


def test_any_change_of_any_file_changes_every_address() -> None:
    one, other = Statics({"a.js": b"1", "b.js": b"2"}), Statics({"a.js": b"1", "b.js": b"3"})
    assert one.url("a.js") != other.url("a.js")


def test_scripts_only_import_scripts_that_are_there() -> None:
    for script in FOLDER.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")):
            assert (FOLDER / name).exists(), f"{script.name} imports {name}"


def test_icons_that_templates_name_are_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (FOLDER / "icons.svg").read_text(encoding="utf-8")))
    named = {name for path in (FOLDER.parent / "templates").glob("*.html") for name in re.findall(r'icon\("([^"]+)"', path.read_text(encoding="utf-8"))}
    words = (FOLDER.parent / "pages" / "words.py").read_text(encoding="utf-8")
    named |= set(re.findall(r'Chip\("\w+", "(\w+)"', words))
    assert named <= drawn


def _tokens() -> dict[str, tuple[str, str]]:
    text = (FOLDER / "tokens.css").read_text(encoding="utf-8")
    return {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", text)}


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of two colours. Source: WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXT_ON = [
    *((ink, ground) for ink in ("ink", "ink-soft", "ink-faint") for ground in ("paper", "panel", "sunk")),
    ("accent", "paper"), ("accent", "panel"), ("accent-strong", "paper"), ("on-accent", "accent"), ("on-accent", "accent-strong"), ("accent", "accent-soft"),
    *((tone, f"{tone}-soft") for tone in ("good", "bad", "wait", "part", "fault")), *((tone, "paper") for tone in ("good", "bad", "wait", "part")),
    ("on-good", "good-strong"), ("ink", "accent-soft"), ("ink", "bad-soft"), ("ink", "good-soft"), ("ink", "wait-soft"), ("paper", "ink"),
]  # fmt: skip


@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_can_be_read_by_day_and_by_night(ink: str, ground: str) -> None:
    tokens = _tokens()
    for time, place in (("day", 0), ("night", 1)):
        ratio = contrast(tokens[ink][place], tokens[ground][place])
        assert ratio >= 4.5, f"{ink} on {ground} by {time}: {ratio:.2f}"


@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_the_border_of_a_field_can_be_seen(ground: str) -> None:
    tokens = _tokens()
    for place in (0, 1):
        assert contrast(tokens["line-strong"][place], tokens[ground][place]) >= 3
