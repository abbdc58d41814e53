"""What the record says of packages that are tried out: one report for each commit, asked for again until it comes."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa

from contest.limits import Limits
from contest.verdicts import Verdict
from mesh.codec import decode
from mesh.ids import derived_id
from services.recorder import rows
from services.recorder.headlines import headlines_of
from services.recorder.relay import Relay
from services.recorder.retrials import Retrials
from tests.services.recorder.desk import Desk
from tests.services.recorder.makers import GRADER, NOW, VERSION, account, command, problem, settled_world
from tests.services.recorder.store import Store
from wire.commands import Command
from wire.problems import Finding
from wire.queues import VERIFICATIONS
from wire.verification import (
    FAILED, OVERTAKEN, PASSED, POSTPONED, WAITING, WARNED, AskForReport, LimitEvidence, LimitRule, RecordReport, SubmissionReport, VerifyProblem,
)  # fmt: skip

FIRST, SECOND = "1" * 40, "2" * 40
WRONG = Finding("error", "submission-unexpected", "submissions/accepted/x.py", "got WA, expected AC")
ONE = SubmissionReport("submissions/accepted/x.py", "python3", ("AC",), Verdict.WA, Fraction(1, 3), 12, 1 << 20, "secret/1", is_allowed=False)


def report(commit: str = FIRST, state: str = FAILED, *, sends: int = 1, actor: str = GRADER, **values: Any) -> Command:
    known: dict[str, Any] = {"version": VERSION, "findings": (WRONG,), "submissions": (ONE,)}
    body = RecordReport("cherries", commit, state=state, **(known | values))
    return command(actor, body, name=derived_id("report", "cherries", commit, str(sends)))


def ask(actor: str = "olga", alias: str = "cherries") -> Command:
    return command(actor, AskForReport(alias))


def world() -> Desk:
    desk = Desk(has_trials=True)
    desk.do(*settled_world(), account("root2", "admin"))
    desk.events.clear()
    return desk


def brought(commit: str = FIRST, **values: Any) -> Command:
    return problem("cherries", commit=commit, **values)


def wishes(desk: Desk) -> list[VerifyProblem]:
    work = (row for (kind, _), row in desk.view.inserted.items() if kind is rows.Work)
    found = [decode(VerifyProblem, row.body) for row in work if isinstance(row, rows.Work) and row.queue == VERIFICATIONS.name]
    return [wish for wish in found if wish.alias == "cherries"]


def row(desk: Desk, commit: str = FIRST) -> rows.ProblemReport:
    return desk.row(rows.ProblemReport, "cherries", commit)


def test_new_commit_is_tried_out() -> None:
    desk = world()
    desk.do(brought())
    assert (row(desk).state, row(desk).sends, row(desk).ended_at) == (WAITING, 1, None)
    assert wishes(desk) == [VerifyProblem("cherries", FIRST, VERSION, "olga")]


def test_commit_that_is_known_is_not_tried_out_again() -> None:
    desk = world()
    desk.do(brought(), report(), brought(at=NOW + timedelta(seconds=1), title="Again"))
    assert row(desk).state == FAILED
    assert len(wishes(desk)) == 1


def test_where_trials_are_off_only_those_who_ask_get_one() -> None:
    desk = Desk(has_trials=False)
    desk.do(*settled_world(), brought())
    assert wishes(desk) == []
    desk.do(ask())
    assert [wish.commit for wish in wishes(desk)] == [FIRST]


def test_report_ends_the_wait_and_says_so_to_the_owner() -> None:
    desk = world()
    desk.do(brought(), report())
    kept = row(desk)
    assert (kept.state, kept.ended_at) == (FAILED, NOW)
    assert list(kept.findings) == [{"severity": "error", "code": WRONG.code, "path": WRONG.path, "message": WRONG.message}]
    assert (kept.submissions[0]["path"], kept.submissions[0]["verdict"], kept.submissions[0]["score"]) == (ONE.path, "WA", "1/3")
    ((topic, headline),) = headlines_of(desk.events[-1])
    assert (topic, headline.kind) == ("user:olga", "report")
    assert headline.body == {"alias": "cherries", "commit": FIRST, "state": FAILED, "errors": 1, "warnings": 0}


def test_second_report_of_a_trial_changes_nothing() -> None:
    desk = world()
    desk.do(brought(), report(), report(state=PASSED, sends=2, findings=()))
    assert row(desk).state == FAILED


def test_newer_commit_overtakes_a_trial_and_a_late_report_is_kept() -> None:
    desk = world()
    desk.do(brought(), brought(SECOND, at=NOW + timedelta(seconds=1)))
    assert (row(desk).state, row(desk, SECOND).state) == (OVERTAKEN, WAITING)
    assert [wish.commit for wish in wishes(desk)] == [FIRST, SECOND]
    desk.do(report(state=PASSED, findings=()))
    assert (row(desk).state, row(desk, SECOND).state) == (PASSED, WAITING)
    assert headlines_of(desk.events[-1]) == [], "nobody waits for it any more"


def test_owner_and_admins_may_ask_again() -> None:
    desk = world()
    desk.do(brought(), report(), ask())
    assert (row(desk).state, row(desk).sends, row(desk).ended_at) == (WAITING, 2, None)
    assert [wish.sends for wish in wishes(desk)] == [1, 2]
    desk.do(ask("root"))
    assert [wish.sends for wish in wishes(desk)] == [1, 2], "it is under way"
    desk.do(report(state=WARNED, sends=2))
    assert row(desk).state == WARNED


@pytest.mark.parametrize(("wish", "code"), [
    (ask("otto"), "forbidden"), (ask("ana"), "forbidden"), (ask(alias="nothing"), "no-such-problem"),
    (report(actor="olga"), "forbidden"), (report("3" * 40), "no-such-report"), (report(state=WAITING), "report-invalid"),
    (report(state="fine"), "report-invalid"), (report(findings=(WRONG,) * 1001), "report-invalid"),
])  # fmt: skip
def test_what_is_refused(wish: Command, code: str) -> None:
    desk = world()
    desk.do(brought())
    assert desk.code(wish) == code


def evidence(limit_ms: int, *, is_stated: bool = False) -> LimitEvidence:
    return LimitEvidence(limit_ms, LimitRule(is_stated=is_stated), GOOD, 1400, measured_ms=limit_ms)


GOOD = "submissions/accepted/good.cpp"


@pytest.mark.parametrize(("limit", "version", "cpu_ms"), [
    (evidence(3000), VERSION, 3000), (evidence(3000, is_stated=True), VERSION, 10_000), (evidence(3000), "e" * 40, 10_000), (None, VERSION, 10_000),
])  # fmt: skip
def test_measured_limit_becomes_the_problems_while_the_version_is_its_own(limit: LimitEvidence | None, version: str, cpu_ms: int) -> None:
    desk = world()
    desk.do(brought(limits=Limits(cpu_ms=10_000, wall_ms=21_000)), report(limit=limit, version=version))
    limits = desk.row(rows.Problem, "cherries").limits
    assert limits["cpu_ms"] == cpu_ms
    assert limits["wall_ms"] == 2 * cpu_ms + 1000
    kept = row(desk).evidence
    assert (kept is None) is (limit is None)


async def test_trial_goes_its_way_on_every_database(store: Store) -> None:
    store.applier._bounds = type(store.applier._bounds)(store.applier._bounds.languages, has_trials=True)
    done = await store.do(brought())
    assert [work.queue for work in done.work] == [VERIFICATIONS.name]
    await store.do(brought(SECOND, at=NOW + timedelta(seconds=1)), report(SECOND, limit=evidence(3000)))
    await store.do(ask())
    await store.do(report(SECOND, sends=2, state=PASSED, findings=(), limit=evidence(3000)))
    kept = {one["commit_hash"]: one for one in await store.all(rows.ProblemReport)}
    assert {commit: one["state"] for commit, one in kept.items()} == {FIRST: OVERTAKEN, SECOND: PASSED}
    assert kept[SECOND]["evidence"]["slowest_accepted"] == GOOD
    assert kept[SECOND]["sends"] == 2
    await store.gapless()


async def test_trial_without_its_report_is_asked_for_again(store: Store) -> None:
    store.applier._bounds = type(store.applier._bounds)(store.applier._bounds.languages, has_trials=True)
    relay = Relay(store.record, None, metrics=store.metrics, log=store.log, every_s=1.0)  # type: ignore[arg-type]  # publishes nothing
    job = Retrials(store.record, relay, store.clock, metrics=store.metrics, log=store.log, every_s=60.0, after_s=100.0)
    await _forget_work(store)
    await store.do(brought(), brought(SECOND, at=NOW + timedelta(seconds=1)))
    store.clock.turn(101)
    assert await job.once(_unfenced) == 0, "its message is not even sent"
    await _forget_work(store)
    assert await job.once(_unfenced) == 1, "the newest commit alone"
    (work,) = await store.all(rows.Work)
    wish = decode(VerifyProblem, work["body"])
    assert (wish.commit, wish.sends, work["id"]) == (SECOND, 2, derived_id("trial", "cherries", SECOND, "2"))
    await _forget_work(store)
    store.clock.turn(101)
    assert await job.once(_unfenced) == 0, "twice the time"
    store.clock.turn(100)
    assert await job.once(_unfenced) == 1
    await _forget_work(store)
    await store.do(report(SECOND))
    store.clock.turn(10_000)
    assert await job.once(_unfenced) == 0

    third = "4" * 40
    await store.do(brought(third, at=NOW + timedelta(seconds=2)))
    for sends, wait_s in ((1, 100), (2, 200)):
        await _forget_work(store)
        await store.do(report(third, state=POSTPONED, sends=sends, findings=()))
        store.clock.turn(wait_s - 1)
        assert await job.once(_unfenced) == 0
        kept = next(row for row in await store.all(rows.ProblemReport) if row["commit_hash"] == third)
        assert (kept["state"], kept["ended_at"] is None) == (POSTPONED, False), "till then it is shown"
        store.clock.turn(1)
        assert await job.once(_unfenced) == 1, "what was postponed is tried again by itself, later each time"
        kept = next(row for row in await store.all(rows.ProblemReport) if row["commit_hash"] == third)
        assert (kept["state"], kept["sends"], kept["ended_at"]) == (WAITING, sends + 1, None)


async def _forget_work(store: Store) -> None:
    await store.record.transact(lambda connection: connection.execute(sa.delete(store.record.table(rows.Work))) and None)


def _unfenced(_connection: object) -> None:
    """The job alone, without a scheduler."""
