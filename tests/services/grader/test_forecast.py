"""The guess how long a submission would wait says nothing when nobody can say, and grows with what is ahead."""

from __future__ import annotations

from services.grader.forecast import wait_s

NOTHING = dict.fromkeys(("contest", "normal", "low", "ephemeral"), 0)


def test_an_idle_runner_takes_it_at_once() -> None:
    assert wait_s(NOTHING, running=1, runners=2, mean_run_s=None) == 0.0


def test_nobody_can_say() -> None:
    assert wait_s(NOTHING, running=0, runners=0, mean_run_s=2.0) is None, "no runner"
    assert wait_s({**NOTHING, "contest": None}, running=0, runners=2, mean_run_s=2.0) is None, "no word of the broker"
    assert wait_s(NOTHING, running=2, runners=2, mean_run_s=None) is None, "nothing to go by"


def test_it_grows_with_what_is_ahead_and_shrinks_with_runners() -> None:
    assert wait_s({**NOTHING, "contest": 9}, running=2, runners=2, mean_run_s=2.0) == 10.0
    assert wait_s({**NOTHING, "contest": 9}, running=4, runners=4, mean_run_s=2.0) == 5.0


def test_lower_levels_take_their_share_and_no_more() -> None:
    alone = wait_s({**NOTHING, "contest": 9}, running=1, runners=1, mean_run_s=1.0)
    beside = wait_s({"contest": 9, "normal": 500, "low": 500, "ephemeral": 0}, running=1, runners=1, mean_run_s=1.0)
    assert alone is not None
    assert beside is not None
    assert alone < beside < 1.2 * alone
