from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from services.recorder import rows
from tests.services.recorder.desk import Desk, settled_desk
from tests.services.recorder.makers import (
    HASH, NOW, START, account, change, command, contest, contest_body, problem, settled_world, submit, teams,
)  # fmt: skip
from wire.commands import ChangePassword, ContestProblem, RegisterTeams, Team, ThawContest


@pytest.fixture
def desk() -> Desk:
    return settled_desk()


def test_the_whole_world_is_applied_and_told_in_order() -> None:
    desk = Desk()
    desk.do(*settled_world())
    assert [(event.contest, event.seq) for event in desk.events if event.contest] == [("finals", 1), ("finals", 2)]
    assert [event.seq for event in desk.events if not event.contest] == list(range(1, 10))
    assert desk.row(rows.Contest, "finals").seq == 2


# ── accounts ──


@pytest.mark.parametrize("username", ["", "a b", "service:grader", "-x", "a" * 65, "a\x00b", "ana/..", "é"])
def test_names_that_are_no_names_are_refused(desk: Desk, username: str) -> None:
    assert desk.code(account(username, actor="root", name="X")) == "account-invalid"


def test_all_faults_of_an_account_are_named_at_once(desk: Desk) -> None:
    message = desk.refusal(account("a b", "king", actor="root", name=" ", email="nowhere", password_hash="hunter2")).message
    assert all(word in message for word in ("username", "name is empty", "email", "role", "argon2id"))
    assert "hunter2" not in message


def test_only_admins_make_accounts_for_others_and_nobody_signs_up_as_more_than_a_contestant(desk: Desk) -> None:
    assert desk.code(account("new", actor="olga")) == "forbidden"
    assert desk.code(account("new", actor="ana")) == "forbidden"
    assert desk.code(account("new", "organiser", actor="new")) == "forbidden"
    assert desk.code(account("new", actor="nobody")) == "actor-unknown"
    desk.do(account("new", actor="new"), account("boss", "organiser", actor="root"))
    assert desk.row(rows.Account, "new").role == "contestant"


def test_a_username_is_given_once(desk: Desk) -> None:
    assert desk.code(account("ana", actor="root")) == "username-taken"


def test_a_password_is_changed_by_its_owner_or_an_admin(desk: Desk) -> None:
    assert desk.code(command("ben", ChangePassword("ana", HASH))) == "forbidden"
    assert desk.code(command("root", ChangePassword("nobody", HASH))) == "no-such-account"
    assert desk.code(command("ana", ChangePassword("ana", "plain"))) == "account-invalid"
    desk.turn(NOW + timedelta(minutes=1))
    desk.do(command("ana", ChangePassword("ana", HASH + "x")))
    changed = desk.row(rows.Account, "ana")
    assert (changed.password_hash, changed.password_changed_at) == (HASH + "x", NOW + timedelta(minutes=1))


# ── problems ──


def test_only_the_gitserver_records_problems_and_only_for_organisers(desk: Desk) -> None:
    forged = problem("cats")
    assert desk.code(command("olga", forged.body)) == "forbidden"
    assert desk.code(problem("cats", owner="nobody")) == "no-such-account"
    assert desk.code(problem("cats", owner="ana")) == "forbidden"
    assert desk.code(problem("../cats", owner="olga", case_count=0)) == "problem-invalid"


def test_an_older_commit_that_comes_late_changes_nothing(desk: Desk) -> None:
    desk.do(problem("apples", version="c" * 40, at=NOW + timedelta(seconds=5)))
    desk.do(problem("apples", version="d" * 40, at=NOW + timedelta(seconds=4)))
    assert desk.row(rows.Problem, "apples").version == "c" * 40
    assert desk.kinds() == ["problem-recorded"]


def test_a_problem_keeps_its_first_owner_and_is_nobody_elses(desk: Desk) -> None:
    assert desk.code(problem("apples", owner="otto")) == "not-owner"
    desk.do(problem("apples", owner="root", title="By the admin"))
    changed = desk.row(rows.Problem, "apples")
    assert (changed.owner, changed.title) == ("olga", "By the admin")


# ── contests ──


def test_contests_are_made_by_organisers_and_each_alias_once(desk: Desk) -> None:
    assert desk.code(contest("ana", "mine")) == "forbidden"
    assert desk.code(contest("olga", "finals")) == "contest-exists"
    desk.do(contest("olga", "second"), contest("root", "third"))
    assert desk.row(rows.Contest, "second").organiser == "olga"


