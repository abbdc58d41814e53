"""Owns the pages to come in and go out by: sign in, sign up, sign out, a new password."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from mesh.errors import MeshError
from services.frontend import cookies
from services.frontend.actions import accounts
from services.frontend.keys import actor_of, address_of, desk_of, is_secure, session_of
from services.frontend.pages.forms import fault_of, see_other, inside, read_form, sentence
from services.frontend.pages.paint import paint
from services.frontend.pages.webhooks import account_page

_FIELDS: Final = {"bad-username": "username", "username-taken": "username", "weak-password": "password", "bad-name": "name"}
_NOT_YOURS: Final = "This is not your present password; passwords know capital letters."


async def show_sign_in(request: web.Request) -> web.Response:
    """The form to sign in."""
    if actor_of(request).is_signed_in:
        raise see_other(inside(request.query.get("next", "")))
    return paint(request, "sign_in.html", username="", next=inside(request.query.get("next", "")), problem="")


async def sign_in(request: web.Request) -> web.Response:
    """Signs in and goes on to where one wanted to be."""
    form = await read_form(request)
    wanted = inside(form.text("next"))
    try:
        session = await accounts.sign_in(desk_of(request), form.text("username"), form.raw("password"), address_of(request))
    except MeshError as refused:
        if refused.status not in {401, 429, 503}:
            raise
        page = paint(
            request, "sign_in.html", status=refused.status, username=form.text("username"), next=wanted, problem=_why(refused)
        )  # fmt: skip
        if refused.retry_after_s is not None:
            page.headers["Retry-After"] = str(max(1, round(refused.retry_after_s)))
        return page
    response = web.Response(status=303, headers={"Location": wanted})
    cookies.keep(response, session, desk_of(request).clock, is_secure=is_secure(request))
    return response


async def sign_out(request: web.Request) -> web.Response:
    """Ends the session and goes to the list of contests."""
    session = session_of(request)
    if session is not None:
        await accounts.sign_out(desk_of(request), session)
    response = web.Response(status=303, headers={"Location": "/"})
    cookies.drop(response, is_secure=is_secure(request))
    return response


async def show_sign_up(request: web.Request) -> web.Response:
    """The form to create an account, where that is open to everybody."""
    if not desk_of(request).config.is_sign_up_open:
        raise see_other("/sign-in")
    return paint(request, "sign_up.html", entered={"username": "", "name": ""}, faults={}, problem="")


async def sign_up(request: web.Request) -> web.Response:
    """Creates an account and signs it in."""
    desk, form = desk_of(request), await read_form(request)
    username, name, password = form.text("username"), form.text("name"), form.raw("password")
    try:
        await accounts.create_account(desk, actor_of(request), username, password, name, address=address_of(request))
        session = await accounts.sign_in(desk, username, password, address_of(request))
    except MeshError as refused:
        faults = fault_of(refused, _FIELDS)
        return paint(
            request, "sign_up.html", status=refused.status, entered={"username": username, "name": name}, faults=faults,
            problem=faults.get("form", ""),
        )  # fmt: skip
    response = web.Response(status=303, headers={"Location": "/"})
    cookies.keep(response, session, desk.clock, is_secure=is_secure(request))
    return response


async def change_password(request: web.Request) -> web.Response:
    """Changes one's own password; one signs in again."""
    actor, form = actor_of(request), await read_form(request)
    try:
        await accounts.change_password(desk_of(request), actor, actor.username, old=form.raw("old"), new=form.raw("new"), address=address_of(request))
    except MeshError as refused:
        if not actor.is_signed_in:
            raise
        faults = {"old": _NOT_YOURS} if refused.code == "wrong-password" else fault_of(refused, {"weak-password": "new"})
        return await account_page(request, status=refused.status, faults=faults, problem=faults.get("form", ""))
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    cookies.drop(response, is_secure=is_secure(request))
    return response


def _why(refused: MeshError) -> str:
    if refused.code == "wrong-password":
        return "Wrong username or password. Check both; passwords know capital letters."
    if refused.status == 429 and refused.retry_after_s is not None:
        return f"Too many tries. Wait {max(1, round(refused.retry_after_s))} seconds, then try again."
    return sentence(refused.message)
