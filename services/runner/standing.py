"""Owns whether this runner takes work: held by an operator, or out because it failed again and again. Never judges, never claims.

Who fails on several submissions in a row says so and takes no more. Then it looks whose fault that is: its self-test tells about this
machine; submissions to one problem only, or of one author, and a self-test that passes, tell that the problem is broken or the author
makes it so, and it goes on. Else it stays out until the self-test passes again or an operator takes it into service; longer each time
that the self-test fails, so that nobody outside can keep it out by what he hands in. An operator's word lies on disk: it outlives this
process and every grader.

While no box starts it takes no work either, at once and whatever it judged before; when that lasts it tests itself before it takes some again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from mesh.errors import MeshError
from mesh.log import Log
from services.runner.sandbox.starts import Starts
from services.runner.threads import hop
from wire.runners import DirectRunner, RunnerFacts

Prove = Callable[[], Awaitable[None]]
"""The self-test. Raises: `MeshError` with what does not hold."""

FIRST_PAUSE_S = 30.0
MOST_PAUSE_S = 1800.0
_INNOCENT = frozenset({"judged", "compile-error", "checker-error", "validated"})


class Standing:
    """Whether it takes work, and why not. ``quarantines`` counts how often it took itself out; ``boxes`` is how their starting goes.

    ``no_boxes_s`` without a box are a quarantine; 0: never.
    """

    def __init__(
        self, facts: RunnerFacts, folder: Path, prove: Prove, log: Log,
        *, judge_errors: int, boxes: Starts | None = None, no_boxes_s: float = 60.0, first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:  # fmt: skip
        self._facts = facts
        self._path = folder / "standing.json"
        self._prove = prove
        self._log = log
        self._most_errors = judge_errors
        self._boxes = boxes or Starts()
        self._no_boxes_s = no_boxes_s
        self._first_pause_s = self._pause_s = first_pause_s
        self._direction: DirectRunner | None = None
        self._errors: dict[str, tuple[str, str]] = {}
        self._last_error = ""
        self._is_suspect = asyncio.Event()
        self._is_recalled = asyncio.Event()
        self.trouble = ""
        self.quarantines = 0

    @property
    def is_held(self) -> bool:
        """Whether an operator holds it."""
        return self._direction is not None and self._direction.is_held

    @property
    def is_out(self) -> bool:
        """Whether it takes no work."""
        return self.is_held or bool(self.trouble or self._boxes.trouble)

    @property
    def why_out(self) -> str:
        """In words, for people; empty when it takes work."""
        held = f"held by {self._direction.by}" if self.is_held and self._direction else ""
        return "; ".join(filter(None, (held, self._troubles)))

    @property
    def _troubles(self) -> str:
        boxes = self._boxes
        failing = f"{boxes.trouble} ({boxes.failures} in a row, for {boxes.lasts_s:.0f} s; it tries again and again)" if boxes.trouble else ""
        return "; ".join(filter(None, (self.trouble, failing)))

    def facts(self) -> RunnerFacts:
        """What this runner says of itself now."""
        directed_us = self._direction.at_us if self._direction else 0
        return replace(self._facts, trouble=self._troubles, is_held=self.is_held, directed_us=directed_us)

    async def open(self) -> None:
        """Finds what an operator said to a former life."""
        self._direction = await hop(_read, self._path)
        if self.is_held:
            self._log.warning("runner-held", by=self.why_out)

    async def direct(self, direction: DirectRunner) -> None:
        """Takes an operator's word, unless a later one is known; to take it into service ends a quarantine too."""
        if self._direction is not None and direction.at_us <= self._direction.at_us:
            return
        self._direction = direction
        self._log.warning("runner-directed", is_held=direction.is_held, by=direction.by)
        if not direction.is_held:
            self._is_recalled.set()
            self._boxes.hurry()
            self._clear()
        try:
            await hop(_write, self._path, direction)
        except OSError as full:
            self._log.error("direction-not-kept", reason=str(full))

    def ended(self, problem: str, submission: str, outcome: str, message: str = "", author: str = "") -> None:
        """An attempt came to its end. ``author`` is empty where nobody says who it is."""
        if outcome in _INNOCENT:
            self._errors.clear()
            self._pause_s = self._first_pause_s
        elif outcome == "judge-error":
            self._errors[submission] = (problem, author or submission)
            self._last_error = message[:300]
            if self._most_errors and len(self._errors) >= self._most_errors and not self.trouble:
                self.trouble = f"{len(self._errors)} judge errors in a row, lastly: {self._last_error}; it tests itself"
                self._is_recalled.clear()
                self._is_suspect.set()

    async def watch(self) -> None:
        """Looks into every suspicion, for ever."""
        while True:
            await self._is_suspect.wait()
            self._is_suspect.clear()
            problems, count = sorted({problem for problem, _ in self._errors.values()}), len(self._errors)
            authors = {author for _, author in self._errors.values()}
            wrong = await self._examined()
            if not self.trouble:
                continue  # recalled meanwhile
            if not wrong and (len(problems) == 1 or len(authors) == 1):
                if len(problems) == 1:
                    self._log.warning("problem-at-fault", problem=problems[0], judge_errors=count, detail=self._last_error)
                else:
                    self._log.warning("author-at-fault", author=authors.pop(), judge_errors=count, detail=self._last_error)
                self._clear()
                continue
            await self._stay_out(f"{count} judge errors in a row on {', '.join(problems)}, lastly: {self._last_error}", wrong)

    async def watch_boxes(self) -> None:
        """Tells of boxes that do not start, and makes a quarantine of it when that lasts, for ever."""
        boxes = self._boxes
        while True:
            await boxes.until_bad()
            self._log.warning("boxes-do-not-start", reason=boxes.trouble or "one did not, the next did")
            try:
                async with asyncio.timeout(self._no_boxes_s or None):
                    await boxes.until_good()
            except TimeoutError:
                await self._out_without_boxes()
            self._log.info("boxes-start-again")

    async def _out_without_boxes(self) -> None:
        """Until one starts. What it judges then is believed when the self-test says so: somebody worked on this machine."""
        self.quarantines += 1
        is_mine = not self.trouble
        if is_mine:
            self.trouble = f"no box has started for {self._no_boxes_s:g} s"
        self._log.error("runner-quarantined", reason=self._troubles)
        await self._boxes.until_good()
        if not is_mine or not self.trouble:
            return  # out for something else, or recalled meanwhile
        self.trouble = "boxes start again, and it tests itself"
        wrong = await self._examined()
        if wrong and self.trouble:
            self._is_recalled.clear()
            await self._stay_out("boxes had not started", wrong)
        elif self.trouble:
            self._return()

    async def _stay_out(self, why: str, wrong: str) -> None:
        self.quarantines += 1
        while self.trouble:
            pause_s = self._pause_s if wrong else self._first_pause_s
            if wrong:
                self._pause_s = min(self._pause_s * 2, MOST_PAUSE_S)
            test = f"its self-test fails: {wrong}" if wrong else "its self-test passes"
            self.trouble = f"{why}; {test}; it looks again in {pause_s:g} s, or take it into service"
            self._log.error("runner-quarantined", reason=self.trouble)
            try:
                async with asyncio.timeout(pause_s):
                    await self._is_recalled.wait()
            except TimeoutError:
                wrong = await self._examined()
                if wrong:
                    continue
            self._return()

    async def _examined(self) -> str:
        """What the self-test has against this machine."""
        try:
            await self._prove()
        except MeshError as failed:
            return failed.message
        return ""

    def _return(self) -> None:
        self._clear()
        self._log.info("runner-in-service", after="quarantine")

    def _clear(self) -> None:
        self.trouble = ""
        self._errors.clear()


def _read(path: Path) -> DirectRunner | None:
    """None when there is nothing, or nothing that can be read: then the last word is taken for never said."""
    try:
        said = json.loads(path.read_text())
        return DirectRunner(str(said["host"]), bool(said["is_held"]), str(said["by"]), int(said["at_us"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, direction: DirectRunner) -> None:
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps({"host": direction.host, "is_held": direction.is_held, "by": direction.by, "at_us": direction.at_us}))
    draft.replace(path)
