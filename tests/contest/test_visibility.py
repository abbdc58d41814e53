"""Who may see and do what: every kind of viewer at every moment, as a table that a person can review."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from contest import visibility as may
from contest.rules import Audience, ContestRules, Mode
from tests.contest.worlds import DURATION_S, START

RULES = ContestRules(Mode.ICPC, START, DURATION_S, 3600)
MOMENTS = {"before": -1, "running": 0, "frozen": DURATION_S - 1, "ended": DURATION_S}
VIEWERS = {
    "stranger": may.STRANGER,
    "passer-by": may.Viewer("pat", may.CONTESTANT),
    "organiser of another": may.Viewer("olga", may.ORGANISER),
    "contestant": may.Viewer("ann", may.CONTESTANT, is_contestant=True),
    "jury": may.Viewer("jo", may.ORGANISER, is_jury=True),
    "admin": may.Viewer("root", may.ADMIN),
}
SIGNS = {True: "yes", False: "-"}

GOLDEN = """
                              stranger             passer-by            organiser of another contestant           jury                 admin
administer                    -                    -                    -                    -                    -                    yes
create account                -                    -                    -                    -                    -                    yes
create contest                -                    -                    yes                  -                    yes                  yes
bring problem                 -                    -                    yes                  -                    yes                  yes
change problem of jo          -                    -                    -                    -                    yes                  yes
act for ann                   -                    -                    -                    yes                  -                    yes
run contest                   -                    -                    -                    -                    yes                  yes
see public contest            yes                  yes                  yes                  yes                  yes                  yes
see closed contest            -                    -                    -                    yes                  yes                  yes
public board, closed contest  -                    -                    -                    yes                  yes                  yes
jury board, public contest    -                    -                    -                    -                    yes                  yes
problems before               -                    -                    -                    -                    yes                  yes
problems running              yes                  yes                  yes                  yes                  yes                  yes
problems ended, closed        -                    -                    -                    yes                  yes                  yes
submit before                 -                    -                    -                    -                    yes                  yes
submit running                -                    -                    -                    yes                  yes                  yes
submit frozen                 -                    -                    -                    yes                  yes                  yes
submit ended                  -                    -                    -                    -                    yes                  yes
see submission of ann         -                    -                    -                    yes                  yes                  yes
see submission of bob         -                    -                    -                    -                    yes                  yes
see source of ann             -                    -                    -                    yes                  yes                  yes
see compile output of bob     -                    -                    -                    -                    yes                  yes
see cases                     -                    -                    -                    -                    yes                  yes
see question of ann           -                    -                    -                    yes                  yes                  yes
see question of bob           -                    -                    -                    -                    yes                  yes
see public answer, before     -                    -                    -                    -                    yes                  yes
see public answer, running    yes                  yes                  yes                  yes                  yes                  yes
see announcement, closed      -                    -                    -                    yes                  yes                  yes
see announcement, before      yes                  yes                  yes                  yes                  yes                  yes
ask before                    -                    -                    -                    yes                  -                    -
ask ended                     -                    -                    -                    -                    -                    -
listen to ann                 -                    -                    -                    yes                  -                    -
"""


def at(moment: str):
    return START + timedelta(seconds=MOMENTS[moment])


def clarification(viewer: may.Viewer, author: str, moment: str, *, contest_is_public: bool = True, answered: bool = False, announced: bool = False) -> bool:
    facts = may.ClarificationFacts(author, is_public=answered, is_announcement=announced)
    return may.may_see_clarification(viewer, facts, RULES, at(moment), is_public=contest_is_public)


QUESTIONS = {
    "administer": may.may_administer,
    "create account": may.may_create_account,
    "create contest": may.may_create_contest,
    "bring problem": may.may_bring_problem,
    "change problem of jo": lambda viewer: may.may_change_problem(viewer, "jo"),
    "act for ann": lambda viewer: may.may_act_for(viewer, "ann"),
    "run contest": may.may_run_contest,
    "see public contest": lambda viewer: may.may_see_contest(viewer, is_public=True),
    "see closed contest": lambda viewer: may.may_see_contest(viewer, is_public=False),
    "public board, closed contest": lambda viewer: may.may_see_board(viewer, Audience.PUBLIC, is_public=False),
    "jury board, public contest": lambda viewer: may.may_see_board(viewer, Audience.JURY, is_public=True),
    "problems before": lambda viewer: may.may_see_problems(viewer, RULES, at("before"), is_public=True),
    "problems running": lambda viewer: may.may_see_problems(viewer, RULES, at("running"), is_public=True),
    "problems ended, closed": lambda viewer: may.may_see_problems(viewer, RULES, at("ended"), is_public=False),
    **{f"submit {moment}": lambda viewer, moment=moment: may.may_submit(viewer, RULES, at(moment)) for moment in MOMENTS},
    "see submission of ann": lambda viewer: may.may_see_submission(viewer, "ann"),
    "see submission of bob": lambda viewer: may.may_see_submission(viewer, "bob"),
    "see source of ann": lambda viewer: may.may_see_source(viewer, "ann"),
    "see compile output of bob": lambda viewer: may.may_see_compile_output(viewer, "bob"),
    "see cases": may.may_see_cases,
    "see question of ann": lambda viewer: clarification(viewer, "ann", "running"),
    "see question of bob": lambda viewer: clarification(viewer, "bob", "running"),
    "see public answer, before": lambda viewer: clarification(viewer, "bob", "before", answered=True),
    "see public answer, running": lambda viewer: clarification(viewer, "bob", "running", answered=True),
    "see announcement, closed": lambda viewer: clarification(viewer, "bob", "ended", contest_is_public=False, announced=True),
    "see announcement, before": lambda viewer: clarification(viewer, "bob", "before", announced=True),
    "ask before": lambda viewer: may.may_ask_clarification(viewer, RULES, at("before")),
    "ask ended": lambda viewer: may.may_ask_clarification(viewer, RULES, at("ended")),
    "listen to ann": lambda viewer: may.may_listen_to_user(viewer, "ann"),
}


def test_who_may_is_as_the_table_says() -> None:
    lines = [" " * 30 + "".join(f"{name:21}" for name in VIEWERS)]
    lines += [f"{question:30}" + "".join(f"{SIGNS[asks(viewer)]:21}" for viewer in VIEWERS.values()) for question, asks in QUESTIONS.items()]
    assert [line.rstrip() for line in lines] == GOLDEN.strip("\n").splitlines()


@pytest.mark.parametrize(("is_jury", "is_contestant", "role"), [*itertools.product((False, True), (False, True), ("", may.CONTESTANT, may.ADMIN))])
def test_nobody_without_a_name_has_any_right_but_to_look_at_what_is_public(is_jury: bool, is_contestant: bool, role: str) -> None:
    nameless = may.Viewer("", role, is_jury, is_contestant)
    for name, asks in QUESTIONS.items():
        assert asks(nameless) == asks(may.STRANGER), name


def test_jury_sees_whatever_a_contestant_sees() -> None:
    both = may.Viewer("ann", may.CONTESTANT, is_jury=True, is_contestant=True)
    for name, asks in QUESTIONS.items():
        assert asks(both) >= asks(VIEWERS["contestant"]), name
