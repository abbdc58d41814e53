"""Owns what people are told when a service behind us is away: what cannot be done now, never where that service lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mesh.errors import DeadlineExceeded, MeshError, Unavailable
from wire import services

_OF_THE_LINE = frozenset({
    "peer-unknown", "peer-unreachable", "peer-not-trusted", "peer-disconnected", "peer-busy", "circuit-open", "shutting-down",
    "overloaded", "bad-answer", "stream-broken", "caller-not-allowed",
})  # fmt: skip


@contextmanager
def told_plainly(service: str, text: str = "") -> Iterator[None]:
    """Turns a broken line to a service into words for people, ``text`` if some are given; what the service itself says passes.

    Raises: `Unavailable` (``SERVICE-unavailable``), `DeadlineExceeded`.
    """
    try:
        yield
    except DeadlineExceeded as late:
        raise DeadlineExceeded(
            f"the {service} did not answer in time, and it is not known whether it was done: look before you try again", retry_after_s=5
        ) from late
    except MeshError as wrong:
        if wrong.code not in _OF_THE_LINE:
            raise
        wait_s = wrong.retry_after_s or 5
        raise (Unavailable(text, code=f"{service}-unavailable", retry_after_s=wait_s) if text else _away(service, wait_s)) from wrong


def _away(service: str, wait_s: float) -> Unavailable:
    match service:
        case services.GITSERVER:
            text = "problem packages cannot be reached just now; try again in a moment"
            return Unavailable(text, code="gitserver-unavailable", retry_after_s=wait_s)
        case services.GRADER:
            text = "the judges cannot be asked just now; submissions are taken and judged later"
            return Unavailable(text, code="grader-unavailable", retry_after_s=wait_s)
        case services.BROADCASTER:
            text = "live news are away just now; the page is right when it is loaded again"
            return Unavailable(text, code="broadcaster-unavailable", retry_after_s=wait_s)
        case services.MAILER:
            text = "webhooks cannot be set just now, since nobody can say whether their address may be called; try again in a moment"
            return Unavailable(text, code="mailer-unavailable", retry_after_s=wait_s)
        case _:
            text = "changes cannot be recorded just now and nothing was changed; reading goes on, try again in a moment"
            return Unavailable(text, code="recorder-unavailable", retry_after_s=wait_s)
