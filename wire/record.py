"""Owns the tables of the record, as data: the contract between the recorder, who writes, and the frontend, who reads.

Never talks to a database: `mesh.database` turns this into SQLAlchemy tables, the recorder's migrations into DDL.
Times are UTC microseconds since the epoch (int64); ids are UUIDv7; scores are exact "n/d" text; JSON is canonical text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["uuid", "name", "text", "long_text", "int", "bool", "time", "json", "fraction", "bytes"]
"""``name`` is a short indexed string (190 characters at most), ``text`` up to 1,000, ``long_text`` up to 16 MiB."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``is_key`` makes it part of the primary key; ``references`` is ``table.column``."""

    name: str
    kind: Kind
    is_key: bool = False
    is_optional: bool = False
    references: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``indexes`` and ``unique`` are tuples of column names."""

    name: str
    columns: tuple[Column, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()


def _key(name: str, kind: Kind) -> Column:
    return Column(name, kind, is_key=True)


def _maybe(name: str, kind: Kind) -> Column:
    return Column(name, kind, is_optional=True)


ACCOUNTS: Final = Table("accounts", (
    _key("username", "name"), Column("name", "text"), Column("password_hash", "text"), Column("role", "name"),
    Column("email", "text"), Column("created_at", "time"), Column("password_changed_at", "time"),
))  # fmt: skip

PROBLEMS: Final = Table("problems", (
    _key("alias", "name"), Column("title", "text"), Column("owner", "name"), Column("commit_hash", "name"),
    Column("version", "name"), Column("limits", "json"), Column("case_count", "int"), Column("samples", "int"),
    Column("statement_languages", "json"), Column("has_pdf", "bool"), Column("is_scoring", "bool"),
    Column("max_score", "fraction"), Column("changed_at", "time"), _maybe("languages", "json"),
))  # fmt: skip
"""``languages`` are those that the problem takes; an empty list, or none, takes what the contest takes."""

CONTESTS: Final = Table("contests", (
    _key("alias", "name"), Column("title", "text"), Column("description", "long_text"), Column("organiser", "name"),
    Column("mode", "name"), Column("start_at", "time"), Column("duration_s", "int"), Column("freeze_s", "int"),
    Column("penalty_s", "int"), _maybe("thawed_at", "time"), Column("languages", "json"), Column("is_public", "bool"),
    Column("seq", "int"), Column("created_at", "time"), Column("feedback", "name"), Column("compile_feedback", "name"),
), indexes=(("start_at",),))  # fmt: skip

CONTEST_PROBLEMS: Final = Table("contest_problems", (
    _key("contest", "name"), _key("alias", "name"), Column("place", "int"), Column("label", "name"),
    Column("color", "name"), Column("points", "fraction"),
))  # fmt: skip

CONTESTANTS: Final = Table("contestants", (
    _key("contest", "name"), _key("username", "name"), Column("name", "text"), Column("team_group", "text"),
    Column("registered_at", "time"),
), indexes=(("username",),))  # fmt: skip

SUBMISSIONS: Final = Table("submissions", (
    _key("id", "uuid"), Column("contest", "name"), Column("problem", "name"), Column("username", "name"),
    Column("language", "name"), Column("filename", "text"), Column("source", "long_text"), Column("submitted_at", "time"),
    Column("recorded_at", "time"), Column("priority", "name"), Column("is_on_board", "bool"), Column("status", "name"),
    Column("run", "uuid"), _maybe("verdict", "name"), _maybe("score", "fraction"), _maybe("time_ms", "int"),
    _maybe("memory_bytes", "int"), _maybe("judged_at", "time"), Column("correlation", "name"), _maybe("webhook_url", "text"),
), indexes=(("contest", "submitted_at"), ("username", "submitted_at"), ("status", "recorded_at")))  # fmt: skip
"""``status`` is queued or judged; ``run`` names the judging in force; verdict and figures are those of that run.

