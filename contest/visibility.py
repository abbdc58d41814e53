"""Owns who may see and do what in a contest, as small questions over plain values. Never looks anything up.

Every question takes the `Viewer` first, then what it is about. Who may not see a thing is told that it does not exist;
that is the caller's to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contest.rules import Audience, ContestRules, Phase
from contest.verdicts import Verdict

ADMIN = "admin"
ORGANISER = "organiser"
CONTESTANT = "contestant"

FEEDBACK = ("verdict", "samples", "cases", "full")
"""What a contest shows its contestants of their own judging: the verdict; the results of sample cases, with what their checker says; the
verdict of every case; time, memory and the checker's words of every case too."""

COMPILE_FEEDBACK = ("always", "errors", "never")
"""When a contest shows its contestants what the compiler said of their own sources: its warnings too, only where it refused one, or not at all."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, in the light of one contest. ``username`` is empty for a stranger; ``role`` is the account's.

    ``is_jury`` says whether this account runs the contest, ``is_contestant`` whether it is registered in it.
    """

    username: str = ""
    role: str = ""
    is_jury: bool = False
    is_contestant: bool = False

    @property
    def is_in_charge(self) -> bool:
        """Whether the contest has no secrets for this viewer: its jury, and admins."""
        return self.is_signed_in and (self.is_jury or self.role == ADMIN)

    @property
    def is_signed_in(self) -> bool:
        """Whether we know who it is."""
        return bool(self.username)


STRANGER = Viewer()


@dataclass(frozen=True, slots=True)
class ClarificationFacts:
    """What visibility needs to know of a clarification. Announcements belong to everybody."""

    author: str
    is_public: bool = False
    is_announcement: bool = False


def may_administer(viewer: Viewer) -> bool:
    """What is everybody's and nobody's: the list of accounts, every contest, the operator's page. Only admins."""
    return viewer.is_signed_in and viewer.role == ADMIN


def may_create_account(viewer: Viewer) -> bool:
    """Only admins make accounts for others."""
    return may_administer(viewer)


def may_act_for(viewer: Viewer, username: str) -> bool:
    """An account, its password, its webhook and the calls of it: its own, and admins'."""
    return may_administer(viewer) or (viewer.is_signed_in and viewer.username == username)


def may_create_contest(viewer: Viewer) -> bool:
    """Organisers and admins make contests."""
    return viewer.is_signed_in and viewer.role in {ADMIN, ORGANISER}


def may_bring_problem(viewer: Viewer) -> bool:
    """Who makes contests brings problems, and sees what waits to be judged."""
    return may_create_contest(viewer)


def may_change_problem(viewer: Viewer, owner: str) -> bool:
    """Reads all of it, uploads and pushes new versions, shows it in a contest: its owner, and admins."""
    return may_act_for(viewer, owner)


def may_run_contest(viewer: Viewer) -> bool:
    """Changes rules, problems and teams, rejudges, thaws, answers, announces."""
    return viewer.is_in_charge


def may_see_contest(viewer: Viewer, *, is_public: bool) -> bool:
    """A public contest is there for everybody; a closed one for its contestants and its jury."""
    return is_public or viewer.is_in_charge or (viewer.is_signed_in and viewer.is_contestant)


def may_see_board(viewer: Viewer, audience: Audience, *, is_public: bool) -> bool:
    """The public board is for all who see the contest, the jury's for the jury. The freeze is the board's own affair."""
    match audience:
        case Audience.PUBLIC:
            return may_see_contest(viewer, is_public=is_public)
        case Audience.JURY:
            return viewer.is_in_charge


def may_see_problems(viewer: Viewer, rules: ContestRules, now: datetime, *, is_public: bool) -> bool:
    """Nobody but the jury sees problems, not even how many there are, before the start."""
    if viewer.is_in_charge:
        return True
    return rules.phase(now) is not Phase.BEFORE and may_see_contest(viewer, is_public=is_public)


def may_submit(viewer: Viewer, rules: ContestRules, now: datetime) -> bool:
    """Contestants while the contest runs; the jury at any time, off the board."""
    if viewer.is_in_charge:
        return True
    return viewer.is_signed_in and viewer.is_contestant and rules.phase(now) in {Phase.RUNNING, Phase.FROZEN}


def may_see_submission(viewer: Viewer, author: str) -> bool:
    """Its existence, status and verdict: the author's and the jury's. Others learn from the board what it shows."""
    return viewer.is_in_charge or (viewer.is_signed_in and viewer.username == author)


def may_see_source(viewer: Viewer, author: str) -> bool:
    """The program's text: the author's and the jury's."""
    return may_see_submission(viewer, author)


def may_see_compile_output(viewer: Viewer, author: str, shown: str = "always", verdict: Verdict | None = None) -> bool:
    """What the compiler said: the jury's, and the author's as the contest says (one of `COMPILE_FEEDBACK`)."""
    is_shown = shown == "always" or (shown == "errors" and verdict is Verdict.CE)
    return may_see_submission(viewer, author) and (viewer.is_in_charge or is_shown)


def may_see_cases(viewer: Viewer) -> bool:
    """Results, figures and messages case by case: the jury's, since checkers may quote secret data."""
    return viewer.is_in_charge


def may_see_clarification(viewer: Viewer, facts: ClarificationFacts, rules: ContestRules, now: datetime, *, is_public: bool) -> bool:
    """The asker's and the jury's; what was answered to all or announced is for all who see the problems."""
    if viewer.is_in_charge or (viewer.is_signed_in and viewer.username == facts.author and not facts.is_announcement):
        return True
    if facts.is_announcement:
        return may_see_contest(viewer, is_public=is_public)
    return facts.is_public and may_see_problems(viewer, rules, now, is_public=is_public)


def may_ask_clarification(viewer: Viewer, rules: ContestRules, now: datetime) -> bool:
    """Contestants, until the end."""
    return viewer.is_signed_in and viewer.is_contestant and rules.phase(now) is not Phase.ENDED


def may_listen_to_user(viewer: Viewer, username: str) -> bool:
    """The topic of one account is that account's alone."""
    return viewer.is_signed_in and viewer.username == username
