"""Owns the table of rules: for each kind of command what must be loaded, and what it does. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from services.recorder.effects import Effects
from services.recorder.rules import accounts, clarifications, contests, levels, phases, problems, reports, submissions, teams, verdicts, webhooks
from services.recorder.rules import overrides, rejudging
from services.recorder.rules.rights import is_service
from services.recorder.view import Needs, View
from wire.commands import Command


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of command. ``apply`` returns what it does, or raises a `MeshError` that says why not."""

    needs: Callable[[Command, Needs], None]
    apply: Callable[[Command, View], Effects]


RULES: Final[dict[str, Rule]] = {
    "CreateAccount": Rule(accounts.needs_of_creation, accounts.create_account),
    "ChangePassword": Rule(accounts.needs_of_password, accounts.change_password),
    "RecordProblem": Rule(problems.needs_of_problem, problems.record_problem),
    "CreateContest": Rule(contests.needs_of_contest, contests.create_contest),
    "ChangeContest": Rule(contests.needs_of_contest, contests.change_contest),
    "ThawContest": Rule(contests.needs_of_contest, contests.thaw_contest),
    "RegisterTeams": Rule(teams.needs_of_teams, teams.register_teams),
    "Submit": Rule(submissions.needs_of_submission, submissions.submit),
    "RecordVerdict": Rule(verdicts.needs_of_verdict, verdicts.record_verdict),
    "Rejudge": Rule(submissions.needs_of_rejudge, submissions.rejudge),
    "SetPriority": Rule(levels.needs_of_priority, levels.set_priority),
    "OpenRejudging": Rule(rejudging.needs_of_opening, rejudging.open_rejudging),
    "ApplyRejudging": Rule(rejudging.needs_of_applying, rejudging.apply_rejudging),
    "DropRejudging": Rule(rejudging.needs_of_dropping, rejudging.drop_rejudging),
    "OverrideVerdict": Rule(overrides.needs_of_override, overrides.override_verdict),
    "MarkPhase": Rule(phases.needs_of_mark, phases.mark_phase),
    "AskClarification": Rule(clarifications.needs_of_clarification, clarifications.ask_clarification),
    "AnswerClarification": Rule(clarifications.needs_of_clarification, clarifications.answer_clarification),
    "Announce": Rule(clarifications.needs_of_clarification, clarifications.announce),
    "SetWebhook": Rule(webhooks.needs_of_webhook, webhooks.set_webhook),
    "TryWebhook": Rule(webhooks.needs_of_webhook, webhooks.try_webhook),
    "RecordDelivery": Rule(webhooks.needs_of_delivery, webhooks.record_delivery),
    "ReplayDelivery": Rule(webhooks.needs_of_delivery, webhooks.replay_delivery),
    "RecordReport": Rule(reports.needs_of_report, reports.record_report),
    "AskForReport": Rule(reports.needs_of_wish, reports.ask_for_report),
}


ALONE: Final = frozenset({"OpenRejudging", "ApplyRejudging"})
"""Kinds of commands that have a transaction of their own: they ask the database about many rows, which must be as it has them."""


def needs_of(commands: Iterable[Command]) -> Needs:
    """Everything that must be loaded before `apply` can be asked about these."""
    needs = Needs()
    for command in commands:
        needs.outcomes.add(command.id)
        if not is_service(command.actor):
            needs.accounts.add(command.actor)
        RULES[command.kind].needs(command, needs)
    return needs


def apply(command: Command, view: View) -> Effects:
    """What the command does. Raises: a `MeshError` with the code and the message of its refusal."""
    return RULES[command.kind].apply(command, view)
