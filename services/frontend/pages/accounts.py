"""Owns the admins' page of accounts: who there is, new ones, new passwords."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from mesh.errors import MeshError
from services.frontend.access import check_admin
from services.frontend.actions import accounts
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import fault_of, see_other, made_password, read_form
from services.frontend.pages.paint import paint
from services.frontend.pages.problem import site_of
from services.frontend.pages.teams import Slip

_AT_ONCE: Final = 200
_FIELDS: Final = {
    "bad-username": "username", "username-taken": "username", "weak-password": "password", "bad-name": "name", "bad-role": "role",
}  # fmt: skip


async def show_accounts(request: web.Request) -> web.Response:
    """Every account, and the form to create one."""
    check_admin(actor_of(request))
    return await _page(request)


async def create(request: web.Request) -> web.Response:
    """Creates an account; a password that was made is shown once."""
    desk, actor, form = desk_of(request), actor_of(request), await read_form(request)
    check_admin(actor)
    username, name, given = form.text("username"), form.text("name"), form.raw("password")
    password = given or made_password()
    try:
        await accounts.create_account(desk, actor, username, password, name, role=form.text("role") or "contestant")
    except MeshError as refused:
        faults = fault_of(refused, _FIELDS)
        entered = {"username": username, "name": name, "role": form.text("role")}
        return await _page(request, status=refused.status, entered=entered, faults=faults, problem=faults.get("form", ""))
    if given:
        raise see_other("/accounts?told=created")
    return _slip(request, Slip(username, name or username, "", password), "The account is there.")


async def replace_password(request: web.Request) -> web.Response:
    """Gives an account a new password, shown once, and ends its sessions."""
    desk, actor, username = desk_of(request), actor_of(request), request.match_info["username"]
    check_admin(actor)
    account = await desk.accounts.find(username)
    password = made_password()
    await accounts.change_password(desk, actor, username, old="", new=password)
    return _slip(request, Slip(username, account.name if account else username, "", password), f"The old password of {username} is worth nothing now.")


def _slip(request: web.Request, slip: Slip, told: str) -> web.Response:
    return paint(request, "slips.html", slips=[slip], back="/accounts", site=site_of(request), told=told)


async def _page(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    found = await desk_of(request).accounts.list_all(request.query.get("after", "")[:60], _AT_ONCE + 1)
    shown = {"entered": {"username": "", "name": "", "role": "contestant"}, "faults": {}, "problem": "", **values}
    more = found[_AT_ONCE - 1].username if len(found) > _AT_ONCE else ""
    told = "The account is there." if request.query.get("told") == "created" else ""
    return paint(request, "accounts.html", status=status, accounts=found[:_AT_ONCE], more=more, told=told, **shown)
