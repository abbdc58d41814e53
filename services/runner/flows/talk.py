"""Owns one conversation: programs in boxes of their own, joined by relays, and who may hear what when. Never says what an end means.

No verdict hangs on who is quicker. The interactor hears of a solution's end only when it has taken everything that the solution said and
waits for more; so its end is either its word on what was said (`Told.NOTHING`), or its word on the silence that it was told of.
A conversation in which nobody does anything for a second is ended: they wait for each other.

A submission may take part with several processes: each has a relay of its own, and what is said of it is a `Talk` of its own.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from services.runner.flows.relaying import Relay
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job, KilledBy
from services.runner.sandbox.pipes import PipeEnd, open_pipe
from services.runner.sandbox.stillness import Stillness

IDLE_SAMPLES = 5
SAMPLE_S = 0.25
IDLE_NS = 1_000_000
"""Less CPU time than this, of all together in one sample, is none: run-times have clocks that tick in their sleep."""
GRACE_S = 0.02
"""A program that ends closes its output first: only one that lives on after that has said that it will say nothing more."""
_LEAST_S, _MOST_S = 0.001, 0.05


class Told(enum.Enum):
    """What an interactor had been told of a solution's silence when it ended itself: that it closed its output, or that it is gone."""

    NOTHING = "nothing"
    CLOSED = "closed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Talk:
    """How a conversation went. ``is_flood``: the solution said more than it may. ``is_idle``: they waited for each other.

    ``is_cut``: the interactor said much to a solution that did not listen any more, and may have died of that.
    ``script`` is the head of what was said: lines of the interactor after ``<``, lines of the solution after ``>``.
    """

    solution: Execution
    interactor: Execution
    told: Told
    is_flood: bool
    is_cut: bool
    is_idle: bool
    script: str

    def close(self) -> None:
        """Forgets what either wrote beside the conversation."""
        self.solution.output.close()
        self.interactor.output.close()


@dataclass(frozen=True, slots=True)
class Side:
    """One who talks: its box, its job without the pipes, and for each that it talks with the descriptors on which it listens and speaks."""

    box: Box
    job: Job
    places: tuple[tuple[int, int], ...] = ((0, 1),)


async def talk(relay: Path, solutions: Sequence[Side], interactor: Side, has_accepted: Callable[[Execution], bool]) -> tuple[Talk, ...]:
    """Lets the processes of a submission talk with an interactor, each for itself, until all have ended: a talk for each process.

    The interactor has as many ``places``. ``has_accepted`` tells whether a solution may go on when the interactor has ended.
    Raises: `BoxLost` when a box broke through nobody's fault; `Broken` (``relay-failed``).
    """
    relays: list[Relay] = []
    pipes = [[open_pipe() for _ in range(4)] for _ in solutions]  # solution to relay, relay to solution, interactor to relay, relay to interactor
    try:
        for solution, (to_us, to_them, from_interactor, to_interactor) in zip(solutions, pipes, strict=True):
            ends = (to_us[0], to_them[1], from_interactor[0], to_interactor[1])
            relays.append(await Relay.start(relay, ends, solution.job.limits.output_bytes))
        ours = [_with_pipes(solution, ((four[1][0], four[0][1]),)) for solution, four in zip(solutions, pipes, strict=True)]
        theirs = _with_pipes(interactor, [(four[3][0], four[2][1]) for four in pipes])
        parties = [_Party(solution.box, one) for solution, one in zip(solutions, relays, strict=True)]
        conversation = _Conversation(parties, interactor.box, has_accepted)
        heard = await conversation.held(ours, theirs)
    finally:
        for one in relays:
            await one.kill()
        for four in pipes:
            for pair in four:
                for end in pair:
                    end.close()
    return tuple(
        Talk(said, heard, told, party.relay.is_flood, party.relay.is_cut, party.is_idle, party.relay.script())
        for party, said, told in zip(parties, conversation.said, conversation.told, strict=True)
    )


def _with_pipes(side: Side, ends: Sequence[tuple[PipeEnd, PipeEnd]]) -> Job:
    """The job with, for each it talks with, the end on which it hears and the one on which it speaks."""
    pairs = zip(side.places, ends, strict=True)
    return replace(side.job, pipes=tuple(one for place, pair in pairs for one in zip(place, pair, strict=True)))


class _Party:
    """One process of the submission: its box, the relay between it and the interactor, and what the interactor was told of it."""

    def __init__(self, box: Box, relay: Relay) -> None:
        self.box = box
        self.relay = relay
        self.over = asyncio.Event()
        self.told = Told.NOTHING
        self.is_idle = False

    def tell(self, what: Told) -> None:
        """Lets the interactor hear that nothing more comes; the first reason stays."""
        if self.told is Told.NOTHING:
            self.told = what
            self.relay.tell()