def test_all_faults_of_a_contest_are_named_at_once(desk: Desk) -> None:
    shown = (
        ContestProblem("apples", "A", "red"), ContestProblem("apples", "A"), ContestProblem("ghost", "!", points=Fraction(-1)),
        ContestProblem("rooted", "R"),
    )  # fmt: skip
    bad = contest(
        alias="no good", title="", duration_s=0, freeze_s=5, penalty_s=-1, languages=("cpp", "klingon"), problems=shown, start=datetime(1, 1, 1, tzinfo=UTC)
    )
    message = desk.refusal(bad).message
    for word in (
        "alias", "title is empty", "start", "duration_s", "freeze_s", "penalty_s", "klingon", "problem given twice: apples",
        "label given twice: A", "no problem ghost", "belongs to root", "label '!'", "color 'red'", "points of ghost",
    ):  # fmt: skip
        assert word in message, word
    assert desk.code(bad) == "contest-invalid"


def test_a_start_without_a_time_zone_is_refused(desk: Desk) -> None:
    assert desk.code(contest(alias="naive", start=START.replace(tzinfo=None))) == "contest-invalid"


def test_a_contest_is_changed_by_those_who_run_it_and_by_nobody_else(desk: Desk) -> None:
    for actor in ("otto", "ana"):
        assert desk.code(change(actor, title="Mine now")) == "not-jury"
    assert desk.code(change("olga", "ghost")) == "no-such-contest"
    desk.do(change("olga", title="Grand Finals", problems=(ContestProblem("bridges", "X"), ContestProblem("apples", "Y"))))
    assert desk.row(rows.Contest, "finals").title == "Grand Finals"
    assert [(one.alias, one.label, one.place) for one in desk.view.problems_of("finals")] == [("bridges", "X", 0), ("apples", "Y", 1)]
    desk.do(change("root", problems=(ContestProblem("rooted", "R"),)))
    assert [one.alias for one in desk.view.problems_of("finals")] == ["rooted"]
    assert desk.row(rows.Contest, "finals").organiser == "olga"


def test_a_problem_that_somebody_has_submitted_to_stays(desk: Desk) -> None:
    desk.do(submit())
    refusal = desk.refusal(change(problems=(ContestProblem("bridges", "B"),)))
    assert refusal.code == "contest-invalid"
    assert "apples" in refusal.message
    desk.do(change(problems=(ContestProblem("apples", "A"),)))


def test_a_freeze_is_lifted_after_the_end_once_and_by_the_jury(desk: Desk) -> None:
    desk.do(contest(alias="frozen", freeze_s=3600))
    assert desk.code(command("olga", ThawContest("frozen"))) == "contest-not-over"
    assert desk.code(command("ana", ThawContest("frozen"))) == "not-jury"
    desk.turn(START + timedelta(hours=5))
    assert desk.code(command("olga", ThawContest("finals"))) == "no-freeze"
    desk.do(command("olga", ThawContest("frozen")), command("root", ThawContest("frozen")))
    assert desk.row(rows.Contest, "frozen").thawed_at == START + timedelta(hours=5)
    assert desk.kinds().count("contest-thawed") == 1
    desk.do(change(alias="frozen", freeze_s=3600))
    assert desk.row(rows.Contest, "frozen").thawed_at is not None, "a change does not freeze again what was shown"
    desk.do(change(alias="frozen", freeze_s=3600, duration_s=10 * 3600))
    assert desk.row(rows.Contest, "frozen").thawed_at is None, "a contest that goes on has its freeze again"


# ── teams ──


def test_unknown_accounts_are_all_named(desk: Desk) -> None:
    refusal = desk.refusal(teams("ana", "zoe", "yan"))
    assert refusal.code == "no-such-account"
    assert "zoe, yan" in refusal.message


def test_registration_is_the_jurys_and_registering_again_renames(desk: Desk) -> None:
    assert desk.code(teams("carl", actor="carl")) == "not-jury"
    assert desk.code(command("olga", RegisterTeams("finals", ()))) == "teams-invalid"
    assert desk.code(teams("carl", "carl")) == "teams-invalid"
    desk.do(command("olga", RegisterTeams("finals", (Team("ana", "New name", "South"), Team("carl", "Carl")))))
    assert desk.row(rows.Contestant, "finals", "ana").name == "New name"
    assert desk.row(rows.Contestant, "finals", "ana").registered_at == NOW
    desk.events.clear()
    desk.do(command("olga", RegisterTeams("finals", (Team("ana", "New name", "South"),))))
    assert desk.kinds() == [], "nothing changed, nothing is told"


def test_a_contest_may_be_made_before_its_problems_are_there(desk: Desk) -> None:
    body = contest_body("empty", problems=())
    desk.do(command("olga", body))
    assert desk.view.problems_of("empty") == []
