"""Owns the counting of calls: children are bound once per peer and outcome, since binding costs more than counting."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from mesh.metrics import Metrics


class Tally:
    """The figures of one method at our door: how many, by whom, how they ended, how long they took."""

    def __init__(self, metrics: Metrics, method: str) -> None:
        self._method = method
        self._total = metrics.counter("calls_total")
        self._seconds: Histogram = metrics.histogram("call_seconds").labels(method)
        self._bound: dict[tuple[str, str], Counter] = {}

    def note(self, peer: str, outcome: str, took_s: float) -> None:
        """One call was answered."""
        child = self._bound.get((peer, outcome))
        if child is None:
            child = self._bound[peer, outcome] = self._total.labels(self._method, peer, outcome)
        child.inc()
        self._seconds.observe(took_s)


class PeerTally:
    """The figures of one method that we call: how calls ended and how long they took, retries included."""

    def __init__(self, metrics: Metrics, method: str) -> None:
        self._method = method
        self._total = metrics.counter("peer_calls_total")
        self._seconds: Histogram = metrics.histogram("peer_call_seconds").labels(method)
        self._bound: dict[str, Counter] = {}

    def note(self, outcome: str, took_s: float) -> None:
        """One call ended."""
        child = self._bound.get(outcome)
        if child is None:
            child = self._bound[outcome] = self._total.labels(self._method, outcome)
        child.inc()
        self._seconds.observe(took_s)
