"""Owns the reading of what a group of commands needs, in few bulk statements. Never decides anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import Connection

from services.recorder import rows, sets
from services.recorder.record import Record
from services.recorder.rows import Row
from services.recorder.rules.forms import COMPILE_OUTPUT_LIMIT
from services.recorder.view import Candidate, Needs, View
from wire.rejudging import READY

R = TypeVar("R", bound=Row)

AT_ONCE = 500
"""Keys in one statement: below every database's limit of parameters."""

HEAVY = {"source": "", "cases": None, "group_results": None, "compile_output": None, "selected": None}
"""Columns that are left out unless they are asked for, and what stands in their place."""


MOST_TOLD = 16 << 20
"""Characters of what compilers said that one transaction carries to webhooks."""


def load(connection: Connection, record: Record, needs: Needs, view: View) -> None:
    """Puts what is needed into the view, with what hangs on it: a submission's contest, problem and team; a question's contest."""
    loader = _Loader(connection, record)
    view.put(loader.by_key(rows.Settled, "id", needs.outcomes))
    loader.selections(needs, view)
    for rejudging in loader.by_key(rows.Rejudging, "id", needs.applied_sets, HEAVY):
        loader.candidates(rejudging, needs, view)
    submissions = [
        *loader.by_key(rows.Submission, "id", needs.submissions - needs.sources, HEAVY),
        *loader.by_key(rows.Submission, "id", needs.sources),
    ]
    questions = loader.by_key(rows.Clarification, "id", needs.clarifications)
    needs.runs.update(submission.run for submission in submissions if submission.id in needs.runs_in_force)
    runs = loader.by_key(rows.Run, "id", needs.runs, HEAVY)
    needs.rejudgings.update(run.rejudging for run in runs if run.rejudging is not None)
    judged_again = loader.by_key(rows.Rejudging, "id", needs.rejudgings, HEAVY, is_locked=True)
    needs.contests.update(one.contest for one in judged_again)
    view.put([*submissions, *questions, *runs, *judged_again])
    for submission in submissions:
        needs.contests.add(submission.contest)
        needs.problems.add(submission.problem)
        needs.contestants.add((submission.contest, submission.username))
        if submission.id in needs.told_submissions:
            needs.accounts.add(submission.username)
            needs.webhooks.add(submission.username)
    needs.contests.update(question.contest for question in questions)
    view.put(loader.by_key(rows.Contest, "alias", needs.contests, is_locked=True))
    view.put(loader.by_key(rows.ContestProblem, "contest", needs.contests))
    deliveries = loader.by_key(rows.Delivery, "id", needs.deliveries)
    needs.webhooks.update(delivery.username for delivery in deliveries)
    view.put([*deliveries, *loader.by_key(rows.Webhook, "username", needs.webhooks)])
    loader.compile_outputs(needs, view)
    problems = loader.by_key(rows.Problem, "alias", needs.problems)
    needs.reports.update((problem.alias, problem.commit_hash) for problem in problems if problem.alias in needs.newest_reports)
    view.put([*problems, *loader.reports(needs.reports)])
    view.put(loader.by_key(rows.Account, "username", needs.accounts))
    view.put(loader.contestants(needs.contestants))
    view.put(loader.by_key(rows.Job, "name", needs.jobs))
    for contest in _possible(needs.used_problems):
        for problem in loader.used_problems(contest):
            view.put_used(contest, problem)
    if needs.wants_last_seq:
        view.last_seq = loader.last_seq()


