"""The language of a runner that is out is not given up for gone, by a trial neither."""

from __future__ import annotations

from mesh.ids import new_id
from services.grader.docket import Docket, Patience
from services.grader.roster import Roster
from services.grader.runs import Errand, Seeker
from services.grader.shortage import Shortage
from tests.services.grader.cases import manifest, order
from wire.queues import PRIORITY_WEIGHTS
from wire.runners import RunnerFacts

OUT = Seeker("green-1", frozenset({"cobol"}), facts=RunnerFacts("green", trouble="a box did not start"))
WELL = Seeker("blue-1", frozenset({"cpp"}), facts=RunnerFacts("blue"))


def test_a_trial_waits_for_a_runner_that_is_out_and_gives_up_one_that_nobody_knows() -> None:
    docket, roster = Docket(Patience(10, 25, 3, 6, 15), PRIORITY_WEIGHTS, new_id), Roster()
    shortage = Shortage(docket, roster, 300.0)
    run = docket.enter(order("a", language="cobol"), Errand(lambda _: None), manifest(), 0.0)
    assert shortage.hopeless(100.0) == [], "there is no runner at all: whoever comes may have it"
    roster.saw(WELL, 0.0)
    assert shortage.hopeless(59.0) == []
    assert shortage.hopeless(60.0) == [run]
    roster.saw(OUT, 0.0)
    assert shortage.hopeless(100.0) == []
    roster.saw(WELL, 100.0)
    roster.forget_silent(100.0)
    assert shortage.hopeless(100.0) == [run], "it has gone"
