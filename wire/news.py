"""Owns the live news: topics, their names, the shapes of what is said on them. Never delivers one.

News may be lost; whoever misses some reads the record again. A topic's name is the whole of its visibility: who may
listen to ``jury:x`` may see all that is said there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contest.rules import Audience


def scoreboard_topic(contest: str, audience: Audience) -> str:
    """Deltas of one folded board: ``scoreboard:finals:public``."""
    return f"scoreboard:{contest}:{audience.value}"


def contest_topic(contest: str) -> str:
    """Announcements, public answers and changes of a contest, for everybody in it."""
    return f"contest:{contest}"


def jury_topic(contest: str) -> str:
    """Every submission, verdict and question of a contest, for its jury."""
    return f"jury:{contest}"


def user_topic(username: str) -> str:
    """What concerns one account: its submissions, their progress, answers, refusals."""
    return f"user:{username}"


@dataclass(frozen=True, slots=True)
class Headline:
    """One piece of news: ``{"kind": …, "at": …, "body": {…}}``, one JSON object on one line.

    A browser gets it with where it belongs: ``{"topic": …, "id": …, "kind": …, "at": …, "body": {…}}``. ``id`` is where to
    resume (``?since=``). ``{"kind": "gap", "topic": …}`` in between says: news of that topic may be missing, read again.

    Kinds and bodies:
      ``scoreboard``            a `ScoreboardDelta` as object
      ``submission``            {id, contest, problem, label, username, team, language, at, status}
      ``progress``              {id, status: "queued"|"judging", step, done, total} of a submission; cases may be skipped
      ``verdict``               {id, contest, problem, label, username, team, verdict, score, time_ms, memory_bytes, status: "judged"}; its author
                                hears no memory (null) and the time in steps (`contest.feedback.authors_figures`), the jury all
      ``refused``               {id, kind, code, message}: a command that was accepted for recording and then refused
      ``clarification``         {id, contest, problem, text, username, at}
      ``answer``                {id, contest, problem, text, answer, is_public}
      ``announcement``          {id, contest, text, at}
      ``trial``                 {alias, commit, done, total} of a package that is being tried out: so many of its runs have ended
      ``report``                {alias, commit, state, errors, warnings}: a package was tried out; state "waiting": it will be, once more
      ``rejudging``             {id, contest, state, count, judged} of a set, for the jury; how far it is may be skipped
      ``contest``               {alias}: its rules, problems or teams changed: fetch again; with phase "started", "frozen" or
                                "ended" when it has come to that by the clock
    """

    kind: str
    at: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScoreboardDelta:
    """What one event changed on one board.

    ``version`` is the contest's event sequence number; ``after`` the version of the board's delta before this one. Who
    holds the board at version v: applies it when ``after <= v < version``, has it already when ``v >= version``, and has
    missed something when ``v < after``: fetches the board. No rows and ``after == version`` says just that to everybody who
    holds less: the board was built anew (rules, teams or problems changed, or the freeze was lifted).
    ``rows`` are the changed rows: ``{username, place, rank, solved, penalty_s, score, last_s, cells}``, the figures as they are
    now and of the cells the changed ones only, whole (see `contest.facts.ChangedRow`). Each goes over the cell with its label;
    what is not told is as it was. Who finds no such row or cell has missed something. ``moves`` is (username, from place, to
    place), 0-based places in board order. As nothing is told twice, every delta counts: whoever leaves one out on the way must
    say so (``gap``), and merging two means merging their cells.
    """

    contest: str
    audience: Audience
    version: int
    after: int
    rows: tuple[dict[str, Any], ...]
    moves: tuple[tuple[str, int, int], ...]
