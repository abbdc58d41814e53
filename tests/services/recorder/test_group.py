"""What a group of commands promises, on every database."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contest.verdicts import Verdict
from mesh.errors import Conflict, MeshError, Unavailable
from mesh.tls import Credentials
from services.recorder import group, rows
from services.recorder.rules.forms import SOURCE_LIMIT_BYTES
from tests.services.recorder.makers import NOW, account, change, first_run, rejudge, settled_world, submit, teams, verdict
from tests.services.recorder.store import Store
from wire.commands import Command, ContestProblem, Outcome


async def test_a_command_that_comes_again_is_applied_once_and_answered_alike(store: Store) -> None:
    wish = submit()
    first = await store.outcome(wish)
    again = [await store.outcome(wish) for _ in range(3)]
    assert again == [first] * 3
    assert (first.is_applied, first.seq) == (True, 3)
    assert await store.count(rows.Submission) == await store.count(rows.Run) == await store.count(rows.Work) == 1


async def test_a_refusal_that_comes_again_is_the_same_refusal_even_when_the_world_has_changed(store: Store) -> None:
    wish = submit(actor="carl")
    first = await store.outcome(wish)
    assert (first.is_applied, first.code, first.status) == (False, "not-registered", 403)
    await store.do(teams("carl"))
    assert await store.outcome(wish) == first
    assert await store.count(rows.Submission) == 0


async def test_twins_in_one_group_are_one(store: Store) -> None:
    wish = submit()
    done = await store.do(wish, submit("ben"), wish)
    assert [answer.is_repeated for answer in done.answers] == [False, False, True]
    assert len(done.events) == len(done.work) == await store.count(rows.Submission) == 2


async def test_an_id_belongs_to_the_command_that_had_it_first(store: Store) -> None:
    wish = submit()
    await store.do(wish)
    with pytest.raises(Conflict) as told:
        await store.outcome(replace(wish, actor="ben"))
    assert told.value.code == "command-id-taken"
    await store.gapless()


async def test_later_commands_of_a_group_see_what_earlier_ones_did(store: Store) -> None:
    wish = submit("dora")
    await store.do(
        account("dora", actor="root"), teams("dora"), change(problems=(ContestProblem("apples", "Z"),)), wish, verdict(wish, Verdict.WA),
        (again := rejudge(wish)), verdict(wish, Verdict.AC, run=first_run(again)),
    )  # fmt: skip
    [row] = await store.all(rows.Submission)
    assert (row["status"], row["verdict"], row["score"], row["run"]) == ("judged", "AC", Fraction(1), first_run(again))
    [shown] = await store.all(rows.ContestProblem)
    assert (shown["alias"], shown["label"]) == ("apples", "Z")
    assert [run["verdict"] for run in await store.all(rows.Run, "created_at", "priority")] == ["WA", "AC"]
    await store.gapless()


async def test_a_problem_taken_out_and_put_back_in_one_group_is_there_once(store: Store) -> None:
    both = (ContestProblem("bridges", "P"), ContestProblem("apples", "Q"))
    await store.do(change(problems=()), change(problems=both))
    assert [(one["alias"], one["label"]) for one in await store.all(rows.ContestProblem, "place")] == [("bridges", "P"), ("apples", "Q")]


async def test_a_refusal_is_kept_with_its_reason_and_takes_nobody_with_it(store: Store) -> None:
    done = await store.applier.apply([submit(), submit(language="klingon"), submit("ben")])
    assert [answer.result.is_applied for answer in done.answers if isinstance(answer.result, Outcome)] == [True, False, True]
    kept = [one for one in await store.all(rows.Settled) if not one["is_applied"]]
    assert [(one["code"], one["actor"], one["status"]) for one in kept] == [("language-not-allowed", "ana", 422)]
    assert "klingon" in kept[0]["message"]


async def test_what_breaks_one_command_does_not_stop_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = submit(source="break me")

    def apply(command: Command, view: object) -> object:
        if command.id == broken.id:
            raise ZeroDivisionError("a bug in a rule")
        return group_apply(command, view)

    group_apply = group.apply
    monkeypatch.setattr(group, "apply", apply)
    wishes = [submit() for _ in range(6)]
    done = await store.applier.apply([*wishes[:3], broken, *wishes[3:]])
    assert [answer.command.id for answer in done.answers] == [wish.id for wish in [*wishes[:3], broken, *wishes[3:]]]
    assert [isinstance(answer.result, MeshError) for answer in done.answers] == [False, False, False, True, False, False, False]
    assert await store.count(rows.Submission) == 6
    await store.gapless()


async def test_what_the_database_will_not_hold_does_not_stop_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes = [submit() for _ in range(4)]
    write = group.Writer.write

    def write_badly(self: group.Writer, connection: object, view: group.View) -> None:
        if any(row.id == wishes[2].id for (kind, _), row in view.inserted.items() if kind is rows.Submission and isinstance(row, rows.Submission)):
            view.inserted[rows.Account, ("ana",)] = view.find(rows.Account, "ana")  # type: ignore[assignment]  # a second row of that key
        write(self, connection, view)  # type: ignore[arg-type]  # a connection

    monkeypatch.setattr(group.Writer, "write", write_badly)
    done = await store.applier.apply(wishes)
    assert [isinstance(answer.result, MeshError) for answer in done.answers] == [False, False, True, False]
    assert await store.count(rows.Submission) == 3
    await store.gapless()


async def test_two_recorders_at_once_count_no_event_twice(store: Store, record_url: str, recorder: Credentials) -> None:
    """A frozen recorder may wake up after another took over: the database is the fence."""
    async with Store(record_url, recorder) as other:
        mine, theirs = [submit() for _ in range(10)], [submit("ben") for _ in range(10)]
        both = [submit() for _ in range(5)]

        async def work(one: Store, wishes: list[Command]) -> None:
            for wish in wishes:
                for _ in range(50):
                    try:
                        assert isinstance((await one.applier.apply([wish])).answers[0].result, Outcome)
                        break
                    except Unavailable:
                        await asyncio.sleep(0.01)

        await asyncio.gather(work(store, mine + both), work(other, theirs + both))
    assert await store.count(rows.Submission) == 25
    await store.gapless()


async def test_the_largest_things_fit(store: Store) -> None:
    wish = submit(source="é" * (SOURCE_LIMIT_BYTES // 2))
    others = [submit("ben", source="x" * SOURCE_LIMIT_BYTES) for _ in range(20)]
    await store.do(wish, *others)
    await store.do(verdict(wish, Verdict.CE, compile_output="e" * 65536, score=Fraction(10**90, 10**90 + 1)))
    row = next(row for row in await store.all(rows.Submission) if row["id"] == wish.id)
    assert len(row["source"]) == SOURCE_LIMIT_BYTES // 2
    assert row["score"] == Fraction(10**90, 10**90 + 1)


async def test_times_keep_their_microseconds(store: Store) -> None:
    wish = submit(at=NOW - timedelta(microseconds=1))
    done = await store.do(wish)
    assert (await store.all(rows.Submission))[0]["submitted_at"] == wish.at
    assert done.events[0].body["submitted_us"] == round(wish.at.timestamp() * 1e6)


async def test_a_rolled_back_group_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(self: group.Writer, connection: sa.Connection, view: group.View) -> None:
        write(self, connection, view)
        raise Unavailable("the line broke before the commit", code="record-unavailable")

    write = group.Writer.write
    wish = submit()
    with monkeypatch.context() as broken:
        broken.setattr(group.Writer, "write", cut)
        with pytest.raises(Unavailable):
            await store.applier.apply([wish])
    assert await store.count(rows.Submission) == 0
    assert (await store.outcome(wish)).seq == 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_any_interleaving_of_duplicates_and_reorderings_gives_one_verdict_per_run(seed: int, cuts: list[int]) -> None:
    asyncio.run(_interleave(random.Random(seed), cuts))


async def _interleave(dice: random.Random, cuts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Store(f"sqlite:///{Path(folder) / 'r.sqlite3'}") as store:
            await store.do(*settled_world())
            wishes = [submit(dice.choice(["ana", "ben"]), dice.choice(["apples", "bridges"])) for _ in range(6)]
            rejudged = dice.sample(wishes, 2)
            again = [rejudge(wish) for wish in rejudged]
            stream = [*wishes, *(verdict(wish, dice.choice(list(Verdict))) for wish in wishes), *again]
            stream += [verdict(wish, dice.choice(list(Verdict)), run=first_run(one)) for wish, one in zip(rejudged, again, strict=True)]
            deliveries = [*stream, *dice.choices(stream, k=20)]
            dice.shuffle(deliveries)
            first: dict[str, Outcome] = {}
            while deliveries:
                size = cuts[len(deliveries) % len(cuts)]
                part, deliveries = deliveries[:size], deliveries[size:]
                for answer in (await store.applier.apply(part)).answers:
                    assert isinstance(answer.result, Outcome)
                    assert first.setdefault(answer.command.id, answer.result) == answer.result
            await _one_verdict_per_run(store)
            await store.gapless()


async def _one_verdict_per_run(store: Store) -> None:
    judged = [event["body"]["run"] for event in await store.all(rows.Event) if event["kind"] == "judged"]
    assert len(judged) == len(set(judged))
    runs = {run["id"]: run for run in await store.all(rows.Run)}
    assert {run for run, row in runs.items() if row["verdict"] is not None} == set(judged)
    for row in await store.all(rows.Submission):
        assert (row["status"] == "judged") == (runs[row["run"]]["verdict"] is not None)
        assert row["verdict"] == runs[row["run"]]["verdict"]
    assert {work["id"] for work in await store.all(rows.Work)} == set(runs)
