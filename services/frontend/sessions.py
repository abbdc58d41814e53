"""Owns sessions: who is behind a token. Kept in the state store by the token's hash, so that reading the store signs nobody in.

``session:{hash}`` lives as long as the session, ``sessions:{username}`` lists the hashes of an account. When the store
is away, a session seen in the last minutes still counts, so that a contest goes on; when it has lost its memory (another
``state:era``), sessions come back from this machine's copy. Never checks a password.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mesh.cache.contract import Allowance, Cache, Rate
from mesh.clock import Clock
from mesh.codec import decode, encode
from mesh.errors import Refused, Unavailable
from services.frontend.actor import Actor, Role
from services.frontend.keepsake import Keepsake
from services.frontend.reads.accounts import Accounts

_MOST_REMEMBERED = 10_000
_REMEMBERED_S = 300.0
FULL = "cache-full"
_ERA_KEY = "state:era"
_ERA_LIFE_S = 10 * 365 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Session:
    """An open session. ``token`` is the bearer's secret; ``csrf`` must come with every change that a browser asks for."""

    token: str
    actor: Actor
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Kept:
    username: str
    name: str
    role: Role
    opened_at: datetime
    expires_at: datetime


class Sessions:
    """Every session of the installation, as far as this frontend has to do with it."""

    def __init__(self, state: Cache, accounts: Accounts, keepsake: Keepsake, clock: Clock, life_s: float) -> None:
        self._state = state
        self._accounts = accounts
        self._keepsake = keepsake
        self._clock = clock
        self._life_s = life_s
        self._seen: OrderedDict[str, tuple[float, Session]] = OrderedDict()

    async def open(self, actor: Actor) -> Session:
        """Signs an account in. Raises: `Unavailable` (``sessions-unavailable``)."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        kept = _Kept(actor.username, actor.name, actor.role, now, now + timedelta(seconds=self._life_s))
        with _told("nobody can sign in just now, for sessions cannot be kept; what needs no session goes on. Try again in a moment"):
            await self._put(_hash(token), kept, await self._era())
        return _session(token, kept)

    async def find(self, token: str, limits: Mapping[str, Rate]) -> tuple[Session | None, dict[str, Allowance]]:
        """The session of a token, and what the rate limits say, in one round trip.

        Raises: `Unavailable` (``sessions-unavailable``) when the store is away and the session was not seen lately.
        """
        with _told("sessions cannot be looked up just now; what needs no session goes on. Try again in a moment"):
            try:
                body, allowed = await self._fetch_and_allow(f"session:{_hash(token)}", limits)
            except Unavailable:
                remembered = self._remembered(token)
                if remembered is None:
                    raise
                return remembered, {}
            kept = _kept(body) if body is not None else await self._brought_back(_hash(token))
        session = _session(token, kept) if kept is not None and kept.expires_at > self._clock.now() else None
        self._remember(token, session)
        return session, allowed

    async def fault(self) -> str:
        """What is wrong with the store, for people; empty when it answers. A health check."""
        try:
            await self._state.store_if_absent(_ERA_KEY, _new_era(), _ERA_LIFE_S)  # a full one answers, and takes nothing
        except Unavailable as away:
            if away.code == FULL:
                return f"full: {away.message}; nobody can sign in and rate limits let everybody pass; who is signed in goes on"
            return f"{away.message}: nobody can sign in; who was seen in the last minutes goes on"
        return ""

    async def close(self, token: str) -> None:
        """Signs out: the token is worth nothing from now on. Raises: `Unavailable` (``sessions-unavailable``): it still is, elsewhere."""
        self._seen.pop(_hash(token), None)
        await self._keepsake.forget(_hash(token))
        with _told("you cannot be signed out everywhere just now, for sessions cannot be reached; try again in a moment"):
            await self._state.forget(f"session:{_hash(token)}")

    async def close_all(self, username: str) -> None:
        """Ends every session of an account."""
        await self._keepsake.forget_user(username)
        hashes = await self._state.list_members(_list_key(username))
        for listed in hashes:
            self._seen.pop(listed, None)
        if hashes:
            await self._state.forget(*(f"session:{listed}" for listed in hashes))
            await self._state.remove_from_list(_list_key(username), *hashes)

    async def _fetch_and_allow(self, key: str, limits: Mapping[str, Rate]) -> tuple[bytes | None, dict[str, Allowance]]:
        try:
            return await self._state.fetch_and_allow(key, limits)
        except Unavailable as wrong:
            if wrong.code != FULL:
                raise
        return await self._state.fetch(key), {}  # what was taken cannot be written: limits let pass, as when the store is away

    async def _put(self, token_hash: str, kept: _Kept, era: str) -> None:
        body, life_s = encode(kept), (kept.expires_at - self._clock.now()).total_seconds()
        await self._keepsake.keep(token_hash, kept.username, era, kept.expires_at, body)
        await self._state.add_to_list(_list_key(kept.username), token_hash, life_s)
        await self._state.store(f"session:{token_hash}", body, life_s)

    async def _era(self) -> str:
        """The name of the time since the store last lost its memory."""
        era = await self._state.fetch(_ERA_KEY)
        if era is None:
            await self._state.store_if_absent(_ERA_KEY, _new_era(), _ERA_LIFE_S)
            era = await self._state.fetch(_ERA_KEY)
        return (era or b"").decode()

    async def _brought_back(self, token_hash: str) -> _Kept | None:
        """A session that the store does not know: ended, unless the store has lost its memory and we have not."""
        copy = await self._keepsake.find(token_hash, self._clock.now())
        if copy is None:
            return None
        era, kept = await self._era(), _kept(copy[1])
        if copy[0] == era or kept is None:
            await self._keepsake.forget(token_hash)
            return None
        account = await self._accounts.find(kept.username)
        if account is None or account.password_changed_at > kept.opened_at:
            await self._keepsake.forget(token_hash)
            return None
        kept = replace(kept, name=account.name, role=Role(account.role))
        await self._put(token_hash, kept, era)
        return kept

    def _remember(self, token: str, session: Session | None) -> None:
        if session is None:
            self._seen.pop(_hash(token), None)
            return
        self._seen[_hash(token)] = (self._clock.monotonic(), session)
        self._seen.move_to_end(_hash(token))
        while len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)

    def _remembered(self, token: str) -> Session | None:
        at, session = self._seen.get(_hash(token), (0.0, None))
        if session is None or self._clock.monotonic() - at > _REMEMBERED_S or session.expires_at <= self._clock.now():
            return None
        return session


@contextmanager
def _told(text: str) -> Iterator[None]:
    """Says what a store that is away or full means for people: whose memory is too small is not theirs to know."""
    try:
        yield
    except Unavailable as away:
        if away.code not in {"cache-unavailable", FULL}:
            raise
        raise Unavailable(text, code="sessions-unavailable", retry_after_s=3) from away


def csrf_of(token: str) -> str:
    """The word that a form of this session carries: bound to the token, useless for guessing it."""
    return hmac.new(token.encode(), b"palestra csrf", hashlib.sha256).hexdigest()


def is_token(text: str) -> bool:
    """Whether the text can be a token at all; what cannot is not looked up."""
    return len(text) == _TOKEN_LENGTH and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


_TOKEN_LENGTH = len(secrets.token_urlsafe(32))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _kept(body: bytes) -> _Kept | None:
    try:
        return decode(_Kept, body)
    except Refused:
        return None


def _session(token: str, kept: _Kept) -> Session:
    return Session(token, Actor(kept.username, kept.name, kept.role), csrf_of(token), kept.expires_at)


def _new_era() -> bytes:
    return secrets.token_hex(8).encode()


def _list_key(username: str) -> str:
    return f"sessions:{username}"


