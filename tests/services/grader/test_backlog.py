"""The order of waiting runs: levels by weight, authors alike, warm inputs first, and nobody starves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.grader.backlog import PATIENCE, Backlog
from wire.queues import PRIORITIES, PRIORITY_WEIGHTS


@dataclass(eq=False)
class Waits:
    name: str
    priority: str = "contest"
    author: str = "ann"
    language: str = "cpp"


def anything(_: Waits) -> bool:
    return True


def nothing(_: Waits) -> bool:
    return False


def backlog(*runs: Waits) -> Backlog[Waits]:
    made: Backlog[Waits] = Backlog(PRIORITY_WEIGHTS)
    for run in runs:
        made.add(run)
    return made


def drained(line: Backlog[Waits], is_warm: Callable[[Waits], bool] = nothing) -> list[str]:
    names = []
    while (run := line.pick(is_warm, anything)) is not None:
        names.append(run.name)
    return names


def test_one_author_is_served_in_order_of_arrival() -> None:
    assert drained(backlog(Waits("1"), Waits("2"), Waits("3"))) == ["1", "2", "3"]


def test_levels_are_served_by_their_weights() -> None:
    line = backlog(*(Waits(priority, priority, f"{priority}{n}") for n in range(100) for priority in PRIORITIES))
    served = Counter(line.pick(nothing, anything).priority for _ in range(81))  # type: ignore[union-attr]
    assert served == Counter(PRIORITY_WEIGHTS)


def test_author_with_many_runs_does_not_hold_up_others() -> None:
    line = backlog(*(Waits(f"flood{n}", author="flo") for n in range(50)), Waits("b", author="bob"), Waits("c", author="cyd"))
    assert drained(line)[:4] == ["flood0", "b", "c", "flood1"]


def test_warm_inputs_go_first_among_authors_of_the_same_turn() -> None:
    line = backlog(Waits("cold", author="a"), Waits("warm", author="b"), Waits("b2", author="b"), Waits("cold2", author="c"))
    assert drained(line, lambda run: run.name in {"warm", "b2"}) == ["warm", "cold", "cold2", "b2"]


def test_run_that_returns_goes_before_what_was_not_tried() -> None:
    line = backlog(Waits("1", author="a"), Waits("2", author="b"))
    first = line.pick(nothing, anything)
    assert first is not None
    line.add(first, is_return=True)
    assert drained(line) == ["1", "2"]


def test_run_that_does_not_suit_is_left_for_others() -> None:
    line = backlog(Waits("j", language="java"), Waits("c"))
    picked = line.pick(nothing, lambda run: run.language == "cpp")
    assert picked is not None
    assert picked.name == "c"
    assert line.pick(nothing, lambda run: run.language == "cpp") is None
    assert drained(line) == ["j"]


def test_run_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(ValueError, match="does not wait"):
        backlog(Waits("1")).remove(Waits("1"))


def test_level_that_was_empty_has_saved_nothing_up() -> None:
    line = backlog(*(Waits(f"c{n}") for n in range(200)))
    for _ in range(100):
        line.pick(nothing, anything)
    line.add(Waits("low", "low"))
    for _ in range(40):
        line.add(Waits("low", "low"))
    assert Counter(drained(line)[:65])["low"] == 1


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_nobody_starves_however_others_keep_coming(data: st.DataObject) -> None:
    """An old run against an endless stream of fresh authors, warm inputs and urgent levels."""
    old = Waits("old", data.draw(st.sampled_from(PRIORITIES)), "ann")
    ahead = data.draw(st.integers(0, 5))
    line = backlog(*(Waits("earlier", old.priority, "ann") for _ in range(ahead)), old)
    share = sum(PRIORITY_WEIGHTS.values()) / PRIORITY_WEIGHTS[old.priority]
    limit = (PATIENCE + ahead + 2) * share + sum(PRIORITY_WEIGHTS.values())
    served = 0
    while old in list(line):
        for priority in PRIORITIES:
            if line.count(priority) < 3 + ahead:
                line.add(Waits("fresh", priority, f"author{served}{priority}"))
        assert line.pick(lambda run: run.name == "fresh", anything) is not None
        served += 1
        assert served <= limit


@given(
    st.lists(st.tuples(st.sampled_from(PRIORITIES), st.sampled_from("abc"), st.sampled_from("xy"), st.booleans()), max_size=60),
    st.sampled_from(["x", "y", "xy"]),
)
@settings(max_examples=200, deadline=None)
def test_every_run_that_suits_is_handed_out_once(entries: list[tuple[str, str, str, bool]], languages: str) -> None:
    runs = [Waits(str(number), priority, author, language) for number, (priority, author, language, _) in enumerate(entries)]
    line: Backlog[Waits] = Backlog(PRIORITY_WEIGHTS)
    for run, (*_, is_return) in zip(runs, entries, strict=True):
        line.add(run, is_return=is_return)
    out = []
    while (run := line.pick(nothing, lambda run: run.language in languages)) is not None:
        out.append(run)
    assert sorted(run.name for run in out) == sorted(run.name for run in runs if run.language in languages)
    assert len(line) == len(runs) - len(out) == sum(line.count(priority) for priority in PRIORITIES)
