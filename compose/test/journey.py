"""Owns a contest on the deployment, through the gateway alone: the demo's packages, a submission, its verdict, the board moving."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from pathlib import Path
from typing import Any

import aiohttp

from compose.test.engine import Failed
from demo import load as demo
from demo.site import Site

TEAM, PROBLEM, LABEL = "team-ada", "warm-up-laps", "A"
SOURCE = demo.FOLDER / "problems" / PROBLEM / "submissions" / "accepted" / "laps.py"
_LIMIT_S = 90.0


async def travel(url: str, authority: Path, admin_password: str) -> list[str]:
    """Brings the demo contest and hands one right program in; what was seen, as lines. Raises: `Failed`."""
    wanted, context = demo.plan(), ssl.create_default_context(cafile=str(authority))
    admin = Site(url, 120.0)
    await asyncio.to_thread(admin.until_ready)
    await asyncio.to_thread(admin.sign_in, "admin", admin_password)
    began = time.monotonic()
    await asyncio.to_thread(demo.load, admin, wanted, 120.0)
    seen = [f"demo contest loaded over HTTPS in {time.monotonic() - began:.1f} s: {len(wanted['problems'])} packages, {len(wanted['teams'])} teams"]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as browser:
        token = await _sign_in(browser, url, wanted)
        session = {"Authorization": f"Bearer {token}"}
        address = f"{url}/events?contest={wanted['alias']}"
        async with browser.ws_connect(address, headers=session, heartbeat=20) as socket:
            began = time.monotonic()
            submission = await _submit(browser, url, session, wanted["alias"])
            seen.append(f"202 after {1000 * (time.monotonic() - began):.0f} ms, submission {submission}")
            kinds = await _until_board_moves(socket)
            seen.append(f"over the WebSocket, {time.monotonic() - began:.1f} s after it was handed in: {' → '.join(kinds)}")
        verdict = await verdict_of(browser, url, session, submission)
        if verdict != "AC":
            raise Failed(f"the verdict is {verdict}, not AC")
        board = await _ask(browser, "GET", f"{url}/api/v1/contests/{wanted['alias']}/scoreboard", session)
        row = next(each for each in board["rows"] if each["username"] == TEAM)
        if (row["solved"], row["rank"]) != (1, 1):
            raise Failed(f"the board does not show it: {row}")
        seen.append(f"verdict AC; the board says {TEAM}: rank {row['rank']}, solved {row['solved']}")
    return seen


async def one_more(url: str, authority: Path, meanwhile: Any) -> str:
    """Hands another program in, has something happen while it is judged, and waits for its verdict."""
    wanted, context = demo.plan(), ssl.create_default_context(cafile=str(authority))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as browser:
        session = {"Authorization": f"Bearer {await _sign_in(browser, url, wanted)}"}
        submission = await _submit(browser, url, session, wanted["alias"])
        await asyncio.to_thread(meanwhile)
        return await verdict_of(browser, url, session, submission)


async def verdict_of(browser: aiohttp.ClientSession, url: str, session: dict[str, str], submission: str) -> str:
    """A submission's verdict, waited for. Raises: `Failed`."""
    end = time.monotonic() + _LIMIT_S
    shown: Any = None
    while time.monotonic() < end:
        try:
            shown = await _ask(browser, "GET", f"{url}/api/v1/submissions/{submission}", session)
        except (Failed, aiohttp.ClientError) as away:
            shown = str(away)
        else:
            if shown["verdict"]:
                return str(shown["verdict"])
        await asyncio.sleep(0.3)
    raise Failed(f"no verdict after {_LIMIT_S:g} s: {shown}")


async def _sign_in(browser: aiohttp.ClientSession, url: str, wanted: dict[str, Any]) -> str:
    team = next(each for each in wanted["teams"] if each["username"] == TEAM)
    answer = await _ask(browser, "POST", f"{url}/api/v1/session", {}, {"username": TEAM, "password": team["password"]})
    return str(answer["token"])


async def _submit(browser: aiohttp.ClientSession, url: str, session: dict[str, str], contest: str) -> str:
    body = {"problem": PROBLEM, "language": "python3", "source": SOURCE.read_text(encoding="utf-8") + f"# {time.time_ns()}\n"}
    return str((await _ask(browser, "POST", f"{url}/api/v1/contests/{contest}/submissions", session, body))["id"])


async def _until_board_moves(socket: aiohttp.ClientWebSocketResponse) -> list[str]:
    kinds: list[str] = []
    try:
        async with asyncio.timeout(_LIMIT_S):
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                news = json.loads(message.data)
                kind = str(news.get("kind", "?"))
                if not kinds or kinds[-1] != kind:
                    kinds.append(kind)
                if kind == "scoreboard" and f'"{TEAM}"' in message.data and '"solved":1' in message.data:
                    return kinds
    except TimeoutError:
        pass
    raise Failed(f"the board did not move; heard: {kinds}")


async def _ask(browser: aiohttp.ClientSession, method: str, url: str, headers: dict[str, str], body: Any = None) -> Any:
    async with browser.request(method, url, headers={"Accept": "application/json", **headers}, json=body, timeout=aiohttp.ClientTimeout(total=30)) as answer:
        text = await answer.text()
        if answer.status >= 400:
            raise Failed(f"{method} {url}: {answer.status} {text[:300]}")
        return json.loads(text)