class _Conversation:
    """All executions at once, watched. ``said`` and ``told`` are in the order of the processes."""

    def __init__(self, parties: Sequence[_Party], interactor: Box, has_accepted: Callable[[Execution], bool]) -> None:
        self._parties = tuple(parties)
        self._interactor = interactor
        self._has_accepted = has_accepted
        self._over = asyncio.Event()
        self.said: list[Execution] = []
        self.told: list[Told] = []

    async def held(self, ours: Sequence[Job], theirs: Job) -> Execution:
        async with asyncio.TaskGroup() as tasks:
            hearing = [tasks.create_task(party.relay.listen(partial(_end, party.box, KilledBy.OUTPUT))) for party in self._parties]
            watching = [tasks.create_task(self._watch()), *(tasks.create_task(self._hushed(party)) for party in self._parties)]
            running = [tasks.create_task(self._solved(party, job)) for party, job in zip(self._parties, ours, strict=True)]
            interacting = tasks.create_task(self._interacted(theirs))
            outcomes = [*[await one for one in running], await interacting]
            for one in watching:
                one.cancel()
            for party in self._parties:
                await party.relay.finish()
            for one in hearing:
                await one
        executions = [one for one in outcomes if isinstance(one, Execution)]
        for lost in outcomes:
            if isinstance(lost, BoxLost):
                for execution in executions:
                    execution.output.close()
                raise lost
        self.said = executions[:-1]
        return executions[-1]

    async def _solved(self, party: _Party, job: Job) -> Execution | BoxLost:
        """One process, to its end, and until the interactor was told of that in its time."""
        outcome = await self._executed(party.box, job)
        party.over.set()
        if isinstance(outcome, Execution):
            await party.relay.mute.wait()
            if await self._until_still(self._interactor, self._over, party.relay):
                party.tell(Told.LEFT)
        return outcome

    async def _hushed(self, party: _Party) -> None:
        """Tells the interactor of a process that has closed its output, and waits."""
        await party.relay.mute.wait()
        await asyncio.sleep(GRACE_S)
        if await self._until_still(party.box, party.over):
            party.tell(Told.CLOSED)

    async def _interacted(self, job: Job) -> Execution | BoxLost:
        outcome = await self._executed(self._interactor, job)
        self.told = [party.told for party in self._parties]
        self._over.set()
        if isinstance(outcome, Execution) and not self._has_accepted(outcome):
            for party in self._parties:
                await party.relay.has_taken_all()  # whether it was cut off is known now
            if not any(party.relay.is_cut for party in self._parties):
                self._end_others(self._interactor)
        return outcome

    async def _executed(self, box: Box, job: Job) -> Execution | BoxLost:
        """A box that is lost ends the conversation; it must not end the tasks of the others, whose boxes would be in no known state."""
        try:
            return await box.execute(job)
        except BoxLost as lost:
            for _, end in job.pipes:
                end.close()
            self._end_others(box)
            return lost

    def _end_others(self, box: Box) -> None:
        for other in (*(party.box for party in self._parties), self._interactor):
            if other is not box:
                _end(other, KilledBy.CANCEL)

    @staticmethod
    async def _until_still(box: Box, over: asyncio.Event, relay: Relay | None = None) -> bool:
        """Returns True when a program waits for others, having taken what the relay handed to it; False when it is over.

        Two looks must agree, with no CPU time between them. One that does nothing for a second, whatever it sleeps for, is still too.
        """
        loop, pause, calm, before = asyncio.get_running_loop(), _LEAST_S, 0, -1
        since = loop.time()
        while not over.is_set():
            has_all = relay is None or await relay.has_taken_all()
            if box.trial is not None:
                state, now = box.trial.stillness(), box.trial.cpu_ns()
                calm = calm + 1 if has_all and state is Stillness.WAITS and (not calm or now == before) else 0
                if state in {Stillness.RUNS, Stillness.GONE} or now - before > IDLE_NS:  # gone: we shall hear of it, however late
                    since = loop.time()
                before = now
                if calm > 1 or loop.time() - since > IDLE_SAMPLES * SAMPLE_S:
                    return True
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await over.wait()
            pause = min(2 * pause, _MOST_S)
        return False

    async def _watch(self) -> None:
        """Ends who waits for ever: all when they wait for each other, else those that are left."""
        quiet, before = 0, -1
        while quiet < IDLE_SAMPLES:
            await asyncio.sleep(SAMPLE_S)
            ours, theirs = [party.box.trial for party in self._parties if party.box.trial], self._interactor.trial
            trials = [*ours, *([theirs] if theirs else [])]
            now = sum(trial.cpu_ns() for trial in trials)
            busy = {Stillness.RUNS, Stillness.SLEEPS} if ours and theirs else {Stillness.RUNS}
            is_quiet = bool(trials) and 0 <= now - before < IDLE_NS and not any(trial.stillness() in busy for trial in trials)
            quiet, before = quiet + 1 if is_quiet else 0, now
        for party in self._parties:
            party.is_idle = party.box.trial is not None and self._interactor.trial is not None
        for box in (*(party.box for party in self._parties), self._interactor):
            _end(box, KilledBy.IDLE)


def _end(box: Box, why: KilledBy) -> None:
    if box.trial is not None:
        box.trial.end(why)
