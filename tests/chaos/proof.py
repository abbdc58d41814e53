"""Owns the promises that must hold after a chaos run. Each check names what it found; nothing found means that the promise held."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import aiohttp

from tests.chaos.crowd import Ledger
from tests.chaos.script import Sending
from tests.chaos.stage import Stage
from tests.chaos.tally import Fact, count, of_api

SETTLE_LIMIT_S = 150.0


async def settled(stage: Stage, contest: str, count_wanted: int, limit_s: float = SETTLE_LIMIT_S) -> list[str]:
    """Waits until every submission has its verdict and nothing is on its way; what is left when the time is over is named."""
    ends_at = time.monotonic() + limit_s
    left: list[str] = ["nobody asked"]
    while left and time.monotonic() < ends_at:
        await asyncio.sleep(0.5)
        try:
            left = [*await asyncio.to_thread(_open_work, stage, contest, count_wanted), *await queues(stage)]
        except Exception as away:
            left = [f"cannot ask: {away}"]
    return left


def _open_work(stage: Stage, contest: str, count_wanted: int) -> list[str]:
    questions = {
        "submissions are not in the record": f"select {count_wanted} - count(*) from submissions where contest = '{contest}'",
        "submissions have no verdict": f"select count(*) from submissions where contest = '{contest}' and verdict is null",
        "runs are open": "select count(*) from runs where judged_at is null",
        "pieces of work lie in the outbox": "select count(*) from outbox",
    }
    return [f"{found} {what}" for what, question in questions.items() if (found := int(stage.psql(question)[0][0])) > 0]


async def queues(stage: Stage) -> list[str]:
    """Messages that lie anywhere in the broker, dead letters included, as its own metrics count them."""
    context = ssl.create_default_context(cafile=str(stage.plan.pki / "ca.crt"))
    context.load_cert_chain(stage.plan.pki / "operator.crt", stage.plan.pki / "operator.key")
    url = f"https://127.0.0.1:{stage.plan.ports['rabbitmq-metrics']}/metrics/per-object"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session, session.get(url, ssl=context, server_hostname="rabbitmq") as answer:
        answer.raise_for_status()
        text = await answer.text()
    found = re.findall(r"^rabbitmq_queue_messages\{[^}]*queue=.([^},]*).[^}]*\} (\d+)", text, re.MULTILINE)
    if not found:
        return ["the broker counts no queues"]
    return [f"{number} messages in {queue}" for queue, number in found if int(number)]


def each_has_one_right_verdict(stage: Stage, ledger: Ledger, sendings: list[Sending]) -> list[str]:
    """Every 202 is one submission with the verdict that its program must get; nothing is there twice, or that nobody sent."""
    wrong = []
    wanted = {ledger.accepted[one.key]: one for one in sendings if one.key in ledger.accepted}
    there = {row[0]: row[1:] for row in stage.psql("select id, username, problem, verdict from submissions where contest = 'chaos'")}
    for submission, sending in wanted.items():
        if submission not in there:
            wrong.append(f"LOST: {sending.key} was promised as {submission} and is not in the record")
        elif there[submission] != [sending.team, sending.problem, sending.program.verdict]:
            wrong.append(f"WRONG: {submission} is {there[submission]}, must be {sending.program.verdict} of {sending.team} on {sending.problem}")
    wrong += [f"DOUBLED: {submission} of {there[submission]} belongs to no promise" for submission in there.keys() - wanted.keys()]
    judged = Counter(row[0] for row in stage.psql("select (body::json)->>'id' from events where contest = 'chaos' and kind = 'judged'"))
    wrong += [f"JUDGED {judged[one]} times: {one}" for one in wanted if judged[one] != 1]
    return wrong


def board_is_right(stage: Stage, ledger: Ledger, sendings: list[Sending], board: dict, start: datetime) -> list[str]:
    """The board of the API is the one counted by hand from what was accepted and the verdicts that must be."""
    dated = {row[0]: int(row[1]) for row in stage.psql("select id, submitted_at from submissions where contest = 'chaos'")}
    facts = [
        Fact(one.team, one.problem, datetime.fromtimestamp(dated[ledger.accepted[one.key]] / 1e6, start.tzinfo), ledger.accepted[one.key], one.program.verdict)
        for one in sendings
        if ledger.accepted.get(one.key) in dated
    ]
    mine, theirs = count(facts, start), of_api(board["rows"], {one["label"]: one["alias"] for one in board["problems"]})
    return [f"BOARD: {team} is {theirs.get(team)}, by hand {mine.get(team)}" for team in sorted(mine.keys() | theirs.keys()) if mine.get(team) != theirs.get(team)]


async def eventually(check: Callable[[], object], limit_s: float) -> bool:
    """Whether it became true in time."""
    ends_at = time.monotonic() + limit_s
    while not check():
        if time.monotonic() > ends_at:
            return False
        await asyncio.sleep(0.1)
    return True
