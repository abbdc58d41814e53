"""Owns a service's metrics: declared in one table per service, shown in Prometheus' text format. Never pushes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Buckets for anything that takes time, in seconds."""

AGES = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
"""Buckets for how long something lay, in seconds."""


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One metric. ``name`` has its unit at the end (``_total``, ``_seconds``, ``_bytes``) and no service prefix: that is added."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] | None = None


class Metrics:
    """The metrics of one service, by name. Children with labels are bound once by whoever uses them."""

    def __init__(self, service: str, specs: Iterable[MetricSpec]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._made: dict[str, Counter | Gauge | Histogram] = {}
        for spec in specs:
            self._made[spec.name] = _make(service, spec, self._registry)

    def counter(self, name: str) -> Counter:
        """The declared counter of that name."""
        made = self._made[name]
        assert isinstance(made, Counter), f"{name} is not a counter"
        return made

    def gauge(self, name: str) -> Gauge:
        """The declared gauge of that name."""
        made = self._made[name]
        assert isinstance(made, Gauge), f"{name} is not a gauge"
        return made

    def histogram(self, name: str) -> Histogram:
        """The declared histogram of that name."""
        made = self._made[name]
        assert isinstance(made, Histogram), f"{name} is not a histogram"
        return made

    def text(self) -> bytes:
        """All of them in Prometheus' text exposition format."""
        return generate_latest(self._registry)


def full_name(service: str, spec: MetricSpec) -> str:
    """The name as Prometheus sees it: ``palestra_grader_runs_total``; one of the mesh's own has no service in it."""
    return f"palestra_{service}_{spec.name}" if service else f"palestra_{spec.name}"


MESH_METRICS: tuple[MetricSpec, ...] = (
    MetricSpec("calls_total", "counter", "Calls answered, by method, caller and outcome code", ("method", "peer", "outcome")),
    MetricSpec("call_seconds", "histogram", "How long calls took to answer", ("method",), SECONDS),
    MetricSpec("peer_calls_total", "counter", "Calls made to other services, by method and outcome code", ("method", "outcome")),
    MetricSpec("peer_call_seconds", "histogram", "How long calls to other services took, retries included", ("method",), SECONDS),
    MetricSpec("refused_callers_total", "counter", "Calls by peers that their method does not list", ("method", "peer")),
    MetricSpec("certificate_expiry_seconds", "gauge", "Seconds until the service's certificate expires"),
    MetricSpec("handshakes_refused_total", "counter", "TLS handshakes that failed, by our side of it and reason", ("side", "reason")),
    MetricSpec("connections", "gauge", "Connections open to our door"),
    MetricSpec("ready", "gauge", "1 while work may be sent here, as /health/ready says"),
    MetricSpec("peer_circuit_open", "gauge", "1 while calls to a peer fail fast", ("peer",)),
    MetricSpec("peer_calls_in_flight", "gauge", "Calls to a peer that are under way", ("peer",)),
    MetricSpec("queue_published_total", "counter", "Messages published, by queue and outcome: confirmed, or the code of the refusal", ("queue", "outcome")),
    MetricSpec("queue_publish_seconds", "histogram", "How long a publish took, its retries included", ("queue",), SECONDS),
    MetricSpec("queue_taken_total", "counter", "Messages taken, by queue and whether they had been delivered before", ("queue", "again")),
    MetricSpec("queue_age_seconds", "histogram", "How old messages were when taken, since they were published", ("queue",), AGES),
    MetricSpec("queue_settled_total", "counter", "Messages settled: acked, retried, rejected, or broken (they come again)", ("queue", "outcome")),
    MetricSpec("queue_messages", "gauge", "Messages in a queue that this service consumes: ready, held, waiting, dead", ("queue", "state")),
    MetricSpec("queue_consumers", "gauge", "Taps open on a queue that this service consumes", ("queue",)),
    MetricSpec("queue_strays", "gauge", "Messages that no queue took; as every consuming service sees them"),
    MetricSpec("queue_away", "gauge", "1 while the broker does not answer"),
    MetricSpec("messages_total", "counter", "Queue messages handled, by queue and outcome", ("queue", "outcome")),
    MetricSpec("cache_reads_total", "counter", "Values asked for, by store (cache, state), kind of key and outcome (hit, miss)", ("store", "kind", "outcome")),
    MetricSpec("cache_computations_total", "counter", "Values made since none was there, by store and kind of key", ("store", "kind")),
    MetricSpec("cache_errors_total", "counter", "Calls to a store that failed, by code", ("store", "code")),
    MetricSpec("cache_seconds", "histogram", "How long calls to a store took, but for computations", ("store", "call"), SECONDS),
    MetricSpec("cache_away", "gauge", "1 while the last call to a store failed", ("store",)),
    MetricSpec("topics_published_total", "counter", "News told, by kind of topic", ("kind",)),
    MetricSpec("topics_unpublished_total", "counter", "News that could not be told, since the topics were away"),
    MetricSpec("topics_gaps_total", "counter", "Breaks in the line of news that a listener was told of"),
    MetricSpec("topics_replays_total", "counter", "Readings of missed news, by outcome (complete, incomplete, broken)", ("outcome",)),
    MetricSpec("topics_replayed_total", "counter", "News that were read again after a break"),
)
"""What every service shows of its mesh side, beside its own table."""


def _make(service: str, spec: MetricSpec, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    name = full_name(service, spec)
    if spec.kind == "counter":
        return Counter(name, spec.text, spec.labels, registry=registry)
    if spec.kind == "gauge":
        return Gauge(name, spec.text, spec.labels, registry=registry)
    return Histogram(name, spec.text, spec.labels, buckets=spec.buckets or SECONDS, registry=registry)
