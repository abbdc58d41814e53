"""A set of rejudges: nothing moves before it is applied, everything at once then; nothing lost, doubled or stuck on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from contest.facts import BoardSubmission
from contest.rules import Audience
from contest.scoreboard import rebuild
from contest.verdicts import Verdict
from mesh.codec import decode
from mesh.ids import derived_id, new_id
from mesh.database import read_engine
from mesh.tls import Credentials
from services.frontend.reads.record import Record as Reader
from services.frontend.reads.rejudgings import Rejudgings
from services.recorder import rows
from services.recorder.boards import MOST_CHANGES, Boards
from services.recorder.relay import Relay
from services.recorder.rules.rejudging import MOST_OPEN
from services.recorder.schedule import filling
from services.recorder.schedule.filling import AHEAD, Filling
from services.recorder.sweep import Sweep
from tests.services.recorder.makers import NOW, VERSION, command, problem, rejudge, submit, verdict
from tests.services.recorder.store import Store
from tests.services.recorder.test_relay_and_sweep import Belt, sent_once
from wire.commands import Command
from wire.judging import JudgeSubmission
from wire.rejudging import ApplyRejudging, DropRejudging, Filter, OpenRejudging, OverrideVerdict
from wire.webhooks import SetWebhook

SECRET = "whsec_" + "A" * 44


def _unfenced(_connection: object) -> None:
    """The job alone, without a scheduler."""


def _open(actor: str = "olga", *, reason: str = "the checker was wrong", version: str = "", **asked: Any) -> Command:
    return command(actor, OpenRejudging("finals", Filter(**asked), reason, version))


def _apply(opened: Command, actor: str = "olga") -> Command:
    return command(actor, ApplyRejudging(opened.id))


def _drop(opened: Command, actor: str = "olga") -> Command:
    return command(actor, DropRejudging(opened.id))


def _override(wish: Command, of: str = "AC", reason: str = "the statement was wrong", actor: str = "olga", score: Fraction | None = None) -> Command:
    return command(actor, OverrideVerdict(wish.id, of, reason, score))


def _run_of(opened: Command, wish: Command) -> str:
    return derived_id("run", opened.id, wish.id)


def _verdict_of(opened: Command, wish: Command, of: Verdict = Verdict.AC, **values: Any) -> Command:
    return verdict(wish, of, run=_run_of(opened, wish), **values)


class Jury:
    """A store, its filling job and what it sent."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.belt = Belt()
        self.relay = Relay(store.record, self.belt, metrics=store.metrics, log=store.log, every_s=1.0)  # type: ignore[arg-type]  # only publishes
        self.filling = Filling(store.record, self.relay, store.clock, store.log)

    async def judged(self, *of: Verdict, actor: str = "ana") -> list[Command]:
        wishes = [submit(actor, at=NOW - timedelta(minutes=30) + timedelta(seconds=60 * place if len(of) < 10 else place)) for place in range(len(of))]
        await self.store.do(*wishes)
        await self.store.do(*(verdict(wish, one) for wish, one in zip(wishes, of, strict=True)))
        self.store.clock.turn(1)
        return wishes

    async def fill(self) -> None:
        """One look of the job: what there is room for."""
        while (step := await self.filling._next()) is not None and step.count:
            await self.filling._ask(step, _unfenced)

    async def sent(self) -> list[JudgeSubmission]:
        while await self.store.count(rows.Work):
            await sent_once(self.relay)
            await self.relay._forget()
        return [decode(JudgeSubmission, message.body) for message in self.belt.messages]

    async def row(self, opened: Command) -> dict[str, Any]:
        [row] = [row for row in await self.store.all(rows.Rejudging) if row["id"] == opened.id]
        return row

    async def submissions(self) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in await self.store.all(rows.Submission)}

    async def verdicts(self, wishes: Sequence[Command]) -> list[str | None]:
        found = await self.submissions()
        return [found[wish.id]["verdict"] for wish in wishes]

    async def code(self, wish: Command) -> str:
        outcome = await self.store.outcome(wish)
        assert outcome.is_applied or len(outcome.message) > 10
        return outcome.code


@pytest.fixture
def jury(store: Store) -> Jury:
    return Jury(store)


@pytest.fixture
def quick_jury(sqlite_store: Store) -> Jury:
    return Jury(sqlite_store)


