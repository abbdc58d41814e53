from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from contest.results import CaseResult
from contest.verdicts import Verdict
from mesh.codec import decode
from mesh.ids import new_id
from services.recorder import rows
from services.recorder.rules.forms import SOURCE_LIMIT_BYTES
from tests.services.recorder.desk import Desk, settled_desk
from tests.services.recorder.makers import (
    NOW, START, ask, change, command, contest, first_run, problem, rejudge, submit, teams, verdict,
)  # fmt: skip
from wire.commands import Announce, AnswerClarification, Command, SetPriority
from wire.judging import JudgeSubmission

END = START + timedelta(hours=4)


@pytest.fixture
def desk() -> Desk:
    return settled_desk()


def _work(desk: Desk) -> list[tuple[str, JudgeSubmission]]:
    works = [row for (kind, _), row in desk.view.inserted.items() if kind is rows.Work and isinstance(row, rows.Work)]
    return [(work.queue, decode(JudgeSubmission, work.body)) for work in works]


# ── submissions ──


def test_an_accepted_submission_is_a_row_a_run_an_event_and_work(desk: Desk) -> None:
    wish = submit(source="print(1)", language="python3", filename="a.py", correlation="c-1")
    desk.do(wish)
    row, run = desk.row(rows.Submission, wish.id), desk.row(rows.Run, first_run(wish))
    assert (row.status, row.is_on_board, row.priority, row.submitted_at, row.run) == ("queued", True, "contest", NOW, run.id)
    assert (run.submission, run.version, run.sends, run.judged_at) == (wish.id, "b" * 40, 1, None)
    [(queue, work)] = _work(desk)
    assert queue == "SubmissionQueue.contest"
    assert (work.run, work.source, work.author, work.filename, work.correlation) == (run.id, "print(1)", "ana", "a.py", "c-1")
    [event] = desk.events
    assert event.kind == "submitted"
    assert {"label": "A", "team": "Team ana", "is_on_board": True}.items() <= event.body.items()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (submit(contest="ghost"), "no-such-contest"),
        (submit(actor="carl"), "not-registered"),
        (submit(actor="ghost"), "actor-unknown"),
        (submit(actor="otto"), "not-registered"),
        (submit(problem="rooted"), "no-such-problem"),
        (submit(problem="nul\x00"), "no-such-problem"),
        (submit(language="klingon"), "language-not-allowed"),
        (submit(source=""), "submission-invalid"),
        (submit(source=" \n"), "submission-invalid"),
        (submit(source="a\x00b"), "submission-invalid"),
        (submit(filename="a\nb"), "submission-invalid"),
        (submit(source="é" * (SOURCE_LIMIT_BYTES // 2) + "x"), "source-too-large"),
        (submit(at=START - timedelta(microseconds=1)), "contest-not-started"),
        (submit(at=NOW + timedelta(minutes=3)), "clock-ahead"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_a_rule_is_refused_with_its_code(desk: Desk, wish: Command, code: str) -> None:
    assert desk.code(wish) == code
    assert _work(desk) == []


def test_at_the_end_the_contest_is_over(desk: Desk) -> None:
    desk.turn(END)
    assert desk.code(submit(at=END)) == "contest-ended"


def test_the_largest_source_and_the_first_and_last_moments_count(desk: Desk) -> None:
    desk.turn(END + timedelta(days=1))
    desk.do(submit(source="x" * SOURCE_LIMIT_BYTES), submit(at=START), submit(at=END - timedelta(microseconds=1)))


def test_a_submission_that_comes_late_through_the_queue_counts_at_the_time_of_the_wish(desk: Desk) -> None:
    desk.turn(END + timedelta(hours=2))
    wish = submit(at=END - timedelta(seconds=1))
    desk.do(wish)
    row = desk.row(rows.Submission, wish.id)
    assert (row.submitted_at, row.recorded_at, row.is_on_board) == (END - timedelta(seconds=1), END + timedelta(hours=2), True)


def test_a_contest_may_allow_fewer_languages(desk: Desk) -> None:
    desk.do(change(languages=("java",)))
    refusal = desk.refusal(submit(language="cpp"))
    assert refusal.code == "language-not-allowed"
    assert "java" in refusal.message
    desk.do(submit(language="java"))
    assert _work(desk)[0][1].allowed_languages == ("java",)


@pytest.mark.parametrize(
    ("of_contest", "of_problem", "taken", "refused"),
    [
        ((), (), ("cpp", "cpp17", "pypy3", "bash"), ("text",)),
        ((), ("cpp", "java"), ("cpp", "cpp23", "java"), ("python3", "text")),
        (("java", "python3"), ("cpp", "java"), ("java",), ("cpp", "python3")),
        (("cpp",), ("text",), ("text",), ("cpp",)),
        (("cpp",), ("python3",), (), ("cpp", "python3")),
    ],
)
def test_a_problem_and_its_contest_say_which_languages_are_taken(
    desk: Desk, of_contest: tuple[str, ...], of_problem: tuple[str, ...], taken: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    desk.do(change(languages=of_contest))
    desk.do(problem("apples", languages=of_problem))
    for language in taken:
        desk.do(submit(language=language))
    assert [work.language for _, work in _work(desk)] == list(taken)
    for language in refused:
        assert desk.refusal(submit(language=language)).code == "language-not-allowed"


@pytest.mark.parametrize("actor", ["olga", "root"])
@pytest.mark.parametrize("at", [START - timedelta(days=1), NOW, END + timedelta(days=1)])
def test_those_who_run_the_contest_submit_at_any_time_and_off_the_board(desk: Desk, actor: str, at: object) -> None:
    desk.turn(END + timedelta(days=2))
    wish = submit(actor=actor, at=at)
    desk.do(wish)
    row = desk.row(rows.Submission, wish.id)
    assert (row.is_on_board, row.priority) == (False, "normal")


def _levels(desk: Desk) -> list[str]:
    return [queue.removeprefix("SubmissionQueue.") for queue, _ in _work(desk)]


@pytest.mark.parametrize(
    ("actor", "wished", "level"),
    [
        ("ana", "", "contest"), ("ana", "contest", "contest"), ("ana", "normal", "normal"), ("ana", "low", "low"),
        ("olga", "", "normal"), ("olga", "contest", "contest"), ("root", "low", "low"), ("olga", "ephemeral", "ephemeral"),
    ],
)  # fmt: skip
def test_a_wish_for_a_level_is_heard_within_ones_rights(desk: Desk, actor: str, wished: str, level: str) -> None:
    wish = submit(actor=actor, priority=wished)
    desk.do(wish)
    assert (desk.row(rows.Submission, wish.id).priority, desk.row(rows.Run, first_run(wish)).priority) == (level, level)
    assert _levels(desk) == [level]


@pytest.mark.parametrize("wished", ["ephemeral", "highest", "\x00"])
def test_a_contestant_may_step_back_only(desk: Desk, wished: str) -> None:
    refusal = desk.refusal(submit(priority=wished))
    assert refusal.code == "priority-not-allowed"
    assert "contest, normal, low" in refusal.message


def test_a_waiting_submission_moves_under_the_same_run(desk: Desk) -> None:
    wish = submit(actor="olga", priority="low")
    desk.do(wish, command("olga", SetPriority(wish.id, "contest")))
    run = desk.row(rows.Run, first_run(wish))
    assert (run.priority, run.sends, run.judged_at) == ("contest", 2, None)
    first, second = _work(desk)
    assert (first[0], second[0]) == ("SubmissionQueue.low", "SubmissionQueue.contest")
    assert first[1].run == second[1].run == run.id
    assert (first[1].sends, second[1].sends, second[1].priority) == (1, 2, "contest")
    event = desk.events[-1]
    assert (event.kind, event.actor, event.body["was"], event.body["priority"]) == ("priority-set", "olga", "low", "contest")
    desk.do(command("olga", SetPriority(wish.id, "contest")))
    assert len(_work(desk)) == 2, "it is there already"


def test_who_may_move_what_and_until_when(desk: Desk) -> None:
    wish = submit()
    desk.do(wish)
    assert desk.code(command("ana", SetPriority(wish.id, "low"))) == "not-jury"
    assert desk.code(command("otto", SetPriority(wish.id, "low"))) == "not-jury"
    assert desk.code(command("olga", SetPriority(wish.id, "urgent"))) == "unknown-priority"
    assert desk.code(command("olga", SetPriority(new_id(), "low"))) == "no-such-submission"
    desk.do(verdict(wish))
    assert desk.code(command("olga", SetPriority(wish.id, "low"))) == "submission-judged"
    again = rejudge(wish)
    desk.do(again, command("olga", SetPriority(wish.id, "normal")))
    assert _levels(desk) == ["contest", "low", "normal"]
    assert desk.row(rows.Run, first_run(again)).priority == "normal"


# ── verdicts ──


def test_a_verdict_settles_run_and_submission(desk: Desk) -> None:
    wish = submit()
    cases = (CaseResult(0, Verdict.AC, 5, 100), CaseResult(1, Verdict.WA, 7, 200, message="line 3"))
    desk.do(wish, verdict(wish, Verdict.WA, cases=cases, compile_output="warn\x00ing", decisive_case=1))
    run, row = desk.row(rows.Run, first_run(wish)), desk.row(rows.Submission, wish.id)
    assert (row.status, row.verdict, row.score, row.time_ms) == ("judged", "WA", Fraction(0), 12)
    assert (run.verdict, run.decisive_case, run.compile_output, len(run.cases)) == ("WA", 1, "warn\N{REPLACEMENT CHARACTER}ing", 2)


def test_the_first_verdict_of_a_run_stays(desk: Desk) -> None:
    wish = submit()
    desk.do(wish, verdict(wish, Verdict.WA))
    desk.events.clear()
    desk.do(verdict(wish, Verdict.AC))
    assert desk.row(rows.Submission, wish.id).verdict == "WA"
    assert desk.events == []


def test_only_the_grader_gives_verdicts(desk: Desk) -> None:
    wish = submit()
    desk.do(wish)
    for actor in ("ana", "root", "service:frontend", "service:runner"):
        assert desk.code(command(actor, verdict(wish).body)) == "forbidden"


def test_a_verdict_on_a_run_that_is_not_there_or_anothers_is_refused(desk: Desk) -> None:
    one, other = submit(), submit("ben")
    desk.do(one, other)
    assert desk.code(verdict(one, run=new_id())) == "no-such-run"
    assert desk.code(verdict(one, run=first_run(other))) == "no-such-run"


@pytest.mark.parametrize("figures", [{"time_ms": -1}, {"memory_bytes": 2**63}, {"score": Fraction(-1)}, {"score": Fraction(1, 10**200)}])
def test_figures_that_no_column_can_hold_are_refused(desk: Desk, figures: dict[str, object]) -> None:
    wish = submit()
    desk.do(wish)
    assert desk.code(verdict(wish, **figures)) == "verdict-invalid"


def test_a_rejudge_asks_again_with_the_newest_version_behind_the_others(desk: Desk) -> None:
    wish = submit()
    desk.do(wish)
    assert desk.code(rejudge(wish)) == "submission-in-judging"
    desk.do(verdict(wish, Verdict.WA), problem("apples", version="c" * 40))
    assert desk.code(rejudge(wish, "ana")) == "not-jury"
    again = rejudge(wish)
    desk.do(again)
    row = desk.row(rows.Submission, wish.id)
    assert (row.status, row.verdict, row.run) == ("queued", None, first_run(again))
    queue, work = _work(desk)[-1]
    assert (queue, work.run, work.version, work.source) == ("SubmissionQueue.low", row.run, "c" * 40, "int main(){}")
    desk.do(verdict(wish, Verdict.AC, run=row.run))
    assert desk.row(rows.Submission, wish.id).verdict == "AC"
    assert desk.row(rows.Run, first_run(wish)).verdict == "WA", "history stays"


def test_the_verdict_of_a_run_that_was_overtaken_does_not_overwrite(desk: Desk) -> None:
    wish = submit()
    desk.do(wish, verdict(wish, Verdict.WA))
    first = rejudge(wish)
    desk.do(first, verdict(wish, Verdict.TLE, run=first_run(first)))
    second = rejudge(wish)
    third_run = first_run(second)
    desk.do(second)
    desk.view._rows[rows.Run, (first_run(first),)] = rows.Run(first_run(first), wish.id, "b" * 40, "low", NOW, NOW, 1)  # as if it were still out
    desk.events.clear()
    desk.do(verdict(wish, Verdict.RTE, run=first_run(first)))
    assert desk.row(rows.Submission, wish.id).verdict is None
    assert [event.body["is_in_force"] for event in desk.events] == [False]
    desk.do(verdict(wish, Verdict.AC, run=third_run))
    assert desk.row(rows.Submission, wish.id).verdict == "AC"


# ── clarifications ──


def test_questions_come_from_contestants_and_answers_from_the_jury(desk: Desk) -> None:
    question = ask(problem="apples")
    desk.do(question)
    assert desk.code(ask("carl")) == "not-registered"
    assert desk.code(ask(text=" ")) == "clarification-invalid"
    assert desk.code(ask(text="x" * 10_001)) == "clarification-invalid"
    assert desk.code(ask(problem="ghost")) == "no-such-problem"
    assert desk.code(ask(at=END)) == "contest-ended"
    assert desk.code(command("ana", AnswerClarification(question.id, "Yes"))) == "not-jury"
    assert desk.code(command("olga", AnswerClarification(new_id(), "Yes"))) == "no-such-clarification"
    desk.do(command("olga", AnswerClarification(question.id, "Yes", is_public=True)), command("root", AnswerClarification(question.id, "No")))
    row = desk.row(rows.Clarification, question.id)
    assert (row.answer, row.answered_by, row.is_public) == ("No", "root", False)


def test_before_the_start_nobody_learns_which_problems_there_are_by_asking(desk: Desk) -> None:
    desk.do(contest(alias="later", start=NOW + timedelta(hours=1)))
    desk.do(teams("ana", alias="later"))
    early = ask(contest="later", problem="apples")
    assert desk.code(early) == "no-such-problem"
    desk.do(ask(contest="later"))


def test_announcements_are_the_jurys_and_cannot_be_answered(desk: Desk) -> None:
    assert desk.code(command("ana", Announce("finals", "Lunch"))) == "not-jury"
    told = command("olga", Announce("finals", "Lunch", "apples"))
    desk.do(told)
    assert desk.row(rows.Clarification, told.id).is_announcement
    assert desk.code(command("olga", AnswerClarification(told.id, "?"))) == "no-such-clarification"
