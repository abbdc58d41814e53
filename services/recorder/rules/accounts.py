"""Owns the rules of accounts: who may make one, what it looks like, who may change a password. Never sees a password."""

from __future__ import annotations

from contest import visibility
from contest.visibility import CONTESTANT
from mesh.errors import Conflict, Forbidden, NotFound
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import Faults, is_username
from services.recorder.rules.rights import ROLES, actor_of, require, service_actor, viewer_as
from services.recorder.view import Needs, View
from wire import services
from wire.commands import ChangePassword, Command, CreateAccount

HASH_LIMIT = 500


def needs_of_creation(command: Command, needs: Needs) -> None:
    """The name that is wished for."""
    assert isinstance(command.body, CreateAccount)
    needs.accounts.add(command.body.username)
    needs.wants_last_seq = True


def create_account(command: Command, view: View) -> Effects:
    """Admins make any account; anybody makes a contestant's own (the frontend says whether sign-up is open).

    Raises: `Invalid` (``account-invalid``), `Forbidden` (``forbidden``), `Conflict` (``username-taken``).
    """
    body = command.body
    assert isinstance(body, CreateAccount)
    faults = Faults()
    faults.unless(is_username(body.username), f"username {body.username[:64]!r}: letters, digits and ._@+- only, at most 64")
    faults.check_line("name", body.name)
    faults.check_line("email", body.email, is_optional=True)
    faults.unless(not body.email or "@" in body.email, "email has no @")
    faults.unless(body.role in ROLES, f"role must be one of {', '.join(ROLES)}")
    faults.unless(_is_hash(body.password_hash), "the password must arrive as an argon2id hash")
    faults.refuse("account-invalid")
    is_own = command.actor == body.username
    if is_own and body.role != CONTESTANT:
        raise Forbidden("who signs up becomes a contestant; ask an admin for more", code="forbidden")
    if not is_own and command.actor != service_actor(services.RECORDER):
        require(visibility.may_create_account(viewer_as(actor_of(command, view))), "admins")
    if view.find(rows.Account, body.username) is not None:
        raise Conflict(f"the username {body.username} is taken; choose another", code="username-taken")
    effects = Effects()
    effects.insert(rows.Account(body.username, body.name, body.password_hash, body.role, body.email, view.now, view.now))
    effects.tell("", "account-created", username=body.username, role=body.role)
    return effects


def needs_of_password(command: Command, needs: Needs) -> None:
    """The account."""
    assert isinstance(command.body, ChangePassword)
    needs.accounts.add(command.body.username)
    needs.wants_last_seq = True


def change_password(command: Command, view: View) -> Effects:
    """The account itself, or an admin.

    Raises: `Invalid` (``account-invalid``), `Forbidden` (``forbidden``), `NotFound` (``no-such-account``).
    """
    body = command.body
    assert isinstance(body, ChangePassword)
    faults = Faults()
    faults.unless(_is_hash(body.password_hash), "the password must arrive as an argon2id hash")
    faults.refuse("account-invalid")
    if command.actor != body.username:
        require(visibility.may_act_for(viewer_as(actor_of(command, view)), body.username), "admins")
    account = view.find(rows.Account, body.username)
    if account is None:
        raise NotFound(f"there is no account {body.username}", code="no-such-account")
    effects = Effects()
    effects.change(account, password_hash=body.password_hash, password_changed_at=view.now)
    effects.tell("", "password-changed", username=body.username)
    return effects


def _is_hash(text: str) -> bool:
    return text.startswith("$argon2id$") and len(text) <= HASH_LIMIT and text.isascii()
