"""Owns the errors that cross a service's border. Codes are listed in docs/errors.md, tested, never reused.

    MeshError                 code, message fit for the caller, HTTP status, retryable or not
    ├── Refused               400  the request makes no sense
    ├── Unauthenticated       401  nobody we know
    ├── Forbidden             403  known, and not allowed
    ├── NotFound              404
    ├── Conflict              409  the world is not as the caller thinks
    ├── TooLarge              413
    ├── Invalid               422  understood, and against a rule
    ├── TooMany               429  later (``retry_after_s``)
    ├── Broken                500  our fault
    ├── Unavailable           503  a peer, broker or store is away (retryable)
    └── DeadlineExceeded      504  not in the time that the caller had (retryable)
"""

from __future__ import annotations

from typing import Any, ClassVar


class MeshError(Exception):
    """An expected failure: ``code`` is kebab-case and stable, ``message`` says to a person what happened and what to do."""

    status: ClassVar[int] = 500
    is_retryable: ClassVar[bool] = False
    default_code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, code: str = "", details: Any = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.details = details
        self.retry_after_s = retry_after_s

    def as_object(self) -> dict[str, Any]:
        """The JSON form: ``{"error": {"code", "message", "details"?, "retry_after_s"?}}``."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            error["details"] = self.details
        if self.retry_after_s is not None:
            error["retry_after_s"] = self.retry_after_s
        return {"error": error}


class Refused(MeshError):
    """The request makes no sense."""

    status = 400
    default_code = "bad-request"


class Unauthenticated(MeshError):
    """Nobody we know: sign in, or show a certificate."""

    status = 401
    default_code = "unauthenticated"


class Forbidden(MeshError):
    """Known, and not allowed."""

    status = 403
    default_code = "forbidden"


class NotFound(MeshError):
    """There is no such thing, or none that the caller may see."""

    status = 404
    default_code = "not-found"


class Conflict(MeshError):
    """The world is not as the caller thinks."""

    status = 409
    default_code = "conflict"


class TooLarge(MeshError):
    """More bytes than the limit."""

    status = 413
    default_code = "too-large"


class Invalid(MeshError):
    """Understood, and against a rule; ``details`` may list every fault."""

    status = 422
    default_code = "invalid"


class TooMany(MeshError):
    """Over a rate limit; ``retry_after_s`` says when to come back."""

    status = 429
    is_retryable = True
    default_code = "too-many-requests"


class Broken(MeshError):
    """Our fault; the log has the cause."""

    status = 500
    default_code = "internal"


class Unavailable(MeshError):
    """A peer, broker or store is away; nothing was done, or it can be done again."""

    status = 503
    is_retryable = True
    default_code = "unavailable"


class DeadlineExceeded(MeshError):
    """It took longer than the caller had; whether it was done is not known."""

    status = 504
    is_retryable = True
    default_code = "deadline-exceeded"


ERROR_CLASSES: tuple[type[MeshError], ...] = (
    Refused, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, Invalid, TooMany, Broken, Unavailable, DeadlineExceeded,
)  # fmt: skip


def error_of_status(status: int) -> type[MeshError]:
    """The class that carries this HTTP status; `Broken` for one that none does."""
    return next((kind for kind in ERROR_CLASSES if kind.status == status), Broken)
