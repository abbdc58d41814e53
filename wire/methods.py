"""Owns the table of calls: name, callers, shapes, limits. Never carries one out: `mesh.rpc` and the services do.

Everything that is not in this table, and every caller that a row does not list, is refused with 403.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from wire import services
from wire.commands import Command, Outcome
from wire.judging import (
    AttemptEnd, BlobRequest, ClaimAnswer, ClaimRequest, Hold, JudgingManifest, Nothing, Progress, ProgressAnswer,
)  # fmt: skip
from wire.notices import AddressCheck, DeliveryOrder, DeliveryRequest
from wire.problems import (
    CaseFileRequest, ExpectedSubmission, ImportAnswer, ImportRequest, ManifestRequest, ProblemCard, ProblemRequest, PublicFileRequest,
    Statement, StatementRequest,
)  # fmt: skip
from wire.runners import DirectAnswer, DirectRunner, GraderStatus
from wire.undertaking import DeadCount, DeadMessages, DeadOrder, DeadRequest, QueueStates
from wire.verification import PackageTrial, PinLimit, PinnedLimit, TrialRequest

MIB: Final = 1 << 20
Req = TypeVar("Req")
Resp = TypeVar("Resp")


class Shape(enum.StrEnum):
    """What travels.

    CALL: JSON both ways. DOWNLOAD: JSON there, bytes back. UPLOAD: JSON in a header and bytes there, JSON back.
    PASS: a whole HTTP exchange (or WebSocket) handed on as it is.
    """

    CALL = "call"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    PASS = "pass"  # noqa: S105  handing on, not a password


@dataclass(frozen=True, slots=True)
class Method(Generic[Req, Resp]):
    """One call. ``name`` is ``service.verb``; ``callers`` the services that may; idempotent calls are retried, others never.

    ``timeout_s`` bounds the whole call, unless the caller's own deadline is nearer. ``max_bytes`` bounds the body there.
    ``patience_s``: a service that has just gone, because it is started again, is waited for so long after it was found away.
    """

    name: str
    callers: frozenset[str]
    request: type[Req]
    response: type[Resp]
    is_idempotent: bool = True
    timeout_s: float = 10.0
    patience_s: float = 0.0
    max_bytes: int = MIB
    shape: Shape = Shape.CALL

    @property
    def service(self) -> str:
        """The service that answers."""
        return self.name.partition(".")[0]


def _callers(*names: str) -> frozenset[str]:
    return frozenset(names)


_F, _G, _R = services.FRONTEND, services.GRADER, services.RUNNER
RESTART_S: Final = 8.0
"""Longer than a service needs to leave and to be there again; shorter than a person's patience."""

_WRITERS = _callers(_F, services.CERTIFICATES, services.MAILER, services.ANALYTICS)

RECORDER_APPLY: Final = Method("recorder.apply", _WRITERS, Command, Outcome, timeout_s=10, patience_s=RESTART_S, max_bytes=4 * MIB)
RECORDER_DELIVERY: Final = Method("recorder.delivery", _callers(services.MAILER), DeliveryRequest, DeliveryOrder, timeout_s=10)

MAILER_CHECK: Final = Method("mailer.check", _callers(_F), AddressCheck, Nothing, timeout_s=6)

GRADER_CLAIM: Final = Method("grader.claim", _callers(_R), ClaimRequest, ClaimAnswer, is_idempotent=False, timeout_s=35)
GRADER_STANDBY: Final = Method("grader.standby", _callers(_R), ClaimRequest, ProgressAnswer, is_idempotent=False, timeout_s=35)
GRADER_PROGRESS: Final = Method("grader.progress", _callers(_R), Progress, ProgressAnswer, timeout_s=10)
GRADER_FINISH: Final = Method("grader.finish", _callers(_R), AttemptEnd, Nothing, timeout_s=20, max_bytes=8 * MIB)
GRADER_HOLD: Final = Method("grader.hold", _callers(_R), Hold, ProgressAnswer, is_idempotent=False, timeout_s=3600)
GRADER_BLOB: Final = Method("grader.blob", _callers(_R), BlobRequest, Nothing, timeout_s=600, shape=Shape.DOWNLOAD)
GRADER_STATUS: Final = Method("grader.status", _callers(_F), Nothing, GraderStatus, timeout_s=3)
GRADER_DIRECT: Final = Method("grader.direct", _callers(_F), DirectRunner, DirectAnswer, timeout_s=5)

