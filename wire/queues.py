"""Owns the table of durable queues: one row says all there is to know. Never talks to a broker: `mesh.queue` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wire import services
from wire.commands import Command
from wire.judging import JudgeSubmission
from wire.notices import GenerateCertificates, InboundMail, Notification, Usage
from wire.verification import VerifyProblem


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One durable queue.

    ``prefetch`` is how many unacknowledged messages one consumer holds. A message is tried ``max_tries`` times,
    waiting ``backoff_s`` in between (the last entry repeats, jitter is added), then goes to ``dead``. ``ttl_s`` None:
    kept for ever. When ``max_length`` lie ready, publishing is refused. ``publishers`` and ``consumers`` are services.
    ``exchange`` is one more exchange that reaches it by its name, for programs that know it there.
    """

    name: str
    message: type
    publishers: frozenset[str]
    consumers: frozenset[str]
    prefetch: int
    max_tries: int
    backoff_s: tuple[int, ...] = (1, 5, 30, 120, 600)
    ttl_s: int | None = None
    max_length: int = 100_000
    rate_per_minute: int | None = None
    is_single_active: bool = False
    exchange: str = ""

    @property
    def dead(self) -> str:
        """The name of its dead-letter queue."""
        return f"{self.name}.dead"


PRIORITIES: Final = ("contest", "normal", "low", "ephemeral")
"""The levels of judging, most urgent first."""

PRIORITY_WEIGHTS: Final = {"contest": 64, "normal": 8, "low": 1, "ephemeral": 8}
"""How often each level is served while all have work: weights of a smooth weighted round robin."""

_SENDERS = frozenset({services.FRONTEND, services.GRADER, services.GITSERVER, services.MAILER})
_RECORDER = frozenset({services.RECORDER})
_DAY_S: Final = 86_400

COMMANDS: Final = QueueSpec(
    "CommandQueue", Command, publishers=_SENDERS, consumers=frozenset({services.RECORDER}),
    prefetch=200, max_tries=20, max_length=200_000, is_single_active=True,
)  # fmt: skip

SUBMISSIONS: Final = {
    priority: QueueSpec(
        f"SubmissionQueue.{priority}", JudgeSubmission,
        publishers=frozenset({services.RECORDER}), consumers=frozenset({services.GRADER}),
        prefetch=prefetch, max_tries=5, ttl_s=ttl_s, max_length=max_length,
    )
    for priority, prefetch, ttl_s, max_length in (
        ("contest", 64, None, 100_000),
        ("normal", 32, None, 100_000),
        ("low", 16, None, 50_000),
        ("ephemeral", 16, 120, 2_000),
    )
}  # fmt: skip
"""One queue per priority; the grader's prefetch is the window it orders by fairness."""

VERIFICATIONS: Final = QueueSpec(
    "VerificationQueue", VerifyProblem, publishers=_RECORDER, consumers=frozenset({services.GRADER}),
    prefetch=2, max_tries=5, max_length=10_000,
)  # fmt: skip
"""Packages to be tried out; one takes as long as all of its submissions."""

NOTIFICATIONS: Final = QueueSpec(
    "NotificationQueue", Notification, publishers=_RECORDER, consumers=frozenset({services.MAILER}),
    prefetch=20, max_tries=10, ttl_s=2 * _DAY_S, max_length=50_000, rate_per_minute=600,
)  # fmt: skip

CERTIFICATES: Final = QueueSpec(
    "ContestQueue", GenerateCertificates, publishers=_RECORDER, consumers=frozenset({services.CERTIFICATES}),
    prefetch=1, max_tries=5, ttl_s=7 * _DAY_S, max_length=1_000, exchange="certificates",
)  # fmt: skip

ANALYTICS: Final = QueueSpec(
    "AnalyticsQueue", Usage, publishers=_RECORDER, consumers=frozenset({services.ANALYTICS}),
    prefetch=100, max_tries=5, ttl_s=_DAY_S,
)  # fmt: skip

INBOUND_MAIL: Final = QueueSpec(
    "InboundMailQueue", InboundMail, publishers=frozenset({services.MAILER}), consumers=frozenset({services.MAILER}),
    prefetch=10, max_tries=10, ttl_s=7 * _DAY_S, max_length=10_000,
)  # fmt: skip

IDLE: Final = frozenset({CERTIFICATES.name, ANALYTICS.name, INBOUND_MAIL.name})
"""Queues that nothing is published to yet, since what would consume them is not built."""

QUEUES: Final[tuple[QueueSpec, ...]] = (COMMANDS, *SUBMISSIONS.values(), VERIFICATIONS, NOTIFICATIONS, CERTIFICATES, ANALYTICS, INBOUND_MAIL)
"""Every queue there is, in the order in which they are declared."""


def consumed_by(service: str) -> tuple[str, ...]:
    """The names of the queues that a service consumes, in the order of the table."""
    return tuple(queue.name for queue in QUEUES if service in queue.consumers)
