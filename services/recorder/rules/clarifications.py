"""Owns the rules of questions, answers and announcements. Never decides who reads them: topics and queries do."""

from __future__ import annotations

from contest import visibility
from contest.rules import Phase
from mesh.errors import Conflict, NotFound
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import Faults
from services.recorder.rules.rights import enter_contest, problem_in, run_contest
from services.recorder.view import Needs, View
from wire.commands import Announce, AnswerClarification, AskClarification, Command


def needs_of_clarification(command: Command, needs: Needs) -> None:
    """The contest, or the question that is answered; its contest follows."""
    body = command.body
    assert isinstance(body, AskClarification | AnswerClarification | Announce)
    if isinstance(body, AnswerClarification):
        needs.clarifications.add(body.clarification)
    else:
        needs.contests.add(body.contest)
        needs.contestants.add((body.contest, command.actor))


def ask_clarification(command: Command, view: View) -> Effects:
    """Contestants until the end, about a problem from the start on; those who run the contest at any time.

    Raises: `NotFound` (``no-such-contest``, ``no-such-problem``), `Forbidden` (``not-registered``), `Conflict`
    (``contest-ended``), `Invalid` (``clarification-invalid``).
    """
    body = command.body
    assert isinstance(body, AskClarification)
    contest, viewer = enter_contest(command, view, body.contest)
    if not (viewer.is_in_charge or visibility.may_ask_clarification(viewer, contest.rules, command.at)):
        raise Conflict(f"{contest.title} is over: the jury takes no more questions", code="contest-ended")
    if body.problem:
        if contest.rules.phase(command.at) is Phase.BEFORE and not viewer.is_in_charge:
            raise NotFound(f"{contest.alias} has no problem {body.problem}", code="no-such-problem")
        problem_in(view, contest.alias, body.problem)
    _check("question", body.text)
    effects = Effects()
    effects.insert(_row(command, contest.alias, body.problem, body.text, is_announcement=False))
    effects.tell(
        contest.alias, "clarification-asked", id=command.id, problem=body.problem, text=body.text, username=command.actor
    )
    return effects


def answer_clarification(command: Command, view: View) -> Effects:
    """Those who run the contest; answering again replaces the answer.

    Raises: `NotFound` (``no-such-clarification``), `Forbidden` (``not-jury``), `Invalid` (``clarification-invalid``).
    """
    body = command.body
    assert isinstance(body, AnswerClarification)
    question = view.find(rows.Clarification, body.clarification)
    if question is None or question.is_announcement:
        raise NotFound(f"there is no question {body.clarification}", code="no-such-clarification")
    contest = run_contest(command, view, question.contest)
    _check("answer", body.text)
    effects = Effects()
    effects.change(question, answer=body.text, answered_by=command.actor, answered_at=view.now, is_public=body.is_public)
    effects.tell(
        contest.alias, "clarification-answered", id=question.id, problem=question.problem, text=question.text,
        username=question.username, answer=body.text, is_public=body.is_public, is_begun=contest.rules.phase(view.now) is not Phase.BEFORE,
    )  # fmt: skip
    return effects


def announce(command: Command, view: View) -> Effects:
    """Those who run the contest, to everybody in it.

    Raises: `NotFound` (``no-such-contest``, ``no-such-problem``), `Forbidden` (``not-jury``), `Invalid`
    (``clarification-invalid``).
    """
    body = command.body
    assert isinstance(body, Announce)
    contest = run_contest(command, view, body.contest)
    if body.problem:
        problem_in(view, contest.alias, body.problem)
    _check("announcement", body.text)
    effects = Effects()
    effects.insert(_row(command, contest.alias, body.problem, body.text, is_announcement=True))
    effects.tell(contest.alias, "announced", id=command.id, problem=body.problem, text=body.text)
    return effects


def _row(command: Command, contest: str, problem: str, text: str, *, is_announcement: bool) -> rows.Clarification:
    return rows.Clarification(
        id=command.id, contest=contest, problem=problem, username=command.actor, text=text, asked_at=command.at,
        answer=None, answered_by=None, answered_at=None, is_public=is_announcement, is_announcement=is_announcement,
    )  # fmt: skip


def _check(what: str, text: str) -> None:
    faults = Faults()
    faults.check_text(what, text)
    faults.refuse("clarification-invalid")
