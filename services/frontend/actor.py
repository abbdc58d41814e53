"""Owns the value that says who asks. Never finds out: `sessions` and the door for git do."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from contest import visibility
from contest.visibility import Viewer


class Role(enum.StrEnum):
    """What an account may do in general; being the organiser of one contest is a matter of that contest."""

    ANONYMOUS = "anonymous"
    CONTESTANT = "contestant"
    ORGANISER = "organiser"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account, or nobody we know (`ANONYMOUS`, with an empty username)."""

    username: str
    name: str
    role: Role

    @property
    def is_signed_in(self) -> bool:
        """Whether an account stands behind it."""
        return self.role is not Role.ANONYMOUS

    @property
    def viewer(self) -> Viewer:
        """The actor outside of any contest, for `contest.visibility`."""
        return Viewer(self.username, self.role.value)

    @property
    def is_admin(self) -> bool:
        """Whether it may do everything."""
        return visibility.may_administer(self.viewer)

    @property
    def is_organiser(self) -> bool:
        """Whether it may create contests and problems."""
        return visibility.may_create_contest(self.viewer)


ANONYMOUS = Actor("", "", Role.ANONYMOUS)