async def test_a_set_changes_nothing_until_it_is_applied_and_then_everything_at_once(jury: Jury) -> None:
    first, second, third = await jury.judged(Verdict.AC, Verdict.WA, Verdict.AC)
    before = await jury.submissions()
    opened = _open(problems=("apples",))
    await jury.store.do(opened)
    await jury.fill()
    sent = [one for one in await jury.sent() if one.rejudging]
    assert [(one.run, one.submission, one.priority) for one in sent] == [
        (_run_of(opened, wish), wish.id, "low") for wish in (first, second, third)
    ], "oldest first, behind everybody else"
    await jury.store.do(_verdict_of(opened, first, Verdict.WA), _verdict_of(opened, second, Verdict.WA, time_ms=99))
    assert (await jury.row(opened))["state"] == "running"
    assert await jury.code(_apply(opened)) == "rejudging-not-ready"
    await jury.store.do(_verdict_of(opened, third), _verdict_of(opened, third))
    row = await jury.row(opened)
    assert (row["state"], row["judged"], row["count"]) == ("ready", 3, 3)
    assert await jury.submissions() == before, "the board stands still"
    await jury.store.do(_apply(opened, actor="root"))
    assert await jury.verdicts([first, second, third]) == ["WA", "WA", "AC"]
    after = await jury.submissions()
    assert [(after[one.id]["run"], after[one.id]["status"]) for one in (first, second, third)] == [
        (_run_of(opened, one), "judged") for one in (first, second, third)
    ]
    assert after[second.id]["time_ms"] == 99
    row = await jury.row(opened)
    assert (row["state"], row["changed"], row["kept"], row["settled_by"], row["selected"]) == ("applied", 1, 0, "root", None)
    told = [event for event in await jury.store.all(rows.Event, "seq") if event["contest"] == "finals"][-2:]
    assert [event["kind"] for event in told] == ["rejudging-applied", "judged"], "what did not change is not told"
    assert {"id": first.id, "verdict": "WA", "was_verdict": "AC", "is_in_force": True, "rejudging": opened.id}.items() <= told[1]["body"].items()
    replaced = {row["id"]: row["replaces"] for row in await jury.store.all(rows.Run) if row["rejudging"]}
    assert replaced == {_run_of(opened, wish): before[wish.id]["run"] for wish in (first, second, third)}
    await jury.store.gapless()


