"""Owns signing in and out, and the making of accounts. Never keeps a password."""

from __future__ import annotations

import re

from contest import visibility
from mesh.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from services.frontend.access import check_signed_in
from services.frontend.actor import Actor, Role
from services.frontend.desk import Desk
from services.frontend.passwords import check_password
from services.frontend.reads.accounts import Credential
from services.frontend.sessions import Session
from wire.commands import ChangePassword, CreateAccount

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_MOST_NAME = 100
_ROLES = frozenset({Role.CONTESTANT, Role.ORGANISER, Role.ADMIN})


async def sign_in(desk: Desk, username: str, password: str, address: str) -> Session:
    """Opens a session. Takes as long for an account that does not exist.

    Raises: `Unauthenticated` (``wrong-password``), `TooMany` (``too-many-sign-ins``), `Unavailable` (``sign-in-busy``).
    """
    credential = await check_sign_in(desk, username, password, address)
    account = credential.account
    session = await desk.sessions.open(Actor(account.username, account.name, Role(account.role)))
    now_known = await desk.accounts.credential(account.username)
    if now_known is None or now_known.account.password_changed_at != account.password_changed_at:
        await desk.sessions.close(session.token)  # the password changed while it was being checked
        raise _wrong()
    desk.metrics.counter("sign_ins_total").labels("ok").inc()
    return session


async def check_sign_in(desk: Desk, username: str, password: str, address: str) -> Credential:
    """The account that the password opens, without a session. Raises: as `sign_in`."""
    username = username.strip()
    await desk.limits.spend_sign_in(address, username)
    credential = await credential_of(desk, username)
    if not await desk.passwords.fits(password, credential.password_hash if credential else None) or credential is None:
        desk.metrics.counter("sign_ins_total").labels("wrong-password").inc()
        known = credential.account.username if credential is not None else "(unknown)"  # people type passwords there
        desk.log.info("sign-in-refused", username=known, address=address)
        raise _wrong()
    return credential


async def credential_of(desk: Desk, username: str) -> Credential | None:
    """What signing in needs; None without such an account, and for what cannot be the name of one. Raises: `Unavailable`."""
    return await desk.accounts.credential(username) if _USERNAME.fullmatch(username) else None


async def sign_out(desk: Desk, session: Session) -> None:
    """Ends a session."""
    await desk.sessions.close(session.token)


async def create_account(
    desk: Desk, actor: Actor, username: str, password: str, name: str, *, role: str = "contestant", email: str = "", address: str = ""
) -> str:
    """Makes an account: an admin any, anybody a contestant where sign-up is open. Returns the username.

    Raises: `Forbidden` (``sign-up-closed``, ``not-admin``), `Invalid` (``bad-username``, ``weak-password``, ``bad-name``,
    ``bad-role``), `Conflict` (``username-taken``), `TooMany` (``too-many-accounts``).
    """
    if not visibility.may_create_account(actor.viewer):
        if not desk.config.is_sign_up_open:
            raise Forbidden("accounts are made by an admin here", code="sign-up-closed")
        if role != Role.CONTESTANT:
            raise Forbidden("only an admin may give a role", code="not-admin")
        await desk.limits.spend_sign_up(address)
    username, name = username.strip(), name.strip() or username.strip()
    _check_account(username, name, role)
    check_password(password, username)
    if await desk.accounts.find(username) is not None:
        raise Conflict(f"the username {username!r} is taken", code="username-taken")
    body = CreateAccount(username, name, await desk.passwords.hash(password), role, email.strip())
    await desk.commands.apply(desk.commands.make(actor.username or username, body))
    return username


async def change_password(desk: Desk, actor: Actor, username: str, *, old: str, new: str, address: str = "") -> None:
    """Gives an account a new password and ends its sessions. One's own needs the old one; an admin may change any.

    Raises: `Unauthenticated` (``wrong-password``), `Forbidden`, `Invalid` (``weak-password``), `NotFound` (``no-such-account``).
    """
    check_signed_in(actor)
    if username == actor.username:
        await check_sign_in(desk, username, old, address)
    elif not visibility.may_act_for(actor.viewer, username):
        raise Forbidden("only an admin may change the password of somebody else", code="not-admin")
    elif await desk.accounts.find(username) is None:
        raise NotFound(f"there is no account {username!r}", code="no-such-account")
    check_password(new, username)
    await desk.commands.apply(desk.commands.make(actor.username, ChangePassword(username, await desk.passwords.hash(new))))
    await desk.sessions.close_all(username)


def _check_account(username: str, name: str, role: str) -> None:
    if not _USERNAME.fullmatch(username):
        raise Invalid(
            "a username has 1 to 64 letters, digits and any of . _ @ + -, and begins with a letter or digit",
            code="bad-username",
        )
    if len(name) > _MOST_NAME or not name.isprintable():
        raise Invalid(f"a name has at most {_MOST_NAME} printable characters", code="bad-name")
    if role not in _ROLES:
        raise Invalid(f"a role is one of {', '.join(sorted(_ROLES))}", code="bad-role")


def _wrong() -> Unauthenticated:
    return Unauthenticated("wrong username or password", code="wrong-password")
