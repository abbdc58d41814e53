"""Owns the calls about accounts and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from contest import visibility
from mesh.codec import encode
from mesh.errors import NotFound
from services.frontend import cookies
from services.frontend.access import check_admin, check_signed_in
from services.frontend.actions import accounts
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View, location
from services.frontend.keys import is_secure, session_of
from services.frontend.reads.accounts import Account
from services.frontend.sessions import Session


class SignIn(Shape, frozen=True):
    """Who signs in."""

    username: str
    password: str


class NewAccount(Shape, frozen=True):
    """An account to make. ``role`` and ``email`` are for admins to give."""

    username: str
    password: str
    name: str = ""
    role: str = "contestant"
    email: str = ""


class NewPassword(Shape, frozen=True):
    """``old`` may be left out by an admin who changes somebody else's."""

    new: str
    old: str = ""


class SessionView(View, frozen=True):
    """An open session. ``csrf`` goes into the header Palestra-CSRF of every change that is asked for with the cookie."""

    username: str
    name: str
    role: str
    csrf: str
    expires_at: datetime
    token: str | None = None


class AccountView(View, frozen=True):
    """An account."""

    username: str
    name: str
    role: str
    email: str = ""
    created_at: datetime | None = None


class AfterQuery(Shape, frozen=True):
    """Pages: those behind a name."""

    after: str = ""


async def sign_in(call: Call[SignIn, NoQuery]) -> web.Response:
    """Signs in: a token for programs, a cookie for browsers."""
    session = await accounts.sign_in(call.desk, call.body.username, call.body.password, call.address)
    response = web.Response(body=encode(_session(session, with_token=True)), status=201, content_type="application/json")
    cookies.keep(response, session, call.desk.clock, is_secure=is_secure(call.request))
    return response


async def show_session(call: Call[None, NoQuery]) -> SessionView:
    """Who is signed in, and until when."""
    check_signed_in(call.actor)
    session = session_of(call.request)
    assert session is not None, "who is signed in has a session"
    return _session(session, with_token=False)


async def sign_out(call: Call[None, NoQuery]) -> web.Response:
    """Signs out: the token and the cookie are worth nothing from now on."""
    session = session_of(call.request)
    if session is not None:
        await accounts.sign_out(call.desk, session)
    response = web.Response(status=204)
    cookies.drop(response, is_secure=is_secure(call.request))
    return response


async def create_account(call: Call[NewAccount, NoQuery]) -> Reply:
    """Makes an account: an admin any, anybody a contestant where sign-up is open."""
    wanted = call.body
    username = await accounts.create_account(
        call.desk, call.actor, wanted.username, wanted.password, wanted.name, role=wanted.role, email=wanted.email, address=call.address
    )
    made = AccountView(username=username, name=wanted.name.strip() or username, role=wanted.role, email=wanted.email.strip())
    return Reply(made, 201, location(f"/accounts/{username}"))


async def list_accounts(call: Call[None, AfterQuery]) -> list[AccountView]:
    """Every account, by username, in pages of 200."""
    check_admin(call.actor)
    return [_account(account) for account in await call.desk.accounts.list_all(call.query.after)]


async def show_account(call: Call[None, NoQuery]) -> AccountView:
    """One account: one's own, or any for an admin."""
    check_signed_in(call.actor)
    username = call.name("username")
    account = await call.desk.accounts.find(username) if visibility.may_act_for(call.actor.viewer, username) else None
    if account is None:
        raise NotFound(f"there is no account {username!r} that you may see", code="no-such-account")
    return _account(account)


async def change_password(call: Call[NewPassword, NoQuery]) -> web.Response:
    """Gives an account a new password; every session of it ends."""
    await accounts.change_password(
        call.desk, call.actor, call.name("username"), old=call.body.old, new=call.body.new, address=call.address
    )
    return web.Response(status=204)


def _session(session: Session, *, with_token: bool) -> SessionView:
    actor = session.actor
    token: Any = session.token if with_token else None
    return SessionView(
        username=actor.username, name=actor.name, role=actor.role, csrf=session.csrf, expires_at=session.expires_at, token=token
    )


def _account(account: Account) -> AccountView:
    return AccountView(
        username=account.username, name=account.name, role=account.role, email=account.email, created_at=account.created_at
    )


ROUTES = (
    Route("POST", "/session", sign_in, SessionView, SignIn, status=201, codes=("wrong-password", "too-many-sign-ins", "sign-in-busy")),
    Route("GET", "/session", show_session, SessionView),
    Route("DELETE", "/session", sign_out, status=204),
    Route("GET", "/accounts", list_accounts, list[AccountView], query=AfterQuery, codes=("not-admin",)),
    Route(
        "POST", "/accounts", create_account, AccountView, NewAccount, status=201,
        codes=("sign-up-closed", "username-taken", "bad-username", "bad-name", "weak-password", "bad-role", "too-many-accounts"),
    ),
    Route("GET", "/accounts/{username}", show_account, AccountView, codes=("no-such-account",)),
    Route(
        "PUT", "/accounts/{username}/password", change_password, body=NewPassword, status=204,
        codes=("wrong-password", "weak-password", "not-admin", "no-such-account"),
    ),
)  # fmt: skip
