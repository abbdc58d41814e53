"""Owns the question whether a command comes from whom it says. Never decides whether he may: the rules do.

An account's word is vouched for by the frontend's signature over actor, command id and the digest of the body. A service's word is its own: over a call
the certificate says who speaks, over the queue the broker's rights do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from mesh.codec import digest_of
from mesh.errors import Forbidden, Refused, Unauthenticated
from mesh.ids import is_id
from services.recorder.rules.forms import is_username
from services.recorder.rules.rights import is_service, service_actor
from wire import services
from wire.commands import COMMANDS, Command

CORRELATION_LIMIT = 190


class Vouched(Protocol):
    """`mesh.assertion.Assertion`, as far as commands need it."""

    @property
    def subject(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def claims(self) -> Mapping[str, Any]: ...


class Verifier(Protocol):
    """`mesh.assertion.Verifier`, as far as commands need it."""

    def verify(self, token: str, *, issuer: str, at: datetime) -> Vouched:
        """What a signed word says. Raises: `Unauthenticated`."""
        ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """A kind of command that a service utters for itself, and by whose calls it may come."""

    service: str
    callers: frozenset[str]


SPOKEN: Final = {
    "RecordVerdict": Spoken(services.GRADER, frozenset({services.GRADER})),
    "RecordDelivery": Spoken(services.MAILER, frozenset({services.MAILER})),
    "RecordReport": Spoken(services.GRADER, frozenset({services.GRADER})),
    "RecordProblem": Spoken(services.GITSERVER, frozenset({services.GITSERVER, services.FRONTEND})),
}
"""The frontend repeats the gitserver's word after an upload, to read its own write."""


class Trust:
    """Looks at every command before it reaches the rules."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def check(self, command: Command, caller: str = "") -> None:
        """Lets it pass, or raises. ``caller`` is the service that called; empty for the queue.

        Raises: `Refused` (``command-malformed``), `Forbidden` (``forbidden``), `Unauthenticated` (what the verifier says, or
        ``assertion-mismatch``).
        """
        _check_form(command)
        if is_service(command.actor):
            spoken = SPOKEN.get(command.kind)
            if spoken is None or command.actor != service_actor(spoken.service) or (caller and caller not in spoken.callers):
                raise Forbidden(f"{command.actor} may not say {command.kind}" + (f" through {caller}" if caller else ""))
            return
        if not command.assertion:
            raise Unauthenticated(f"nobody vouches that {command.actor[:64]} wished this", code="assertion-missing")
        vouched = self._verifier.verify(command.assertion, issuer=services.FRONTEND, at=command.at)
        is_about_it = (vouched.subject, vouched.about) == (command.actor, command.id)
        if not is_about_it or vouched.claims.get("body") != digest_of(command.body):
            raise Unauthenticated("the signed word is about another command", code="assertion-mismatch")


def _check_form(command: Command) -> None:
    kind = COMMANDS.get(command.kind)
    is_fine = (
        kind is not None
        and isinstance(command.body, kind)
        and is_id(command.id)
        and (is_service(command.actor) or is_username(command.actor))
        and command.at.tzinfo is not None
        and len(command.correlation) <= CORRELATION_LIMIT
        and "\x00" not in command.correlation
    )
    if not is_fine:
        raise Refused("this is no command: id, kind, actor, time or correlation has the wrong form", code="command-malformed")
