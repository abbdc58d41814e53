"""Owns the table of the frontend's metrics."""

from __future__ import annotations

from mesh.metrics import SECONDS, MetricSpec

METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("requests_total", "counter", "Requests answered, by route and HTTP status", ("route", "status")),
    MetricSpec("request_seconds", "histogram", "How long requests took to answer", ("route",), SECONDS),
    MetricSpec("submissions_accepted_total", "counter", "Submissions answered with 202"),
    MetricSpec("submissions_refused_total", "counter", "Submissions refused at the door, by code", ("code",)),
    MetricSpec("submissions_unsettled", "gauge", "Submissions that are sent again because it is not known whether the queue has them"),
    MetricSpec("sign_ins_total", "counter", "Tries to sign in, by outcome code", ("outcome",)),
    MetricSpec("waiting_requests", "gauge", "Requests that wait for a verdict"),
)
