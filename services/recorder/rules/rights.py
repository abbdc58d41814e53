"""Owns who may do what: the one place where an actor meets a contest. Raises or returns."""

from __future__ import annotations

from contest import visibility
from contest.visibility import ADMIN, CONTESTANT, ORGANISER, Viewer
from mesh.errors import Forbidden, NotFound
from services.recorder import rows
from services.recorder.view import View
from wire.commands import Command

ROLES = (ADMIN, ORGANISER, CONTESTANT)


def service_actor(service: str) -> str:
    """How a service names itself as an actor."""
    return f"service:{service}"


def is_service(actor: str) -> bool:
    """Whether the actor is a service and not an account."""
    return actor.startswith("service:")


def actor_of(command: Command, view: View) -> rows.Account:
    """The account that wishes. Raises: `Forbidden` (``actor-unknown``)."""
    account = view.find(rows.Account, command.actor)
    if account is None:
        raise Forbidden(f"there is no account {command.actor}; sign in again", code="actor-unknown")
    return account


def require_service(command: Command, service: str) -> None:
    """Raises: `Forbidden` (``forbidden``) unless that service itself speaks."""
    if command.actor != service_actor(service):
        raise Forbidden(f"only the {service} may say this", code="forbidden")


def require(is_allowed: bool, who: str) -> None:
    """Raises: `Forbidden` (``forbidden``) unless it is allowed; ``who`` may do it instead."""
    if not is_allowed:
        raise Forbidden(f"only {who} may do this; ask one", code="forbidden")


def viewer_as(account: rows.Account) -> Viewer:
    """An account outside of any contest, for `contest.visibility`."""
    return Viewer(account.username, account.role)


def find_contest(view: View, alias: str) -> rows.Contest:
    """The contest. Raises: `NotFound` (``no-such-contest``)."""
    contest = view.find(rows.Contest, alias)
    if contest is None:
        raise NotFound(f"there is no contest {alias}", code="no-such-contest")
    return contest


def viewer_of(command: Command, view: View, contest: rows.Contest) -> Viewer:
    """The actor in the light of one contest, for `contest.visibility`. Raises: `Forbidden` (``actor-unknown``)."""
    account = actor_of(command, view)
    is_contestant = view.find(rows.Contestant, contest.alias, account.username) is not None
    return Viewer(account.username, account.role, is_jury=account.username == contest.organiser, is_contestant=is_contestant)


def run_contest(command: Command, view: View, alias: str) -> rows.Contest:
    """The contest, for those who run it. Raises: `NotFound` (``no-such-contest``), `Forbidden` (``not-jury``)."""
    contest = find_contest(view, alias)
    if not visibility.may_run_contest(viewer_of(command, view, contest)):
        raise Forbidden(f"only the organiser of {alias} and admins may do this", code="not-jury")
    return contest


def enter_contest(command: Command, view: View, alias: str) -> tuple[rows.Contest, Viewer]:
    """The contest and the actor in its light, for its contestants and its jury.

    Raises: `NotFound` (``no-such-contest``), `Forbidden` (``not-registered``).
    """
    contest = find_contest(view, alias)
    viewer = viewer_of(command, view, contest)
    if not (viewer.is_contestant or viewer.is_in_charge):
        raise Forbidden(f"you are not registered in {alias}; ask its organiser", code="not-registered")
    return contest, viewer


def problem_in(view: View, contest: str, problem: str) -> None:
    """Raises: `NotFound` (``no-such-problem``) unless the contest shows the problem."""
    if all(shown.alias != problem for shown in view.problems_of(contest)):
        raise NotFound(f"{contest} has no problem {problem}", code="no-such-problem")
