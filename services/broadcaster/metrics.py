"""Owns the broadcaster's table of metrics."""

from __future__ import annotations

from mesh.metrics import MetricSpec

_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)

METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("listeners", "gauge", "Browsers that listen, by how: ws or sse", ("way",)),
    MetricSpec("topics_followed", "gauge", "Topics that somebody here listens to, or did a moment ago"),
    MetricSpec("news_total", "counter", "News heard"),
    MetricSpec("delivered_total", "counter", "Frames written to browsers"),
    MetricSpec("slow_listeners", "gauge", "Browsers that have not read what they were sent"),
    MetricSpec("let_go_total", "counter", "Browsers that were let go, by reason", ("reason",)),
    MetricSpec("refused_total", "counter", "Browsers that were not let in, by code", ("code",)),
    MetricSpec("resumed_total", "counter", "Topics resumed for who came back, by where from: memory, store, or told to read anew", ("source",)),
    MetricSpec("gaps_total", "counter", "Breaks in the line to the topics"),
    MetricSpec("malformed_total", "counter", "News that were no JSON object and were dropped"),
    MetricSpec("lag_seconds", "histogram", "From the making of news to the last browser's buffer", (), _LAGS),
)