async def test_a_filter_chooses_as_it_says_and_as_pages_count(jury: Jury, record_url: str, frontend: Credentials) -> None:
    reader = Reader(read_engine(record_url, frontend))
    first, second = await jury.judged(Verdict.AC, Verdict.WA)
    [third] = await jury.judged(Verdict.WA, actor="ben")
    other = submit("ben", "bridges", language="java", at=NOW - timedelta(minutes=5))
    waiting = submit("ben", "bridges")
    await jury.store.do(other, waiting)
    await jury.store.do(verdict(other, Verdict.TLE, runner="r2"))
    half = NOW - timedelta(minutes=29, seconds=30)
    for asked, chosen in (
        ({}, [first, third, second, other]), ({"problems": ("apples",)}, [first, third, second]), ({"languages": ("java",)}, [other]),
        ({"usernames": ("ben",)}, [third, other]), ({"verdicts": ("WA", "TLE")}, [third, second, other]), ({"runner": "r2"}, [other]),
        ({"since": half}, [second, other]), ({"until": half}, [first, third]), ({"submissions": (second.id, waiting.id, new_id())}, [second]),
        ({"problems": ("bridges", "nul\x00")}, [other]),
    ):  # fmt: skip
        opened = _open(**asked)
        await jury.store.do(opened)
        selected = (await jury.row(opened))["selected"]
        assert set(selected["submissions"]) == {one.id for one in chosen}, asked
        assert await Rejudgings(reader).count("finals", Filter(**asked)) == len(chosen), asked
        read = await Rejudgings(reader).find(opened.id)
        assert read is not None
        assert read.filter == Filter(**asked)
        await jury.store.do(_drop(opened))
    await reader.aclose()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (_open(verdicts=("CE",)), "rejudging-empty"), (_open(reason=" "), "rejudging-invalid"), (_open(verdicts=("NO",)), "rejudging-invalid"),
        (_open(version="c" * 40), "rejudging-invalid"), (_open(version="../x", problems=("apples",)), "rejudging-invalid"),
        (_open(version="c" * 40, problems=("apples",)), "rejudging-invalid"), (_open(version=VERSION[1:], problems=("apples",)), "rejudging-invalid"),
        (_open(actor="ana"), "not-jury"), (_open(actor="otto"), "not-jury"), (command("olga", OpenRejudging("ghost", Filter(), "x")), "no-such-contest"),
        (command("olga", ApplyRejudging(new_id())), "no-such-rejudging"), (command("olga", DropRejudging("\x00")), "no-such-rejudging"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_what_breaks_a_rule_is_refused_with_its_code(quick_jury: Jury, wish: Command, code: str) -> None:
    await quick_jury.judged(Verdict.AC)
    assert await quick_jury.code(wish) == code


async def test_a_set_that_makes_judge_errors_is_applied_only_by_who_says_so(quick_jury: Jury) -> None:
    good, broken = await quick_jury.judged(Verdict.AC, Verdict.JE)
    opened = _open()
    await quick_jury.store.do(opened)
    await quick_jury.fill()
    await quick_jury.store.do(_verdict_of(opened, good, Verdict.JE), _verdict_of(opened, broken, Verdict.JE))
    assert await quick_jury.code(_apply(opened)) == "rejudging-has-judge-errors"
    assert await quick_jury.verdicts([good, broken]) == ["AC", "JE"]
    await quick_jury.store.do(command("olga", ApplyRejudging(opened.id, accept_judge_errors=True)))
    assert await quick_jury.verdicts([good, broken]) == ["JE", "JE"]


async def test_strangers_cannot_settle_a_set_and_nobody_settles_it_twice(quick_jury: Jury) -> None:
    await quick_jury.judged(Verdict.AC)
    opened = _open()
    await quick_jury.store.do(opened)
    for actor in ("ana", "otto"):
        assert await quick_jury.code(_apply(opened, actor)) == await quick_jury.code(_drop(opened, actor)) == "not-jury"
    await quick_jury.store.do(_drop(opened))
    assert await quick_jury.code(_apply(opened)) == await quick_jury.code(_drop(opened)) == "rejudging-settled"
    for _ in range(MOST_OPEN):
        await quick_jury.store.do(_open())
    assert await quick_jury.code(_open()) == "too-many-rejudgings"


async def test_the_versions_are_those_of_the_opening_or_the_one_that_was_asked_for(quick_jury: Jury) -> None:
    [wish] = await quick_jury.judged(Verdict.AC)
    newest, other, by_commit = _open(), _open(problems=("apples",), version="c" * 40), _open(problems=("apples",), version="f" * 40)
    await quick_jury.store.do(problem("apples", version="c" * 40, commit="f" * 40, at=NOW + timedelta(seconds=3)))
    await quick_jury.store.do(problem("apples", at=NOW + timedelta(seconds=4)))
    await quick_jury.store.do(problem("bridges", version="e" * 40, at=NOW + timedelta(seconds=4)))
    assert await quick_jury.code(_open(problems=("apples",), version="e" * 40)) == "rejudging-invalid", "a version of another problem"
    said = await quick_jury.store.outcome(_open(problems=("apples", "pears"), verdicts=("CE",)))
    assert (said.code, "(finals has no problem pears)" in said.message) == ("rejudging-empty", True)
    await quick_jury.store.do(newest)
    await quick_jury.store.do(problem("apples", version="d" * 40, at=NOW + timedelta(seconds=5)), other, by_commit)
    await quick_jury.fill()
    sent = {one.run: one.version for one in await quick_jury.sent() if one.rejudging}
    assert sent == {_run_of(newest, wish): VERSION, _run_of(other, wish): "c" * 40, _run_of(by_commit, wish): "c" * 40}


async def test_no_more_runs_wait_than_may_however_large_the_set_is(quick_jury: Jury) -> None:
    count = AHEAD + 30
    wishes = [submit() for _ in range(count)]
    await quick_jury.store.do(*wishes)
    await quick_jury.store.do(*(verdict(wish) for wish in wishes))
    quick_jury.store.clock.turn(1)
    opened, later = _open(), _open()
    await quick_jury.store.do(opened)
    quick_jury.store.clock.turn(1)
    await quick_jury.store.do(later)
    await quick_jury.fill()
    asked = [one for one in await quick_jury.sent() if one.rejudging]
    assert len(asked) == (await quick_jury.row(opened))["filled"] == AHEAD
    assert (await quick_jury.row(later))["filled"] == 0, "the older set first"
    by_id = {wish.id: wish for wish in wishes}
    await quick_jury.store.do(*(_verdict_of(opened, by_id[one.submission]) for one in asked))
    quick_jury.filling = Filling(quick_jury.store.record, quick_jury.relay, quick_jury.store.clock, quick_jury.store.log)  # another recorder
    await quick_jury.fill()
    runs = [one.run for one in await quick_jury.sent() if one.rejudging == opened.id]
    assert len(runs) == len(set(runs)) == count
    assert (await quick_jury.row(later))["filled"] > 0


async def test_a_dropped_set_is_forgotten_whatever_its_runs_say_later(quick_jury: Jury) -> None:
    wishes = await quick_jury.judged(Verdict.AC, Verdict.AC)
    before, opened = await quick_jury.submissions(), _open()
    await quick_jury.store.do(opened)
    await quick_jury.fill()
    await quick_jury.store.do(_verdict_of(opened, wishes[0], Verdict.WA), _drop(opened))
    await quick_jury.store.do(_verdict_of(opened, wishes[1], Verdict.WA))
    assert await quick_jury.submissions() == before
    runs = {row["id"]: row for row in await quick_jury.store.all(rows.Run)}
    assert runs[_run_of(opened, wishes[0])]["verdict"] == "WA"
    late = runs[_run_of(opened, wishes[1])]
    assert (late["verdict"], late["judged_at"] is None) == (None, False), "nobody waits for it"
    quick_jury.store.clock.turn(1_000_000)
    await quick_jury.sent()
    assert await _sweep(quick_jury).once(_unfenced) == 0
    await quick_jury.fill()
    assert len([one for one in await quick_jury.sent() if one.rejudging]) == 2


def _sweep(quick_jury: Jury) -> Sweep:
    return Sweep(quick_jury.store.record, quick_jury.relay, quick_jury.store.clock, metrics=quick_jury.store.metrics, log=quick_jury.store.log, every_s=60.0, after_s=100.0)


async def test_a_run_of_a_set_that_was_lost_is_sent_again(jury: Jury) -> None:
    [wish] = await jury.judged(Verdict.AC)
    opened = _open()
    await jury.store.do(opened)
    await jury.fill()
    await jury.sent()
    jury.store.clock.turn(101)
    assert await _sweep(jury).once(_unfenced) == 1
    again = [one for one in await jury.sent() if one.rejudging]
    assert [(one.run, one.rejudging, one.sends) for one in again] == [(_run_of(opened, wish), opened.id, sends) for sends in (1, 2)]


async def test_the_word_that_was_asked_for_later_counts(jury: Jury) -> None:
    """Rejudged or overridden since the set was opened: it keeps that. A set that was opened later than another has the last word."""
    rejudged, overridden, waiting, plain = wishes = await jury.judged(*[Verdict.AC] * 4)
    early, late = _open(), _open(submissions=(plain.id, rejudged.id))
    await jury.store.do(early)
    jury.store.clock.turn(1)
    anew, again = rejudge(rejudged), rejudge(waiting)
    await jury.store.do(anew, _override(overridden, "OLE"), again)
    await jury.store.do(verdict(rejudged, Verdict.TLE, run=derived_id("run", anew.id)))
    jury.store.clock.turn(1)
    await jury.store.do(late)
    await jury.fill()
    await jury.store.do(*(_verdict_of(early, wish, Verdict.WA) for wish in wishes), *(_verdict_of(late, wish, Verdict.MLE) for wish in (plain, rejudged)))
    await jury.store.do(_apply(late))
    assert await jury.verdicts(wishes) == ["MLE", "OLE", None, "MLE"]
    await jury.store.do(_apply(early))
    assert await jury.verdicts(wishes) == ["MLE", "OLE", None, "MLE"]
    row = await jury.row(early)
    assert (row["changed"], row["kept"]) == (0, 4)
    await jury.store.do(verdict(waiting, Verdict.RTE, run=derived_id("run", again.id)))
    assert await jury.verdicts([waiting]) == ["RTE"]


async def test_a_verdict_by_hand_counts_until_the_next_rejudge_says_otherwise(quick_jury: Jury) -> None:
    [wish] = await quick_jury.judged(Verdict.WA)
    old = (await quick_jury.submissions())[wish.id]
    await quick_jury.store.do(_override(wish, "AC", " the checker refused a right answer "))
    row = (await quick_jury.submissions())[wish.id]
    assert (row["verdict"], row["score"], row["status"], row["time_ms"]) == ("AC", Fraction(1), "judged", old["time_ms"])
    [run] = [run for run in await quick_jury.store.all(rows.Run) if run["id"] == row["run"]]
    assert (run["by_hand"], run["reason"], run["replaces"]) == ("olga", "the checker refused a right answer", old["run"])
    event = (await quick_jury.store.all(rows.Event, "contest", "seq"))[-1]
    assert (event["kind"], event["actor"], event["body"]["was_verdict"], event["body"]["verdict"]) == ("overridden", "olga", "WA", "AC")
    anew = rejudge(wish)
    await quick_jury.store.do(anew)
    await quick_jury.store.do(verdict(wish, Verdict.WA, run=derived_id("run", anew.id)))
    assert await quick_jury.verdicts([wish]) == ["WA"]
    waiting = submit()
    await quick_jury.store.do(waiting)
    await quick_jury.store.do(_override(waiting, "RTE"))
    await quick_jury.store.do(verdict(waiting))
    assert await quick_jury.verdicts([waiting]) == ["RTE"], "what is still being judged is overtaken"
    assert all(run["judged_at"] for run in await quick_jury.store.all(rows.Run)), "and nobody waits for it"
    for broken, code in (
        (_override(wish, "OK"), "override-invalid"), (_override(wish, reason=""), "override-invalid"), (_override(wish, score=Fraction(3, 2)), "override-invalid"),
        (_override(wish, score=Fraction(-1)), "override-invalid"), (_override(wish, actor="otto"), "not-jury"), (_override(wish, actor="ana"), "not-jury"),
        (command("olga", OverrideVerdict(new_id(), "AC", "x")), "no-such-submission"),
    ):  # fmt: skip
        assert await quick_jury.code(broken) == code


async def test_webhooks_hear_of_what_a_set_changes_and_of_nothing_else(quick_jury: Jury) -> None:
    changed, same = await quick_jury.judged(Verdict.WA, Verdict.AC)
    await quick_jury.store.do(command("ana", SetWebhook("ana", "https://ana.example/hook", SECRET)))
    opened = _open()
    await quick_jury.store.do(opened)
    await quick_jury.fill()
    await quick_jury.store.do(_verdict_of(opened, changed, compile_output="a warning"), _verdict_of(opened, same))
    assert await quick_jury.store.count(rows.Delivery) == 0
    await quick_jury.store.do(_apply(opened))
    [call] = await quick_jury.store.all(rows.Delivery)
    assert (call["submission"], call["run"]) == (changed.id, _run_of(opened, changed))
    assert {'"verdict":"AC"', '"compile_output":"a warning"'} <= {part for part in ('"verdict":"AC"', '"compile_output":"a warning"') if part in call["body"]}


@pytest.mark.parametrize("changes", [3, MOST_CHANGES + 2])
async def test_live_boards_come_to_what_the_record_says(quick_jury: Jury, changes: int) -> None:
    """Few changes are told one by one, many as a board to be fetched; both are the fold of the record in the end."""
    store, boards = quick_jury.store, Boards(quick_jury.store.record, quick_jury.store.metrics, 4)
    wishes = await quick_jury.judged(*[Verdict.WA] * changes)
    await boards.open_running(NOW)
    opened = _open()
    await store.do(opened)
    while (await quick_jury.row(opened))["state"] == "running":
        await quick_jury.fill()
        there = {row["id"] for row in await store.all(rows.Run)}
        await store.do(*(_verdict_of(opened, wish) for wish in wishes if _run_of(opened, wish) in there))
    assert await boards.fold((await store.do(_override(wishes[-1], "AC"))).events)
    events = (await store.do(_apply(opened))).events
    news = [headline for start in range(0, len(events), 50) for _, headline in await boards.fold(events[start : start + 50])]
    is_anew = [not headline.body["rows"] and headline.body["after"] == headline.body["version"] for headline in news]
    assert news
    assert all(is_anew) if changes > MOST_CHANGES else not any(is_anew)
    live = boards._pairs["finals"]
    [contest] = await store.all(rows.Contest)
    recorded = [
        BoardSubmission(row["id"], row["username"], row["problem"], row["submitted_at"], Verdict(row["verdict"]), row["score"])
        for row in await store.all(rows.Submission)
    ]
    for board in (live.public, live.jury):
        fold = rebuild("finals", board.rules, board.problems, board.teams, board.audience, submissions=recorded, version=contest["seq"])
        assert board.rows() == fold.rows()
    assert live.jury.audience is Audience.JURY
    assert live.jury.rows()[0]["solved"] == 1


async def test_the_job_rests_when_every_set_has_its_runs(quick_jury: Jury, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "LOOK_EVERY_S", 0.001)
    await quick_jury.judged(Verdict.AC)
    await quick_jury.store.do(_open())
    assert await quick_jury.filling.work(_unfenced) > quick_jury.store.clock.now()
    assert len([one for one in await quick_jury.sent() if one.rejudging]) == 1
