"""Owns how often one may ask for what, and what is said to who asks too often. Never counts itself: the state store does.

Keys are ``ratelimit:{who}:{endpoint}``, who being an address (IPv6: its /64), an account or a session. When the store is
away nothing is limited: a contest goes on, and passwords are still hashed in a bounded line.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Mapping
from contextlib import suppress

from mesh.cache.contract import Allowance, Cache, Rate
from mesh.errors import TooMany, Unavailable
from services.frontend.config import Config


class Limits:
    """The rates of this installation."""

    def __init__(self, state: Cache, config: Config) -> None:
        self._state = state
        self._of_session = _per_minute(config.requests_per_minute)
        self._of_address = _per_minute(config.requests_per_address_per_minute)
        self._sign_in_address = _per_minute(config.sign_ins_per_address_per_minute)
        self._sign_in_here = _per_minute(config.sign_ins_per_account_per_minute)
        self._sign_in_account = _per_minute(config.sign_ins_per_account_per_minute * 5)
        self._accounts = _per_minute(config.accounts_per_minute)
        self._submissions = _per_minute(config.submissions_per_minute)
        self._submissions_an_hour = Rate(config.submissions_per_hour, 3600.0, burst=config.submissions_per_hour)
        self._questions = _per_minute(config.questions_per_minute)

    def of_request(self, address: str, token: str = "") -> dict[str, Rate]:
        """The limits on any request: its address, and its session when it shows one."""
        limits = {f"ratelimit:{network_of(address)}:any": self._of_address}
        if token:
            limits[f"ratelimit:{hashlib.sha256(token.encode()).hexdigest()[:32]}:any"] = self._of_session
        return limits

    async def spend_request(self, address: str) -> None:
        """Takes one request of somebody without a session. Raises: `TooMany` (``too-many-requests``)."""
        await self._spend(self.of_request(address), "too many requests", code="too-many-requests")

    async def spend_sign_in(self, address: str, username: str) -> None:
        """Takes one try to sign in. Raises: `TooMany` (``too-many-sign-ins``)."""
        network, account = network_of(address), hashlib.sha256(username.encode()).hexdigest()[:32]
        limits = {
            f"ratelimit:{network}:sign-in": self._sign_in_address,
            f"ratelimit:{network}:sign-in:{account}": self._sign_in_here,
            f"ratelimit:{account}:sign-in": self._sign_in_account,
        }
        await self._spend(limits, "too many tries to sign in", code="too-many-sign-ins")

    async def spend_sign_up(self, address: str) -> None:
        """Takes one new account. Raises: `TooMany` (``too-many-accounts``)."""
        limits = {f"ratelimit:{network_of(address)}:accounts": self._accounts}
        await self._spend(limits, "too many new accounts from your address", code="too-many-accounts")

    async def spend_submission(self, username: str) -> None:
        """Takes one submission. Raises: `TooMany` (``too-many-submissions``, ``too-many-submissions-per-hour``)."""
        limits = self._of_submissions(username)
        minute, hour = limits
        try:
            allowed = await self._state.allow(limits)
        except Unavailable:
            return
        if not allowed[minute].is_allowed and allowed[hour].is_allowed:
            await self._give_back({hour: limits[hour]})  # refused all the same: it must not eat up the hour
        most = self._submissions_an_hour.count
        check_allowed(
            {hour: allowed[hour]}, f"{most} submissions an hour are taken from one account; try your program on your own machine meanwhile",
            code="too-many-submissions-per-hour",
        )  # fmt: skip
        check_allowed({minute: allowed[minute]}, "you submit too often", code="too-many-submissions")

    async def give_back_submission(self, username: str) -> None:
        """Undoes `spend_submission`: nothing was taken in, by no fault of the author's."""
        await self._give_back(self._of_submissions(username))

    async def spend_question(self, username: str) -> None:
        """Takes one question. Raises: `TooMany` (``too-many-questions``)."""
        limits = {f"ratelimit:user-{username}:questions": self._questions}
        await self._spend(limits, "you ask too often", code="too-many-questions")

    def _of_submissions(self, username: str) -> dict[str, Rate]:
        key = f"ratelimit:user-{username}:submissions"
        return {key: self._submissions, f"{key}-hour": self._submissions_an_hour}

    async def _give_back(self, limits: Mapping[str, Rate]) -> None:
        with suppress(Unavailable):
            await self._state.give_back(limits)

    async def _spend(self, limits: Mapping[str, Rate], what: str, *, code: str) -> None:
        try:
            allowed = await self._state.allow(limits)
        except Unavailable:
            return
        check_allowed(allowed, what, code=code)


def check_allowed(allowed: Mapping[str, Allowance], what: str = "too many requests", *, code: str = "too-many-requests") -> None:
    """Lets pass what every limit allows. Raises: `TooMany` with the longest wait."""
    wait_s = max((one.retry_after_s for one in allowed.values() if not one.is_allowed), default=None)
    if wait_s is not None:
        seconds = max(1, math.ceil(wait_s))
        raise TooMany(f"{what}; try again in {seconds} s", code=code, retry_after_s=seconds)


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, an IPv6 /64; anything else as it is."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.IPv6Network((parsed, 64), strict=False).network_address)
    return str(parsed)


def _per_minute(count: int) -> Rate:
    return Rate(count, 60.0, burst=count)
