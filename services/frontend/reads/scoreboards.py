"""Owns the folding of a contest's board from the record, once for all who ask. Never decides which board one may see.

A folded board lies in the cache for all frontends, by all that it follows from: ``scoreboard:{contest}:{audience}:{seq}:{digest}``, 30 s.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from contest.facts import BoardProblem, BoardSubmission, BoardTeam
from contest.rules import Audience
from contest.scoreboard import rebuild
from contest.verdicts import Verdict
from mesh.cache.contract import Cache
from mesh.clock import Clock
from mesh.codec import decode, encode
from services.frontend.freshness import Fresh
from services.frontend.reads.contests import Contest
from services.frontend.reads.record import Record


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One folded board: ``board`` as JSON types (`contest.scoreboard.Scoreboard.snapshot`), ``body`` the same as JSON bytes.

    ``gzipped`` is the body compressed, empty when that is not worth it; ``etag`` changes when the board does.
    """

    version: int
    board: dict[str, Any]
    body: bytes
    gzipped: bytes
    etag: str


class Scoreboards:
    """Boards, folded from the record. A board whose version and phase are unchanged is not folded again."""

    def __init__(self, record: Record, clock: Clock, fresh_s: float, cache: Cache | None = None) -> None:
        self._record = record
        self._cache = cache
        self._fresh: Fresh[tuple[str, Audience], Snapshot] = Fresh(clock, fresh_s, most=200)
        self._last: Fresh[tuple[object, ...], Snapshot] = Fresh(clock, 3600.0, most=50)

    async def snapshot(self, contest: Contest, audience: Audience, now: datetime) -> Snapshot:
        """The board for an audience. Raises: `Unavailable` (``record-unavailable``)."""
        return await self._fresh.read((contest.alias, audience), lambda: self._read(contest, audience, now))

    async def _read(self, contest: Contest, audience: Audience, now: datetime) -> Snapshot:
        contests = self._record.table("contests")
        row = await self._record.row(sa.select(contests.c.seq).where(contests.c.alias == contest.alias))
        seq = row.seq if row is not None else contest.seq
        key = (contest.alias, audience, seq, contest.rules, contest.phase(now), contest.rules.is_frozen(now))
        return await self._last.read(key, lambda: self._shared(contest, audience, now, seq))

    async def _shared(self, contest: Contest, audience: Audience, now: datetime, seq: int) -> Snapshot:
        """The board that another frontend has folded, or ours."""
        state = (contest.title, contest.problems, contest.rules, contest.phase(now), contest.rules.is_frozen(now))
        digest = hashlib.sha256(repr(state).encode()).hexdigest()[:16]
        folded: list[Snapshot] = []

        async def fold() -> bytes:
            folded.append(await self._fold(contest, audience, now))
            return folded[0].gzipped or folded[0].body

        if self._cache is None:
            return await self._fold(contest, audience, now)
        packed = await self._cache.compute(f"scoreboard:{contest.alias}:{audience.value}:{seq}:{digest}", _SHARED_S, fold)
        return folded[0] if folded else await asyncio.to_thread(_opened, packed)

    async def _fold(self, contest: Contest, audience: Audience, now: datetime) -> Snapshot:
        async with self._record.snapshot() as connection:
            seq = (await connection.execute(self._seq_of(contest.alias))).scalar_one()
            teams = (await connection.execute(self._teams_of(contest.alias))).all()
            submissions = (await connection.execute(self.submissions_of(contest.alias))).all()
        return await asyncio.to_thread(_fold, contest, audience, now, seq=seq, teams=teams, submissions=submissions)

    def _seq_of(self, contest: str) -> sa.Select[Any]:
        contests = self._record.table("contests")
        return sa.select(contests.c.seq).where(contests.c.alias == contest)

    def _teams_of(self, contest: str) -> sa.Select[Any]:
        teams = self._record.table("contestants")
        return sa.select(teams.c.username, teams.c.name, teams.c.team_group).where(teams.c.contest == contest)

    def submissions_of(self, contest: str) -> sa.Select[Any]:
        """What a board folds of a contest."""
        table = self._record.table("submissions")
        shown = (table.c.id, table.c.username, table.c.problem, table.c.submitted_at, table.c.verdict, table.c.score)
        return sa.select(*shown).where(table.c.contest == contest, table.c.is_on_board.is_(sa.true()))


def _fold(contest: Contest, audience: Audience, now: datetime, *, seq: int, teams: Any, submissions: Any) -> Snapshot:
    board = rebuild(
        contest.alias,
        contest.rules,
        [BoardProblem(one.alias, one.label, one.color, one.points, one.title, one.max_score) for one in contest.problems],
        [BoardTeam(row.username, row.name, row.team_group) for row in teams],
        audience,
        submissions=(
            BoardSubmission(
                row.id, row.username, row.problem, row.submitted_at, Verdict(row.verdict) if row.verdict else None, row.score or Fraction(0)
            )
            for row in submissions
        ),
        title=contest.title,
        version=seq,
    )
    shown = board.snapshot(seq, now)
    body = encode(shown)
    gzipped = gzip.compress(body, 5, mtime=0) if len(body) > _WORTH_BYTES else b""
    return Snapshot(seq, shown, body, gzipped, _etag(body))


def _opened(packed: bytes) -> Snapshot:
    """A board as it lies in the cache: compressed where that was worth it."""
    gzipped = packed if packed.startswith(_GZIP) else b""
    body = gzip.decompress(packed) if gzipped else packed
    board = decode(dict[str, Any], body)
    return Snapshot(int(board["version"]), board, body, gzipped, _etag(body))


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


_WORTH_BYTES = 2048
_GZIP = b"\x1f\x8b"
_SHARED_S = 30.0
