"""Owns the grader's table of metrics."""

from __future__ import annotations

from mesh.metrics import MetricSpec

_WAITS = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
_TRIALS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("runs_total", "counter", "Runs that ended, by verdict", ("verdict",)),
    MetricSpec("attempts_total", "counter", "Attempts that ended, by outcome: as reported, or lost", ("outcome",)),
    MetricSpec("slots_called_total", "counter", "Slots told to give way to something urgent here, by the grader whose work they did: ours, another", ("whose",)),
    MetricSpec("late_reports_total", "counter", "Reports of dead attempts, refused"),
    MetricSpec("duplicate_deliveries_total", "counter", "Deliveries of a run that is known already"),
    MetricSpec("runs_waiting", "gauge", "Runs in the grader's window that wait for a runner or a manifest", ("priority",)),
    MetricSpec("runs_running", "gauge", "Runs in the hands of runners"),
    MetricSpec("runners", "gauge", "Runners heard of in the last minute"),
    MetricSpec("runners_in_service", "gauge", "Those of them that get work: neither held by an operator nor out by themselves"),
    MetricSpec("lines", "gauge", "Lines held open by runners at work"),
    MetricSpec("run_wait_seconds", "histogram", "From ready (again) to a runner's hands", ("priority",), _WAITS),
    MetricSpec("run_seconds", "histogram", "From intake to the verdict being safe", ("priority",), _WAITS),
    MetricSpec("manifest_fetches_total", "counter", "Manifests asked of the gitserver, by outcome", ("outcome",)),
    MetricSpec("publish_retries_total", "counter", "Verdicts that the queue did not take at once"),
    MetricSpec("news_lost_total", "counter", "Progress news that could not be told"),
    MetricSpec("trials_total", "counter", "Packages tried out, by the state of their report", ("state",)),
    MetricSpec("trial_seconds", "histogram", "How long a package took to be tried out", (), _TRIALS),
    MetricSpec("blob_bytes_total", "counter", "Bytes of inputs passed through to runners"),
)
