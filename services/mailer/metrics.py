"""Owns the table of the mailer's metrics."""

from __future__ import annotations

from typing import Final

from mesh.metrics import SECONDS, MetricSpec

METRICS: Final = (
    MetricSpec(
        "deliveries_total", "counter",
        "What became of messages: delivered, failed (given up), again (tried, comes back), put-off (not called, comes back), "
        "unwanted (done already), rejected (unreadable)",
        ("outcome",),
    ),
    MetricSpec("webhook_seconds", "histogram", "How long webhook calls took", (), SECONDS),
    MetricSpec("webhooks_in_flight", "gauge", "Webhook calls under way"),
    MetricSpec("slow_hosts", "gauge", "Receivers that let a call time out a short while ago"),
    MetricSpec("addresses_refused_total", "counter", "Addresses that were not called because they do not lead to a public host"),
    MetricSpec("publish_retries_total", "counter", "Times that an outcome had to be published once more before it was safe"),
)  # fmt: skip
"""What the mailer counts."""