class _Loader:
    def __init__(self, connection: Connection, record: Record) -> None:
        self._connection = connection
        self._record = record

    def by_key(
        self, kind: type[R], column: str, keys: Collection[str], absent: dict[str, Any] | None = None, *, is_locked: bool = False
    ) -> list[R]:
        table, found = self._record.table(cast("type[Row]", kind)), []
        left_out = {name: value for name, value in (absent or {}).items() if name in table.c}
        columns = [one for one in table.c if one.name not in left_out]
        names = [one.name for one in columns]
        for part in _parts(sorted(_possible(keys))):
            statement = sa.select(*columns).where(table.c[column].in_(part)).order_by(*table.primary_key)
            if is_locked:
                statement = statement.with_for_update()
            found += [kind(**dict(zip(names, row, strict=True)), **left_out) for row in self._connection.execute(statement)]
        return found

    def selections(self, needs: Needs, view: View) -> None:
        """What the sets that are to be opened shall judge."""
        for rejudging, (contest, wanted) in needs.selections.items():
            view.selections[rejudging] = sets.selected(self._connection, self._record, contest, wanted)
            view.open_sets[contest] = sets.open_sets(self._connection, self._record, contest)
            needs.problems.update(problem for _, problem in view.selections[rejudging])
        for problem, version in needs.versions:
            if "\x00" not in problem + version:
                view.known_versions[problem, version] = sets.published_version(self._connection, self._record, problem, version)

    def candidates(self, rejudging: rows.Rejudging, needs: Needs, view: View) -> None:
        """How a set's runs stand beside what is in force, and of those that change it everything that is to be told."""
        view.candidates[rejudging.id] = found = sets.candidates(self._connection, self._record, rejudging) if rejudging.state == READY else []
        changes = [one for one in found if one.is_change]
        needs.runs.update(one.run for one in changes)
        needs.submissions.update(one.submission for one in changes)
        needs.told_submissions.update(one.submission for one in changes)

    def compile_outputs(self, needs: Needs, view: View) -> None:
        """What compilers said in runs of a set that webhooks are told of; of each as much as fits `MOST_TOLD` together."""
        told = [one for rejudging in needs.applied_sets for one in view.candidates.get(rejudging, ()) if one.is_change and _is_told(one, view)]
        if not told:
            return
        table = self._record.table(rows.Run)
        said = sa.func.substr(table.c.compile_output, 1, min(COMPILE_OUTPUT_LIMIT, MOST_TOLD // len(told)))
        for part in _parts([one.run for one in told]):
            for row in self._connection.execute(sa.select(table.c.id, said.label("said")).where(table.c.id.in_(part))):
                run = view.find(rows.Run, row.id)
                assert run is not None, "the runs that change something are loaded"
                view.put([rows.changed(run, {"compile_output": row.said})])

    def contestants(self, wanted: Iterable[tuple[str, str]]) -> list[rows.Contestant]:
        by_contest: defaultdict[str, set[str]] = defaultdict(set)
        for contest, username in wanted:
            by_contest[contest].add(username)
        table, found = self._record.table(rows.Contestant), []
        for contest in sorted(_possible(by_contest)):
            for part in _parts(sorted(_possible(by_contest[contest]))):
                statement = sa.select(table).where(table.c.contest == contest, table.c.username.in_(part))
                found += [rows.Contestant(**row._mapping) for row in self._connection.execute(statement)]  # noqa: SLF001  SQLAlchemy's documented name
        return found

    def reports(self, wanted: Iterable[tuple[str, str]]) -> list[rows.ProblemReport]:
        table, found = self._record.table(rows.ProblemReport), []
        for alias, commit in sorted(set(wanted)):
            if "\x00" in alias + commit:
                continue
            statement = sa.select(table).where(table.c.alias == alias, table.c.commit_hash == commit)
            found += [rows.ProblemReport(**row._mapping) for row in self._connection.execute(statement)]  # noqa: SLF001  SQLAlchemy's documented name
        return found

    def used_problems(self, contest: str) -> list[str]:
        table = self._record.table(rows.Submission)
        found = self._connection.execute(sa.select(table.c.problem).where(table.c.contest == contest).distinct())
        return list(found.scalars())

    def last_seq(self) -> int:
        table = self._record.table(rows.Event)
        found: int | None = self._connection.scalar(sa.select(sa.func.max(table.c.seq)).where(table.c.contest == ""))
        return found or 0


def _is_told(one: Candidate, view: View) -> bool:
    submission = view.find(rows.Submission, one.submission)
    if submission is None:
        return False
    webhook = view.find(rows.Webhook, submission.username)
    return bool(submission.webhook_url or (webhook is not None and webhook.url))


def _possible(keys: Iterable[str]) -> Iterator[str]:
    """Keys that can be in the record: PostgreSQL refuses even to look for U+0000."""
    return (key for key in keys if "\x00" not in key)


def _parts(keys: list[str]) -> Iterator[list[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
