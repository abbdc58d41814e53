"""Owns the door for git, `/git/{alias}.git`: who it is and what he may, then handed on to the gitserver. Never reads a pack.

Git knows Basic authentication alone: a username with its password, or with the token of a session in the password's place.
Whoever owns a problem (or is an admin) may fetch and push it: a package holds the secret cases. An organiser may push a new one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections import OrderedDict
from typing import Final

from aiohttp import web

from contest import visibility
from mesh.errors import Forbidden, NotFound, Unauthenticated
from services.frontend.actions.accounts import check_sign_in, credential_of
from services.frontend.actions.problems import check_alias
from services.frontend.actor import Actor, Role
from services.frontend.away import told_plainly
from services.frontend.desk import Desk
from services.frontend.keys import address_of, desk_of
from services.frontend.pages.problem import site_of
from services.frontend.sessions import is_token
from wire.methods import GITSERVER_SMART_HTTP

USER_HEADER: Final = "Palestra-User"
RIGHTS_HEADER: Final = "Palestra-Rights"
SITE_HEADER: Final = "Palestra-Site"
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Palestra", charset="UTF-8"'}
_MOST_KNOWN: Final = 1000


class GitDoor:
    """The door. A password that fitted is remembered by a salted hash, so that one push is not four argon2 hashes."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._known: OrderedDict[bytes, str] = OrderedDict()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hands one exchange on. Raises: `NotFound` (``no-such-problem``), `Forbidden` (``not-owner``, ``not-organiser``), `Unavailable`."""
        desk, alias, tail = desk_of(request), request.match_info["alias"], request.match_info["tail"]
        try:
            actor = await self._actor(desk, request)
        except Unauthenticated as nobody:
            return web.Response(status=401, text=f"{nobody.message}\n", headers=_CHALLENGE)
        is_push = tail == "git-receive-pack" or request.query.get("service") == "git-receive-pack"
        rights = await _rights(desk, actor, alias, is_push=is_push)
        headers = {"Cookie": "", "Authorization": "", USER_HEADER: actor.username, RIGHTS_HEADER: rights, SITE_HEADER: site_of(request)}
        with told_plainly("gitserver"):
            return await desk.gitserver.pass_on(GITSERVER_SMART_HTTP, request, f"{alias}.git/{tail}", headers)

    async def _actor(self, desk: Desk, request: web.Request) -> Actor:
        username, password = _basic(request.headers.get("Authorization", ""))
        if is_token(password):
            session, _ = await desk.sessions.find(password, {})
            if session is not None and session.actor.username == username:
                return session.actor
        credential = await credential_of(desk, username)
        mark = hashlib.sha256(self._salt + f"{username}\x00{password}".encode()).digest()
        if credential is None or self._known.get(mark) != credential.password_hash:
            credential = await check_sign_in(desk, username, password, address_of(request))
            self._known[mark] = credential.password_hash
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        account = credential.account
        return Actor(account.username, account.name, Role(account.role))


def add_git(app: web.Application) -> None:
    """Puts the door on the site: the three addresses of git's smart HTTP, and no other."""
    door = GitDoor()
    app.router.add_get("/git/{alias:[^/]+}.git/{tail:info/refs}", door.serve, allow_head=False)
    app.router.add_post("/git/{alias:[^/]+}.git/{tail:git-upload-pack|git-receive-pack}", door.serve)


async def _rights(desk: Desk, actor: Actor, alias: str, *, is_push: bool) -> str:
    problem = await desk.problems.find(alias)
    if problem is not None and visibility.may_change_problem(actor.viewer, problem.owner):
        return "write"
    may_bring = visibility.may_bring_problem(actor.viewer)
    if problem is None and may_bring:
        await check_alias(desk, actor, alias)
        return "write"
    if problem is None or not is_push or not may_bring:
        raise NotFound(f"there is no problem {alias!r} that you may fetch", code="no-such-problem")
    raise Forbidden(f"the problem {alias!r} belongs to somebody else", code="not-owner")


def _basic(header: str) -> tuple[str, str]:
    scheme, _, word = header.partition(" ")
    nobody = Unauthenticated("git needs your username, and your password or a token")
    if scheme.lower() != "basic":
        raise nobody
    try:
        username, mark, password = base64.b64decode(word.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise nobody from wrong
    if not mark:
        raise nobody
    return username, password