What a scoreboard folds, in any order: every row with ``is_on_board``, its verdict and score (NULL while it is queued), with
the contest's ``seq`` read in the same snapshot as the board's version. ``is_on_board`` is settled at recording: the author was
a contestant then, and the time was the contest's. Live boards fold ``events`` by ``seq`` instead, and come to the same.
"""

RUNS: Final = Table("runs", (
    _key("id", "uuid"), Column("submission", "uuid"), Column("version", "name"), Column("priority", "name"),
    Column("created_at", "time"), Column("sent_at", "time"), Column("sends", "int"), _maybe("attempt", "uuid"), _maybe("verdict", "name"),
    _maybe("score", "fraction"), _maybe("time_ms", "int"), _maybe("memory_bytes", "int"), _maybe("cases", "json"),
    _maybe("decisive_case", "int"), _maybe("compile_output", "long_text"), _maybe("runner", "text"), _maybe("judged_at", "time"),
    _maybe("rejudging", "uuid"), _maybe("trimmed_at", "time"), _maybe("replaces", "uuid"), _maybe("by_hand", "name"), _maybe("reason", "text"),
    _maybe("group_results", "json"),
), indexes=(("submission",), ("judged_at", "sent_at"), ("rejudging",), ("trimmed_at", "judged_at")))  # fmt: skip
"""``sent_at`` is when it was last put into the outbox, ``sends`` how often; ``judged_at`` is NULL until its one verdict came.

``rejudging`` names the set that it belongs to: it is in force for nobody before the set is applied. ``trimmed_at`` is when what only
the jury sees of its cases (output, difference, messages) was forgotten. ``replaces`` is the run in whose place it came, of a set: would
come (NULL in an applied set: a newer word stood, this one was left aside). ``by_hand`` is the account whose word it is, with its ``reason``,
where nothing was run. ``group_results`` are what the test groups of a scoring problem came to (`contest.results.GroupResult`).
"""

REJUDGINGS: Final = Table("rejudgings", (
    _key("id", "uuid"), Column("contest", "name"), Column("actor", "name"), Column("reason", "text"), Column("filter", "json"),
    Column("version", "name"), Column("state", "name"), Column("count", "int"), Column("judged", "int"), Column("created_at", "time"),
    _maybe("settled_at", "time"), _maybe("settled_by", "name"), Column("filled", "int"), _maybe("selected", "json"), _maybe("changed", "int"),
    _maybe("kept", "int"),
), indexes=(("contest", "created_at"), ("state",)))  # fmt: skip
"""Sets of runs that judge again: ``state`` as `wire.rejudging.STATES`, ``judged`` of ``count`` runs have their verdict.

``selected`` is what is still to be asked for, a `wire.rejudging.Selection`: the first ``filled`` of its submissions have their run. An
applied set has ``changed`` so many verdicts, and left ``kept`` alone, whose verdict was newer than the set.
"""

REPORTS: Final = Table("reports", (
    _key("alias", "name"), _key("commit_hash", "name"), Column("version", "name"), Column("state", "name"), Column("asked_at", "time"),
    Column("sent_at", "time"), Column("sends", "int"), Column("findings", "json"), Column("submissions", "json"), _maybe("evidence", "json"),
    _maybe("ended_at", "time"),
), indexes=(("ended_at", "sent_at"),))  # fmt: skip
"""What came of trying a package out: ``state`` as `wire.verification.STATES`; the JSON is that of `wire.verification.RecordReport`."""

CLARIFICATIONS: Final = Table("clarifications", (
    _key("id", "uuid"), Column("contest", "name"), Column("problem", "name"), Column("username", "name"),
    Column("text", "long_text"), Column("asked_at", "time"), _maybe("answer", "long_text"), _maybe("answered_by", "name"),
    _maybe("answered_at", "time"), Column("is_public", "bool"), Column("is_announcement", "bool"),
), indexes=(("contest", "asked_at"),))  # fmt: skip

EVENTS: Final = Table("events", (
    _key("contest", "name"), _key("seq", "int"), Column("kind", "name"), Column("at", "time"), Column("actor", "name"),
    Column("command", "uuid"), Column("body", "json"),
), indexes=(("at",),))  # fmt: skip
"""The audit log, per contest in order, ``seq`` from 1 without gaps, but for a leap to the time in milliseconds where a backup was
restored: what came after the backup was seen, and is gone. ``contest`` is empty for what belongs to none.

