"""Owns what people are told when a service behind us is away: what cannot be done now, never where that service lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mesh.errors import DeadlineExceeded, MeshError, Unavailable

_WHAT = {
    "recorder": "changes cannot be recorded just now; nothing was changed. Reading goes on; try again in a moment",
    "gitserver": "problem packages cannot be reached just now; try again in a moment",
    "grader": "the judges cannot be asked just now; submissions are taken and judged later",
    "broadcaster": "live news are away just now; the page is right when it is loaded again",
}
_LATE = "{service} did not answer in time, and it is not known whether it was done: look before you try again"
_OF_THE_LINE = frozenset({
    "peer-unknown", "peer-unreachable", "peer-not-trusted", "peer-disconnected", "peer-busy", "circuit-open", "shutting-down",
    "overloaded", "bad-answer", "stream-broken", "caller-not-allowed",
})  # fmt: skip


@contextmanager
def told_plainly(service: str) -> Iterator[None]:
    """Turns a broken line to a service into words for people, code ``SERVICE-unavailable``; what the service itself says passes."""
    try:
        yield
    except DeadlineExceeded as late:
        raise DeadlineExceeded(_LATE.format(service=f"the {service}"), code=f"{service}-late", retry_after_s=5) from late
    except MeshError as wrong:
        if wrong.code not in _OF_THE_LINE:
            raise
        raise Unavailable(_WHAT[service], code=f"{service}-unavailable", retry_after_s=wrong.retry_after_s or 5) from wrong
