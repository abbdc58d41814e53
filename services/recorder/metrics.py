"""Owns the table of the recorder's metrics."""

from __future__ import annotations

from typing import Final

from mesh.metrics import SECONDS, MetricSpec

METRICS: Final = (
    MetricSpec("commands_total", "counter", "Commands decided, by kind and outcome (applied, repeated, refused, broken)", ("kind", "outcome")),
    MetricSpec("group_commands", "histogram", "Commands in one transaction", (), (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
    MetricSpec("commit_seconds", "histogram", "How long a group took, from the first read to the commit", (), SECONDS),
    MetricSpec("record_away", "gauge", "1 while the database cannot be written"),
    MetricSpec("clock_ahead_total", "counter", "Submissions refused because they came from the future: a clock is wrong"),
    MetricSpec("clock_ahead_seconds", "gauge", "How far from the future the last of those came"),
    MetricSpec("outbox_sent_total", "counter", "Messages of the outbox confirmed by their queue"),
    MetricSpec("outbox_waiting", "gauge", "Messages of the outbox that are known and not yet confirmed (at most 50 of a queue that refuses)", ("queue",)),
    MetricSpec("swept_total", "counter", "Runs sent again because no verdict came"),
    MetricSpec("job_runs_total", "counter", "Jobs of the scheduler that this recorder ran, by outcome (done, failed, lost)", ("job", "outcome")),
    MetricSpec("job_seconds", "histogram", "How long a job took that went well", ("job",), SECONDS),
    MetricSpec("job_failures", "gauge", "How often a job has failed in a row, in the whole cluster", ("job",)),
    MetricSpec("trimmed_total", "counter", "Runs whose outputs and messages were forgotten because they have had their time"),
    MetricSpec("purged_total", "counter", "Rows deleted because they have had their time, by table", ("table",)),
    MetricSpec("reminders_total", "counter", "Webhook calls sent to the mailer again because nothing was heard of them"),
    MetricSpec("digests_total", "counter", "Daily digests written for accounts with a webhook"),
    MetricSpec("retrials_total", "counter", "Packages sent to be tried out again because no report came"),
    MetricSpec("news_total", "counter", "News told"),
    MetricSpec("news_lost_total", "counter", "News that could not be told, since the topics were away"),
    MetricSpec("boards_built_total", "counter", "Live boards built from the record"),
)
"""What the recorder counts."""
