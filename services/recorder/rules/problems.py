"""Owns the rules of problems as the record knows them. Never reads a package: the gitserver has accepted it already."""

from __future__ import annotations

from contest import visibility
from mesh.codec import as_builtins
from mesh.errors import Forbidden, NotFound
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import Faults, is_alias
from services.recorder.rules.reports import try_out
from services.recorder.rules.rights import require_service, viewer_as
from services.recorder.view import Needs, View
from wire import services
from wire.commands import Command, RecordProblem

HASH_LIMIT = 128


def needs_of_problem(command: Command, needs: Needs) -> None:
    """The problem as it is, its owner, what is known of its commits."""
    assert isinstance(command.body, RecordProblem)
    needs.problems.add(command.body.alias)
    needs.accounts.add(command.body.owner)
    needs.reports.add((command.body.alias, command.body.commit))
    needs.newest_reports.add(command.body.alias)
    needs.wants_last_seq = True


def record_problem(command: Command, view: View) -> Effects:
    """The gitserver alone says so. An older commit that arrives late changes nothing; the first owner stays the owner.

    Raises: `Forbidden` (``forbidden``, ``not-owner``), `Invalid` (``problem-invalid``), `NotFound` (``no-such-account``).
    """
    body = command.body
    assert isinstance(body, RecordProblem)
    require_service(command, services.GITSERVER)
    _check_form(body)
    owner = view.find(rows.Account, body.owner)
    if owner is None:
        raise NotFound(f"there is no account {body.owner} to own {body.alias}", code="no-such-account")
    if not visibility.may_bring_problem(viewer_as(owner)):
        raise Forbidden(f"{body.owner} is no organiser and cannot own problems", code="forbidden")
    known = view.find(rows.Problem, body.alias)
    if known is not None and not visibility.may_change_problem(viewer_as(owner), known.owner):
        raise Forbidden(f"{body.alias} belongs to {known.owner}; choose another alias", code="not-owner")
    effects = Effects()
    if known is not None and command.at < known.changed_at:
        return effects
    row = rows.Problem(
        alias=body.alias, title=body.title, owner=known.owner if known is not None else body.owner, commit_hash=body.commit,
        version=body.version, limits=as_builtins(body.limits), case_count=body.case_count, samples=body.samples,
        statement_languages=list(body.statement_languages), has_pdf=body.has_pdf, is_scoring=body.is_scoring,
        max_score=body.max_score, changed_at=command.at, languages=list(body.languages),
    )  # fmt: skip
    if known is None:
        effects.insert(row)
    else:
        effects.change(known, **{name: value for name, value in rows.values_of(row).items() if name != "alias"})
    try_out(row, known, view, effects)
    effects.tell("", "problem-recorded", alias=body.alias, commit=body.commit, version=body.version)
    return effects


def _check_form(body: RecordProblem) -> None:
    faults = Faults()
    faults.unless(is_alias(body.alias), f"alias {body.alias[:64]!r}: letters, digits, _ and - only, at most 64")
    faults.check_line("title", body.title)
    for what, text in (("commit", body.commit), ("version", body.version)):
        faults.unless(bool(text) and text.isalnum() and len(text) <= HASH_LIMIT, f"{what} is not a hash")
    faults.unless(body.case_count > 0, "a problem needs at least one case")
    faults.unless(body.max_score > 0, "max_score must be positive")
    faults.refuse("problem-invalid")
