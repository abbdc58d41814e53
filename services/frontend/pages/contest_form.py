"""Owns the form in which an organiser makes or changes a contest. Every mistake is named beside its field, all at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from aiohttp import web

from contest.rules import Mode
from contest.visibility import COMPILE_FEEDBACK, FEEDBACK
from mesh.codec import fraction_of
from mesh.errors import MeshError
from services.frontend.access import check_organiser
from services.frontend.actions import contests, problems
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.choices import languages_to_allow
from services.frontend.pages.forms import Form, fault_of, see_other, read_form
from services.frontend.pages.frames import jury_access_of
from services.frontend.pages.paint import paint
from services.frontend.pages.words import hours_minutes, points
from services.frontend.reads.contests import Contest
from services.frontend.reads.problems import Problem
from services.frontend.together import both
from wire.commands import ChangeContest, ContestProblem, CreateContest

_BALLOONS: Final = (
    "#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#911eb4", "#46f0f0", "#f032e6", "#bcf60c", "#fabebe", "#008080", "#9a6324",
    "#800000", "#808000", "#000075", "#808080",
)  # fmt: skip
_FIELDS: Final = {
    "contest-exists": "alias", "bad-alias": "alias", "unknown-language": "languages", "no-such-problem": "problems", "bad-title": "title",
}  # fmt: skip
_ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_LENGTH = re.compile(r"(\d{1,3})(?::([0-5]\d))?")
_LABEL = re.compile(r"[A-Za-z0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Entered:
    """The form as it was filled in, or as it is offered."""

    alias: str = ""
    title: str = ""
    description: str = ""
    mode: str = "icpc"
    start: str = ""
    duration: str = "5:00"
    freeze: str = "60"
    penalty: str = "20"
    is_public: bool = True
    feedback: str = FEEDBACK[0]
    languages: tuple[str, ...] = ()
    problems: tuple[ContestProblem, ...] = ()
    compile_feedback: str = COMPILE_FEEDBACK[0]


@dataclass(slots=True)
class Reading:
    """What the form means, and what is wrong with it by field."""

    faults: dict[str, str] = field(default_factory=dict)

    def number(self, name: str, text: str, words: str, most: int) -> int:
        """A whole number within 0 and ``most``."""
        if text.isascii() and text.isdigit() and int(text) <= most:
            return int(text)
        self.faults[name] = f"{words} is a whole number of minutes, between 0 and {most}."
        return 0

    def check(self, is_right: bool, name: str, text: str) -> None:
        """Notes a fault unless it is right."""
        if not is_right:
            self.faults.setdefault(name, text)


async def show_new(request: web.Request) -> web.Response:
    """The empty form, starting at the next full hour."""
    check_organiser(actor_of(request))
    start = (desk_of(request).clock.now() + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return await _page(request, Entered(start=_minute(start)))


async def create(request: web.Request) -> web.Response:
    """Makes the contest."""
    check_organiser(actor_of(request))
    entered, faults, fields = read_contest(await read_form(request))
    if not faults:
        try:
            await contests.create_contest(desk_of(request), actor_of(request), CreateContest(entered.alias, **fields))
        except MeshError as refused:
            faults = fault_of(refused, _FIELDS)
        else:
            raise see_other(f"/contests/{entered.alias}/teams?told=created")
    return await _page(request, entered, status=422, faults=faults)


async def show_edit(request: web.Request) -> web.Response:
    """The form as the contest stands."""
    contest = (await jury_access_of(request)).contest
    return await _page(request, entered_of(contest), is_existing=True)


async def change(request: web.Request) -> web.Response:
    """Changes the contest."""
    contest = (await jury_access_of(request)).contest
    entered, faults, fields = read_contest(await read_form(request), contest)
    if not faults:
        try:
            await contests.change_contest(desk_of(request), actor_of(request), ChangeContest(contest.alias, **fields))
        except MeshError as refused:
            faults = fault_of(refused, _FIELDS)
        else:
            raise see_other(f"/contests/{contest.alias}/jury?told=saved")
    return await _page(request, entered, status=422, faults=faults, is_existing=True)


def read_contest(form: Form, existing: Contest | None = None) -> tuple[Entered, dict[str, str], dict[str, Any]]:
    """What was entered, its faults by field, and (without faults) the fields of the command but its alias.

    A field that says the same as the contest does keeps its exact value: the form shows minutes and hundredths only.
    """
    alias, kept = (existing.alias, exact_of(existing)) if existing else ("", {})
    picked = tuple(_picked(form, name, place, kept) for place, name in enumerate(form.all("pick")))
    entered = Entered(
        alias=alias or form.text("alias"), title=form.text("title"), description=form.raw("description").strip(), mode=form.text("mode"),
        start=form.text("start"), duration=form.text("duration"), freeze=form.text("freeze"), penalty=form.text("penalty"),
        is_public=form.is_ticked("is_public"), feedback=form.text("feedback") or FEEDBACK[0], languages=tuple(form.all("language")), problems=picked,
        compile_feedback=form.text("compile_feedback") or COMPILE_FEEDBACK[0],
    )  # fmt: skip
    reading = Reading()
    reading.check(bool(entered.title) and len(entered.title) <= 200, "title", "A contest needs a title, of at most 200 characters.")
    reading.check(
        bool(alias) or _ALIAS.fullmatch(entered.alias) is not None, "alias",
        "The address has 1 to 60 small letters, digits and dashes, and begins and ends with a letter or digit.",
    )  # fmt: skip
    reading.check(entered.feedback in FEEDBACK, "feedback", "Choose what contestants see of their judging.")
    reading.check(entered.compile_feedback in COMPILE_FEEDBACK, "compile_feedback", "Choose when contestants see what the compiler said.")
    reading.check(entered.mode in set(Mode), "mode", "Choose how the contest is scored.")
    start = kept.get(("start", entered.start)) or _start(entered.start)
    duration_s = kept.get(("duration", entered.duration)) or _duration_s(entered.duration)
    reading.check(start is not None, "start", "Say the day and the time at which it starts, in UTC.")
    reading.check(duration_s > 0, "duration", "The length is in hours and minutes, such as 5:00, and more than nothing.")
    freeze_s = kept.get(("freeze", entered.freeze)) or 60 * reading.number("freeze", entered.freeze, "The freeze", 60_000)
    penalty_s = kept.get(("penalty", entered.penalty)) or 60 * reading.number("penalty", entered.penalty or _no_penalty(entered), "The penalty", 10_000)
    reading.check(freeze_s <= duration_s or not duration_s, "freeze", "The freeze is longer than the contest.")
    _check_problems(reading, picked, form)
    fields = {
        "title": entered.title, "mode": Mode(entered.mode) if entered.mode in set(Mode) else Mode.ICPC, "start": start,
        "duration_s": duration_s, "problems": picked, "freeze_s": freeze_s, "penalty_s": penalty_s, "languages": entered.languages,
        "description": entered.description, "is_public": entered.is_public, "feedback": entered.feedback,
        "compile_feedback": entered.compile_feedback,
    }  # fmt: skip
    return entered, reading.faults, fields


def entered_of(contest: Contest) -> Entered:
    """The form as a contest stands."""
    rules = contest.rules
    shown = tuple(ContestProblem(one.alias, one.label, one.color, one.points) for one in contest.problems)
    return Entered(
        contest.alias, contest.title, contest.description, rules.mode.value, _minute(rules.start), hours_minutes(rules.duration_s),
        str(rules.freeze_s // 60), str(rules.penalty_s // 60), contest.is_public, contest.feedback, contest.languages, shown,
        contest.compile_feedback,
    )  # fmt: skip


def exact_of(contest: Contest) -> dict[tuple[str, str], Any]:
    """The exact values behind what the form shows of a contest, by (field, text)."""
    shown, rules = entered_of(contest), contest.rules
    exact: dict[tuple[str, str], Any] = {
        ("start", shown.start): rules.start, ("duration", shown.duration): rules.duration_s, ("freeze", shown.freeze): rules.freeze_s,
        ("penalty", shown.penalty): rules.penalty_s,
    }  # fmt: skip
    return exact | {(f"points-{one.alias}", points(one.points)): one.points for one in contest.problems}


def choices_of(known: Sequence[Problem], entered: Entered) -> list[dict[str, object]]:
    """The rows to pick from: what is picked first, in order; then the rest by alias."""
    titles = {problem.alias: problem.title for problem in known}
    rows = [_row(one.alias, titles.get(one.alias, one.alias), one.label, one.color, one.points, is_picked=True) for one in entered.problems]
    picked = {one.alias for one in entered.problems}
    for place, problem in enumerate(one for one in known if one.alias not in picked):
        color = _BALLOONS[(len(picked) + place) % len(_BALLOONS)]
        rows.append(_row(problem.alias, problem.title, "", color, Fraction(100), is_picked=False))
    return rows


def _row(alias: str, title: str, label: str, color: str, worth: Fraction, *, is_picked: bool) -> dict[str, object]:
    return {"alias": alias, "title": title, "label": label, "color": color or _BALLOONS[0], "points": points(worth), "is_picked": is_picked}


def _picked(form: Form, alias: str, place: int, kept: Mapping[tuple[str, str], Any]) -> ContestProblem:
    text = form.text(f"points-{alias}")
    try:
        worth = kept.get((f"points-{alias}", text)) or fraction_of(text or "100")
    except ValueError:
        worth = Fraction(-1)
    color = form.text(f"color-{alias}").lower()
    label = form.text(f"label-{alias}") or chr(ord("A") + place % 26)
    return ContestProblem(alias, label, color if re.fullmatch(r"#[0-9a-f]{6}", color) else "", worth)


def _check_problems(reading: Reading, picked: Sequence[ContestProblem], form: Form) -> None:
    labels: Mapping[str, int] = {}
    for one in picked:
        name = f"problem-{one.alias}"
        reading.check(_LABEL.fullmatch(one.label) is not None, name, f"{one.alias}: a label has 1 to 10 letters and digits.")
        reading.check(one.label not in labels, name, f"{one.alias}: the label {one.label} is used twice.")
        reading.check(one.points > 0 or form.text("mode") != "ioi", name, f"{one.alias}: points are a number above 0.")
        labels = {**labels, one.label: 1}


def _no_penalty(entered: Entered) -> str:
    """What an empty penalty means: nothing where points count and the field is not shown, else a fault."""
    return "0" if entered.mode == "ioi" else ""


def _start(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _duration_s(text: str) -> int:
    found = _LENGTH.fullmatch(text)
    return int(found[1]) * 3600 + int(found[2] or 0) * 60 if found else 0


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


async def _page(
    request: web.Request, entered: Entered, *, status: int = 200, faults: Mapping[str, str] | None = None, is_existing: bool = False
) -> web.Response:
    known, languages = await both(problems.list_own(desk_of(request), actor_of(request)), languages_to_allow(desk_of(request)))
    return paint(
        request, "contest_form.html", status=status, entered=entered, faults=faults or {}, is_existing=is_existing,
        choices=choices_of(known, entered), languages=languages,
    )  # fmt: skip
