"""What several graders say makes one picture: queues are counted once, runs that are held are added, runners are seen once."""

from __future__ import annotations

from services.frontend.judging import merged
from wire.runners import GraderStatus, RunnerStatus


def runner(name: str, seen_s_ago: float, attempt: str = "") -> RunnerStatus:
    return RunnerStatus(name, ("c",), seen_s_ago, attempt=attempt)


def test_queues_are_counted_once_and_what_is_held_is_added() -> None:
    one = GraderStatus(waiting={"contest": 30, "low": None}, held={"contest": 10, "low": 1}, running=2, judged_since_start=5, oldest_waiting_s=3.0)
    other = GraderStatus(waiting={"contest": 24, "low": 7}, held={"contest": 4, "low": 2}, running=1, judged_since_start=6, oldest_waiting_s=9.0)
    both = merged([one, other])
    assert both.waiting == {"contest": 20 + 10 + 4, "low": 5 + 1 + 2}
    assert (both.running, both.judged_since_start, both.oldest_waiting_s) == (3, 11, 9.0)


def test_what_nobody_knows_stays_unknown() -> None:
    both = merged([GraderStatus(waiting={"contest": None}), GraderStatus(waiting={"contest": None})])
    assert (both.waiting, both.mean_run_s, both.estimated_wait_s) == ({"contest": None}, None, None)


def test_a_runner_that_asks_both_is_one_runner_and_busy_where_it_works() -> None:
    one = GraderStatus(runners=(runner("a", 0.1), runner("b", 5.0)))
    other = GraderStatus(runners=(runner("a", 0.9, attempt="x"), runner("b", 0.2)))
    found = {each.name: each for each in merged([one, other]).runners}
    assert (found["a"].attempt, found["b"].seen_s_ago) == ("x", 0.2)


def test_of_one_grader_the_picture_is_its_own() -> None:
    alone = GraderStatus(waiting={"contest": 3}, estimated_wait_s=1.5)
    assert merged([alone]) is alone
