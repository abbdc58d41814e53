"""Owns the calls about runners: the inventory, held by operators and taken into service again. For admins."""

from __future__ import annotations

from aiohttp import web

from services.frontend.access import check_admin
from services.frontend.api.route import Call, NoQuery, Route, View
from services.frontend.inventory import Runner, inventory_of


class SlotView(View, frozen=True):
    """A place where one submission at a time is judged; ``submission`` is what it works on, empty when idle."""

    name: str
    submission: str
    judged: int
    judge_errors: int
    seen_s_ago: float


class RunnerView(View, frozen=True):
    """A runner. ``state``: working, idle, draining (held, and ends what it has), held, or out (it took itself out: ``trouble`` says why).

    ``versions`` by language; ``speed`` is how fast it does a fixed piece of work, 1 as the reference; counts are since the graders started.
    ``unpinned`` slots should have a core of their own and have none: programs there may disturb each other's times.
    """

    host: str
    state: str
    trouble: str
    slots: tuple[SlotView, ...]
    versions: dict[str, str]
    speed: float
    mode: str
    kernel: str
    cores: tuple[int, ...]
    unpinned: int
    judged: int
    judge_errors: int
    seen_s_ago: float


async def list_runners(call: Call[None, NoQuery]) -> list[RunnerView]:
    """Every runner that was heard of in the last minute: what it is, what it does, how it did."""
    check_admin(call.actor)
    return [_view(one) for one in inventory_of((await call.desk.judging.status()).runners)]


async def hold(call: Call[None, NoQuery]) -> web.Response:
    """Holds a runner: it ends what it has and takes no more, until it is taken into service again, whoever restarts meanwhile."""
    check_admin(call.actor)
    await call.desk.judging.direct(call.name("host"), is_held=True, by=call.actor.username)
    return web.Response(status=204)


async def resume(call: Call[None, NoQuery]) -> web.Response:
    """Takes a runner into service, whether somebody held it or it took itself out."""
    check_admin(call.actor)
    await call.desk.judging.direct(call.name("host"), is_held=False, by=call.actor.username)
    return web.Response(status=204)


def _view(one: Runner) -> RunnerView:
    slots = tuple(
        SlotView(name=slot.name, submission=slot.submission, judged=slot.judged, judge_errors=slot.judge_errors, seen_s_ago=slot.seen_s_ago)
        for slot in one.slots
    )
    return RunnerView(
        host=one.host, state=one.state, trouble=one.trouble, slots=slots, versions=dict(one.versions), speed=one.speed, mode=one.mode,
        kernel=one.kernel, cores=one.cores, unpinned=one.unpinned, judged=one.judged, judge_errors=one.judge_errors, seen_s_ago=one.seen_s_ago,
    )  # fmt: skip


_CODES = ("not-admin", "no-such-runner", "grader-unavailable")

ROUTES = (
    Route("GET", "/operations/runners", list_runners, list[RunnerView], codes=("not-admin", "grader-unavailable")),
    Route("POST", "/operations/runners/{host}/drain", hold, status=204, codes=_CODES),
    Route("POST", "/operations/runners/{host}/resume", resume, status=204, codes=_CODES),
)