``at`` is when it was recorded. Kinds and bodies; news are made of them, so they hold all that news say:
  ``account-created`` {username, role} · ``password-changed`` ``webhook-set`` ``webhook-forgotten`` {username} · ``problem-recorded`` {alias, commit, version}
  ``problem-tried`` {alias, commit, version, state, owner, errors, warnings, is_newest} · ``trial-asked`` {alias, commit, owner}
  ``contest-created`` ``contest-changed`` ``contest-thawed`` {alias} · ``teams-registered`` {usernames}
  ``contest-started`` ``contest-frozen`` ``contest-ended`` {alias, phase, moment}: by the clock, once for each moment
  ``submitted`` {id, problem, label, username, team, language, at, submitted_us, run, is_on_board}: a fact of the board when
  ``is_on_board``; ``submitted_us`` is the time that counts in microseconds, ``at`` the same for people
  ``judged``    the same and {verdict, score, time_ms, memory_bytes, is_in_force}: a fact when ``is_in_force``; else the verdict
  of a run that a rejudge had overtaken
  ``rejudged``  the same as ``submitted``: a fact, the submission is undecided once more
  ``overridden`` the same as ``judged`` and {reason, was_verdict, was_score}: a fact, a person's word in place of a run's
  ``rejudging-opened`` {id, count, reason, filter, version} ``rejudging-ready`` {id, count} ``rejudging-dropped`` {id, count, judged}
  ``rejudging-applied`` {id, count, changed, kept}: behind it come the ``judged`` of all that changed, with ``rejudging`` and ``was_verdict``
  ``priority-set`` the same as ``submitted`` and {priority, was}: its run was moved to another level
  ``clarification-asked`` {id, problem, text, username} · ``clarification-answered`` {id, problem, text, username, answer, is_public, is_begun}
  ``announced``    {id, problem, text}
"""

OUTCOMES: Final = Table("outcomes", (
    _key("id", "uuid"), Column("kind", "name"), Column("actor", "name"), Column("is_applied", "bool"), Column("code", "name"),
    Column("message", "text"), Column("status", "int"), Column("seq", "int"), Column("at", "time"),
), indexes=(("at",),))  # fmt: skip
"""What became of every command, by its id: the reason why one that is delivered twice is applied once."""

OUTBOX: Final = Table("outbox", (
    _key("id", "uuid"), Column("queue", "name"), Column("body", "bytes"), Column("correlation", "name"), Column("created_at", "time"),
), indexes=(("created_at",),))  # fmt: skip
"""Work that follows from a commit and is not yet confirmed by its queue; a row is deleted when it is."""

WEBHOOKS: Final = Table("webhooks", (
    _key("username", "name"), Column("url", "text"), Column("secret", "text"), Column("changed_at", "time"),
))  # fmt: skip
"""Where an account wants to hear of its verdicts, and the secret that signs what it hears, sealed where the recorder has a key; ``url`` empty: only those of submissions
that name their own address."""

DELIVERIES: Final = Table("deliveries", (
    _key("id", "uuid"), Column("username", "name"), Column("submission", "uuid"), Column("run", "uuid"), Column("url", "text"),
    Column("body", "long_text"), Column("status", "name"), Column("tries", "int"), Column("http_status", "int"),
    Column("error", "text"), Column("created_at", "time"), Column("changed_at", "time"), Column("kind", "name"),
    Column("generation", "int"), Column("sends", "int"),
), indexes=(("username", "created_at"), ("submission",), ("status", "changed_at")))  # fmt: skip
"""Every webhook call; ``kind`` is verdict, or test or digest (then ``submission`` and ``run`` name nothing); ``status`` waiting, delivered or failed.

``tries`` were made so far, ``http_status`` (0: no answer) and ``error`` are those of the last one, at ``changed_at``. A replay is
the next ``generation`` and begins its tries anew; ``sends`` is how often the mailer was asked in this generation.
"""

JOBS: Final = Table("jobs", (
    _key("name", "name"), Column("due_at", "time"), Column("holder", "name"), Column("held_until", "time"),
    _maybe("ended_at", "time"), Column("took_ms", "int"), Column("failures", "int"), Column("error", "text"),
), indexes=(("due_at",),))  # fmt: skip
"""The scheduler's periodic jobs: one row says when a job runs next, and who in the cluster holds it until when."""

SECRETS: Final[dict[str, frozenset[str]]] = {"webhooks": frozenset({"secret"})}
"""Columns that no reader of the record needs; where the database can, the frontend's user may not read them: name your columns."""

TABLES: Final[tuple[Table, ...]] = (
    ACCOUNTS, PROBLEMS, CONTESTS, CONTEST_PROBLEMS, CONTESTANTS, SUBMISSIONS, RUNS, CLARIFICATIONS, EVENTS, OUTCOMES, OUTBOX,
    WEBHOOKS, DELIVERIES, JOBS, REJUDGINGS, REPORTS,
)  # fmt: skip