GITSERVER_IMPORT: Final = Method(
    "gitserver.import", _callers(_F), ImportRequest, ImportAnswer,
    is_idempotent=False, timeout_s=300, patience_s=RESTART_S, max_bytes=1024 * MIB, shape=Shape.UPLOAD,
)  # fmt: skip
GITSERVER_PROBLEM: Final = Method("gitserver.problem", _callers(_F, _G), ProblemRequest, ProblemCard, patience_s=RESTART_S)
GITSERVER_STATEMENT: Final = Method("gitserver.statement", _callers(_F), StatementRequest, Statement, patience_s=RESTART_S)
GITSERVER_SUBMISSIONS: Final = Method("gitserver.submissions", _callers(_F), ProblemRequest, tuple[ExpectedSubmission, ...], patience_s=RESTART_S)
GITSERVER_FILE: Final = Method("gitserver.file", _callers(_F), PublicFileRequest, Nothing, timeout_s=120, patience_s=RESTART_S, shape=Shape.DOWNLOAD)
GITSERVER_CASE: Final = Method("gitserver.case", _callers(_F), CaseFileRequest, Nothing, timeout_s=600, patience_s=RESTART_S, shape=Shape.DOWNLOAD)
GITSERVER_MANIFEST: Final = Method("gitserver.manifest", _callers(_G), ManifestRequest, JudgingManifest)
GITSERVER_TRIAL: Final = Method("gitserver.trial", _callers(_G), TrialRequest, PackageTrial, timeout_s=30)
GITSERVER_LIMIT: Final = Method("gitserver.limit", _callers(_G), PinLimit, PinnedLimit)
GITSERVER_BLOB: Final = Method("gitserver.blob", _callers(_G), BlobRequest, Nothing, timeout_s=600, shape=Shape.DOWNLOAD)
GITSERVER_SMART_HTTP: Final = Method(
    "gitserver.git", _callers(_F), Nothing, Nothing, is_idempotent=False, timeout_s=600, patience_s=RESTART_S, max_bytes=1024 * MIB,
    shape=Shape.PASS,
)

BROADCASTER_EVENTS: Final = Method(
    "broadcaster.events", _callers(_F, services.GATEWAY), Nothing, Nothing, is_idempotent=False, timeout_s=24 * 3600, shape=Shape.PASS
)

@dataclass(frozen=True, slots=True)
class Undertaking:
    """What a service that consumes queues answers to operators: how full they are, and their dead letters seen, replayed, purged."""

    queues: Method[Nothing, QueueStates]
    dead: Method[DeadRequest, DeadMessages]
    replay: Method[DeadOrder, DeadCount]
    purge: Method[DeadOrder, DeadCount]

    @property
    def methods(self) -> tuple[Method[Any, Any], ...]:
        """All of them."""
        return self.queues, self.dead, self.replay, self.purge


def _undertaking(service: str) -> Undertaking:
    callers = _callers(_F, services.OPERATOR)
    return Undertaking(
        Method(f"{service}.queues", callers, Nothing, QueueStates),
        Method(f"{service}.dead", callers, DeadRequest, DeadMessages, timeout_s=30),
        Method(f"{service}.replay", callers, DeadOrder, DeadCount, is_idempotent=False, timeout_s=300),
        Method(f"{service}.purge", callers, DeadOrder, DeadCount, is_idempotent=False, timeout_s=300),
    )


UNDERTAKING: Final = {name: _undertaking(name) for name in (services.RECORDER, services.GRADER, services.MAILER)}
"""The calls about queues, by the service that consumes them: `mesh.undertaker.Undertaker` answers."""

METHODS: Final[tuple[Method[object, object], ...]] = (
    *(value for value in list(globals().values()) if isinstance(value, Method)),
    *(method for each in UNDERTAKING.values() for method in each.methods),
)
"""Every method there is."""
