"""Owns the runner's counting: metrics with their children bound once, and what the sandbox tells. Never decides anything."""

from __future__ import annotations

from functools import partial

from mesh.metrics import Metrics
from services.runner.blobs import BlobCache
from services.runner.builds import Builds
from services.runner.products import Products
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import Observer, Sandbox
from services.runner.standing import Standing


class Figures(Observer):
    """What happens in this runner, counted."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.busy = metrics.gauge("slots_busy")
        self._attempts = metrics.counter("attempts_total")
        self._attempt_s = metrics.histogram("attempt_seconds")
        self._boxes = metrics.counter("boxes_total")
        self._box_s = metrics.histogram("box_start_seconds")
        self._executions = metrics.counter("executions_total")
        self._overhead_s = metrics.histogram("execution_overhead_seconds")
        self._kills = metrics.counter("kills_total")
        self._oom_kills = metrics.counter("oom_kills_total")
        self._held_up = metrics.counter("held_up_seconds_total")
        self._left_behind = metrics.counter("left_behind_total")
        self._lost = metrics.counter("boxes_lost_total")

    def attempt_ended(self, outcome: str, language: str, seconds: float) -> None:
        """An attempt is over; ``outcome`` as reported, or forgotten."""
        self._attempts.labels(outcome, language).inc()
        self._attempt_s.observe(seconds)

    def box_started(self, seconds: float) -> None:
        self._boxes.labels("started").inc()
        self._box_s.observe(seconds)

    def box_failed(self) -> None:
        self._boxes.labels("failed").inc()

    def box_discarded(self) -> None:
        self._boxes.labels("discarded").inc()

    def executed(self, job: Job, execution: Execution) -> None:
        ending = execution.verdict
        self._executions.labels(job.purpose, ending.value if ending else "ended").inc()
        self._overhead_s.observe(execution.overhead_ns / 1e9)
        if execution.killed_by:
            self._kills.labels(execution.killed_by.value).inc()
        if execution.is_lost:
            self._lost.inc()
        self._oom_kills.inc(execution.oom_kills)
        self._held_up.inc(execution.held_up_ns / 1e9)
        self._left_behind.inc(execution.left_behind)

    def watch(self, sandbox: Sandbox, pool: BoxPool, blobs: BlobCache, slots: int) -> None:
        """Binds what is looked up when somebody asks."""
        gauge = self._metrics.gauge
        gauge("slots").set(slots)
        gauge("stale_groups_removed").set(sandbox.groups.swept)
        gauge("groups_waiting").set_function(lambda: sandbox.groups.stubborn)
        gauge("boxes_ready").set_function(lambda: pool.ready)
        gauge("boxes_failing").set_function(lambda: pool.starts.failures)
        gauge("cache_bytes").set_function(lambda: blobs.total_bytes)
        gauge("cache_hits").set_function(lambda: blobs.hits)
        gauge("cache_misses").set_function(lambda: blobs.misses)
        gauge("fetched_bytes").set_function(lambda: blobs.fetched_bytes)

    def watch_builds(self, builds: Builds, products: Products) -> None:
        """The same for what is compiled."""
        for how in ("memory", "disk", "built"):
            self._metrics.gauge("builds").labels(how).set_function(partial(builds.counts.__getitem__, how))
        self._metrics.gauge("builds_bytes").set_function(lambda: products.total_bytes)
        self._metrics.gauge("builds_broken").set_function(lambda: products.broken)

    def watch_standing(self, standing: Standing) -> None:
        """And for whether it takes work."""
        self._metrics.gauge("in_service").set_function(lambda: not standing.is_out)
        self._metrics.gauge("quarantines").set_function(lambda: standing.quarantines)
        self._metrics.gauge("speed").set(standing.facts().speed)

    def self_tested(self, seconds: float, failed: int) -> None:
        """The self-test ran."""
        self._metrics.gauge("self_test_seconds").set(seconds)
        self._metrics.gauge("self_test_failed").set(failed)
