"""Owns the table of the runner's metrics."""

from __future__ import annotations

from mesh.metrics import SECONDS, MetricSpec

METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("slots", "gauge", "Places where submissions are judged at the same time"),
    MetricSpec("slots_busy", "gauge", "Places where one is judged now"),
    MetricSpec("attempts_total", "counter", "Attempts ended, by outcome (forgotten: the grader did not want it any more) and language", ("outcome", "language")),
    MetricSpec("attempt_seconds", "histogram", "From the claim to the delivered end", (), SECONDS),
    MetricSpec("boxes_total", "counter", "Boxes started, failed to start, discarded", ("what",)),
    MetricSpec("boxes_ready", "gauge", "Boxes that wait to be taken"),
    MetricSpec("boxes_lost_total", "counter", "Executions whose box had to be killed from outside, or broke; should stay 0"),
    MetricSpec("box_start_seconds", "histogram", "How long a box took to start", (), SECONDS),
    MetricSpec("executions_total", "counter", "Executions by purpose (solution, compiler, validator) and ending", ("purpose", "ending")),
    MetricSpec("execution_overhead_seconds", "histogram", "What an execution took beyond the program's own time on the clock", (), SECONDS),
    MetricSpec("kills_total", "counter", "Executions ended by us, by reason", ("reason",)),
    MetricSpec("oom_kills_total", "counter", "Processes that the kernel killed at the memory limit"),
    MetricSpec("held_up_seconds_total", "counter", "Time added to wall limits, since programs waited for a core that others had; growing: the machine is too full"),
    MetricSpec("left_behind_total", "counter", "Processes that outlived their main process, and were killed"),
    MetricSpec("groups_waiting", "gauge", "Control groups that could not be removed yet"),
    MetricSpec("stale_groups_removed", "gauge", "Control groups of dead runners that were removed at the start"),
    MetricSpec("self_test_seconds", "gauge", "How long the self-test took"),
    MetricSpec("self_test_failed", "gauge", "Lines of the self-test that failed"),
    MetricSpec("cache_bytes", "gauge", "Inputs kept on disk, in bytes"),
    MetricSpec("cache_hits", "gauge", "Inputs that were there when wanted, since the start"),
    MetricSpec("cache_misses", "gauge", "Inputs that had to be fetched, since the start"),
    MetricSpec("builds", "gauge", "Programs wanted since the start: found in memory, found on disk, built", ("how",)),
    MetricSpec("builds_bytes", "gauge", "Compiled programs kept on disk, in bytes"),
    MetricSpec("builds_broken", "gauge", "Compiled programs on disk that were not what was written, since the start; should stay 0"),
    MetricSpec("boxes_failing", "gauge", "Boxes in a row that did not start, up to now: while it is not 0 this runner takes no work"),
    MetricSpec("in_service", "gauge", "1 while this runner takes work; 0 while an operator holds it, it has taken itself out, or no box starts"),
    MetricSpec("quarantines", "gauge", "How often this runner took itself out, after judge errors or without boxes, since the start; should stay 0"),
    MetricSpec("speed", "gauge", "How fast this machine does a fixed piece of work, 1 as the reference"),
    MetricSpec("fetched_bytes", "gauge", "Bytes of inputs fetched from the grader, since the start"),
)
