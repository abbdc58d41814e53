"""Owns the grader's counting: metrics with their children bound once. Never decides anything by them."""

from __future__ import annotations

from collections import deque

from contest.verdicts import Verdict
from mesh.metrics import Metrics
from services.grader.docket import Docket
from services.grader.roster import Roster
from services.grader.runs import Attempt, Run
from wire.commands import RecordVerdict
from wire.queues import PRIORITIES


RECENT_S = 300.0
_MOST_RECENT = 2_000


class Figures:
    """What has happened since the start."""

    def __init__(self, metrics: Metrics) -> None:
        self.judged = 0
        self._lengths_of_attempts: deque[tuple[float, float]] = deque(maxlen=_MOST_RECENT)
        self.late_reports = metrics.counter("late_reports_total")
        self.duplicates = metrics.counter("duplicate_deliveries_total")
        self.blob_bytes = metrics.counter("blob_bytes_total")
        self.lines = metrics.gauge("lines")
        self._runs = {verdict: metrics.counter("runs_total").labels(verdict.value) for verdict in Verdict}  # there from the start: the first is seen to be one
        self._attempts = metrics.counter("attempts_total")
        self._calls = metrics.counter("slots_called_total")
        self._running = metrics.gauge("runs_running")
        self._runners = metrics.gauge("runners")
        self._in_service = metrics.gauge("runners_in_service")
        self._waiting = {priority: metrics.gauge("runs_waiting").labels(priority) for priority in PRIORITIES}
        self._waits = {priority: metrics.histogram("run_wait_seconds").labels(priority) for priority in PRIORITIES}
        self._lengths = {priority: metrics.histogram("run_seconds").labels(priority) for priority in PRIORITIES}

    def handed_out(self, run: Run, now: float) -> None:
        """A runner took it."""
        self._waits[run.priority].observe(now - run.waits_since)

    def called(self, whose: str) -> None:
        """A slot was told to give way that works for us (``ours``) or for ``another``."""
        self._calls.labels(whose).inc()

    def attempt_ended(self, outcome: str) -> None:
        """As its runner reported, or ``line-broken``, ``silent``."""
        self._attempts.labels(outcome).inc()

    def took(self, attempt: Attempt, now: float) -> None:
        """A runner brought it to its end."""
        self._lengths_of_attempts.append((now, now - attempt.began))

    def mean_run_s(self, now: float) -> float | None:
        """How long a runner needed for a run, on average over the last `RECENT_S`; None when none ended since."""
        while self._lengths_of_attempts and self._lengths_of_attempts[0][0] < now - RECENT_S:
            self._lengths_of_attempts.popleft()
        if not self._lengths_of_attempts:
            return None
        return sum(length for _, length in self._lengths_of_attempts) / len(self._lengths_of_attempts)

    def judged_run(self, run: Run, verdict: RecordVerdict, now: float) -> None:
        """Its verdict is safe."""
        self.judged += 1
        self._runs[verdict.verdict].inc()
        self._lengths[run.priority].observe(now - run.admitted_at)

    def look(self, docket: Docket, roster: Roster) -> None:
        """Takes down how things stand."""
        waiting = docket.waiting_by_priority()
        for priority, gauge in self._waiting.items():
            gauge.set(waiting[priority])
        self._running.set(len(docket.running()))
        self._runners.set(len(roster))
        self._in_service.set(roster.in_service)
