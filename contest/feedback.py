"""Owns what a contest shows its contestants of the judging of their own submissions, case by case. Pure; never looks anything up.

    feedback   sample cases         other cases
    verdict    nothing              nothing
    samples    everything           nothing, not even how many there are
    cases      everything           verdict
    full       everything           verdict, time, memory, score, the checker's words

With ``cases`` and ``full`` an author sees what each test group that is worth something came to, by its number.

A sample is public, so nothing of it is a secret. What a program wrote on another case is never shown to its author, who could have it print the
secret input; nor what the setter's programs and ours said of their own failures: that is for the jury. Where a package calls a case open
(2025-09: ``full_feedback``), its author sees it as a sample.

Time and memory of the whole are those of the worst case, which may be a secret one: a program that allocates as many pages as the secret
input says would be told its input. Unless it is ``full`` its author sees no memory and the time in steps of `TIME_STEP_MS`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from contest.results import CaseResult, GroupResult
from contest.verdicts import Verdict
from contest.visibility import Viewer, may_see_cases, may_see_submission

_JUDGED_BY_CHECKER = frozenset({Verdict.AC, Verdict.PA, Verdict.WA})
_NOT_THE_AUTHORS = frozenset({Verdict.VE, Verdict.JE})

TIME_STEP_MS: Final = 10
"""Authors see the time of the whole rounded up to a multiple of it."""


class Sight(enum.IntEnum):
    """How much of one case somebody sees; more contains less."""

    NOTHING = 0
    VERDICT = 1
    FIGURES = 2
    OWN = 3
    EVERYTHING = 4


def sight_of_case(viewer: Viewer, author: str, feedback: str, *, is_sample: bool) -> Sight:
    """How much a viewer sees of a case of somebody's submission. Neither phase nor freeze matters: it is his own, or he is the jury."""
    if may_see_cases(viewer):
        return Sight.EVERYTHING
    if not may_see_submission(viewer, author):
        return Sight.NOTHING
    match feedback:
        case "full":
            return Sight.OWN if is_sample else Sight.FIGURES
        case "cases":
            return Sight.OWN if is_sample else Sight.VERDICT
        case "samples":
            return Sight.OWN if is_sample else Sight.NOTHING
        case _:
            return Sight.NOTHING


def may_hear_progress(feedback: str) -> bool:
    """Whether an author hears which case of how many is being judged: it tells where his submission failed."""
    return feedback in {"cases", "full"}


def shown_groups(viewer: Viewer, author: str, feedback: str, groups: Sequence[GroupResult]) -> tuple[GroupResult, ...]:
    """What the test groups of a submission came to, as a viewer sees them.

    Its author sees those that are worth something and hold no others, by their numbers: what the package calls them may say what is tested.
    """
    if may_see_cases(viewer):
        return tuple(groups)
    if not may_see_submission(viewer, author) or feedback not in {"cases", "full"}:
        return ()
    parents = {one.path.rpartition("/")[0] for one in groups}
    inner = [one for one in groups if one.max_score != 0 and one.path not in parents]
    return tuple(replace(one, path=f"Group {number}") for number, one in enumerate(inner, 1))


def may_see_progress(viewer: Viewer, author: str, feedback: str) -> bool:
    """Whether he sees that of somebody's submission."""
    return may_see_cases(viewer) or (may_see_submission(viewer, author) and may_hear_progress(feedback))


def shown_figures(viewer: Viewer, author: str, feedback: str, time_ms: int | None, memory_bytes: int | None) -> tuple[int | None, int | None]:
    """Time and memory of somebody's whole submission as a viewer sees them; None: not there."""
    if may_see_cases(viewer):
        return time_ms, memory_bytes
    if not may_see_submission(viewer, author):
        return None, None
    return authors_figures(feedback, time_ms, memory_bytes)


def authors_figures(feedback: str, time_ms: int | None, memory_bytes: int | None) -> tuple[int | None, int | None]:
    """The same as an author sees them who is not the jury. What is told without knowing the contest is told as with ``verdict``."""
    if feedback == "full":
        return time_ms, memory_bytes
    return (None if time_ms is None else -(-time_ms // TIME_STEP_MS) * TIME_STEP_MS), None


def shown_case(case: CaseResult, sight: Sight) -> CaseResult | None:
    """As much of a case as that; what is left out is as if it had not been measured. None: it is not there."""
    match sight:
        case Sight.NOTHING:
            return None
        case Sight.VERDICT:
            return CaseResult(case.index, case.verdict, 0, 0, is_sample=case.is_sample, hint=case.hint)
        case Sight.FIGURES:
            return replace(case, name="", message=_words(case), output_head="", difference="", given="", description="")
        case Sight.OWN:
            return replace(case, description="", message="" if case.verdict in _NOT_THE_AUTHORS else case.message)
        case Sight.EVERYTHING:
            return case


def shown_cases(viewer: Viewer, author: str, feedback: str, cases: Iterable[CaseResult]) -> tuple[CaseResult, ...]:
    """The cases of a submission as a viewer sees them, in the same order."""
    seen = (shown_case(case, sight_of_case(viewer, author, feedback, is_sample=case.is_sample or case.is_open)) for case in cases)
    return tuple(case for case in seen if case is not None)


def _words(case: CaseResult) -> str:
    """The checker's words; of a program that failed by itself only how, not what it wrote."""
    if case.verdict in _JUDGED_BY_CHECKER:
        return case.message
    return "" if case.verdict in _NOT_THE_AUTHORS else case.message.partition("\n")[0]
