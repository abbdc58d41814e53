"""Owns what the runs of a trial amount to: a submission's report, what the time limit rests on, what the setter is told. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from contest.allowances import NONE, Allowance
from contest.grading import grade
from contest.results import CaseResult, Grade
from contest.verdicts import Verdict
from services.grader.conclusions import cut
from services.grader.rules import broken_rules, slowest_of
from wire.commands import RecordVerdict
from wire.judging import PUT_OFF, JudgingManifest
from wire.problems import ExpectedSubmission, Finding
from wire.verification import FAILED, PASSED, POSTPONED, WARNED, LimitEvidence, LimitRule, PackageTrial, SubmissionReport

ERROR: Final = "error"
WARNING: Final = "warning"
HINT: Final = "hint"
SEVERITIES: Final = (ERROR, WARNING, HINT)
"""Worst first. A hint is no fault: it says what the package could have besides."""

LEAST_ROOM: Final = Fraction(2)
"""A limit of less than so many times the slowest accepted submission is too tight, whatever the rule of the format asks for besides."""

LOWER: Final = "lower"
UPPER: Final = "upper"
MOST_FINDINGS: Final = 200
MESSAGE_BYTES: Final = 1_000
_WHOLE: Final = frozenset({Verdict.CE, Verdict.JE, Verdict.VE})
"""Verdicts of a run that are not about how long a case took."""
_TIMELESS: Final = _WHOLE | {Verdict.TLE}


@dataclass(frozen=True, slots=True)
class Tried:
    """A submission of the package with what came of judging it. ``is_lacking``: no runner has its language; ``allowance`` is the language's;
    ``is_put_off``: it was not judged to its end, for the sake of what is urgent.
    """

    one: ExpectedSubmission
    verdict: RecordVerdict
    is_lacking: bool = False
    allowance: Allowance = NONE
    is_put_off: bool = False


@dataclass(frozen=True, slots=True)
class Appraised:
    """A submission's report. ``needs_ms`` is how long its slowest case needs, at least that where ``is_cut``: it was stopped; its language's
    allowance is taken off, so that it stands beside the limit, as a package's other submissions do.

    ``limit_use`` is what it says of the time limit: "lower" (room must be left for it), "upper" (it must be stopped), "none"; ``lower_ms`` and
    ``upper_ms`` are what some of its cases alone say. ``is_expected``: verdict and score of the whole are what the package allows; ``broken`` are
    the rules about single cases that it breaks, in words.
    """

    report: SubmissionReport
    is_lacking: bool
    is_cut: bool
    needs_ms: int
    limit_use: str = "none"
    is_expected: bool = True
    broken: tuple[str, ...] = ()
    lower_ms: tuple[int, ...] = ()
    upper_ms: tuple[int, ...] = ()
    is_put_off: bool = False


def limit_use_of(one: ExpectedSubmission) -> str:
    """What a submission says of the time limit: what its package states, else what its verdicts and its folder say.

    Of a scoring problem those that shall be accepted may get some of the points, so that AC is not all that they may get.
    """
    if one.limit_use:
        return one.limit_use
    allowed = set(one.expected)
    is_good = "accepted" in one.path.split("/")[:-1] and Verdict.AC in allowed and Verdict.TLE not in allowed
    if is_good or allowed == {Verdict.AC}:
        return LOWER
    return UPPER if allowed == {Verdict.TLE} else "none"


def needs_room(one: ExpectedSubmission) -> bool:
    """Whether the time limit has to leave room for it."""
    return limit_use_of(one) == LOWER


def may_exceed(one: ExpectedSubmission) -> bool:
    """Whether it is judged with more time than the limit, to see how near to it it is."""
    return Verdict.TLE.value in one.expected


def measured_ms(rule: LimitRule, slowest_ms: int) -> int:
    """The limit that follows from the slowest submission that must be accepted: never less than a step."""
    return max(1, math.ceil(slowest_ms * rule.accepted_multiplier / rule.step_ms)) * rule.step_ms


def exceeding_ms(rule: LimitRule, limit_ms: int) -> int:
    """How long what must exceed the limit is let run."""
    return max(limit_ms, math.ceil(limit_ms * rule.exceeding_multiplier))


def rule_of(trial: PackageTrial) -> LimitRule:
    """The rule of a package's limit. With a grader of its own nothing is given more time: nobody knows what it says of other results."""
    rule = trial.limit_rule
    return rule if trial.manifest.grader is None else replace(rule, exceeding_multiplier=Fraction(1))


def appraise(manifest: JudgingManifest, rule: LimitRule, tried: Tried) -> Appraised:
    """What came of one submission, by the limit of the manifest, however much time it was given."""
    verdict, limit_ms = tried.verdict, tried.allowance.allowed_ms(manifest.limits.cpu_ms)
    final = Grade(verdict.verdict, verdict.score, verdict.time_ms, verdict.memory_bytes, verdict.decisive_case)
    results = verdict.cases
    if may_exceed(tried.one) and verdict.verdict not in _WHOLE and manifest.grader is None:
        results = tuple(_at_limit(result, limit_ms) for result in results)
        final = grade(manifest.groups, len(manifest.cases), results, is_scoring=manifest.is_scoring) or replace(final, verdict=Verdict.TLE)
    slowest = max(verdict.cases, key=lambda result: result.time_ms, default=None)
    time_ms = slowest.time_ms if slowest is not None else 0
    rules = tried.one.rules if verdict.verdict not in _WHOLE and not tried.is_lacking else ()
    broken = tuple(broken_rules(manifest, rules, results))
    is_expected = _is_allowed(tried.one, final.verdict, final.score)
    report = SubmissionReport(
        path=tried.one.path, language=tried.one.language, expected=tried.one.expected, verdict=final.verdict, score=final.score,
        time_ms=time_ms, memory_bytes=max((result.memory_bytes for result in verdict.cases), default=0),
        slowest_case=_name(manifest, slowest.index) if slowest is not None and verdict.verdict not in _WHOLE else "",
        is_allowed=is_expected and not broken, message=_message(manifest, verdict, final, results),
        limit_ms=limit_ms if tried.allowance != NONE else 0,
    )  # fmt: skip
    is_cut = any(result.verdict is Verdict.TLE for result in verdict.cases)
    given_ms = tried.allowance.allowed_ms(exceeding_ms(rule, manifest.limits.cpu_ms)) if may_exceed(tried.one) else limit_ms
    counted_ms = tried.allowance.counted_ms
    needs_ms = counted_ms(max(time_ms, given_ms) if is_cut else time_ms)
    lower = tuple(counted_ms(one.time_ms) for one in slowest_of(rules, results, LOWER) if one.verdict not in _TIMELESS)
    upper = tuple(counted_ms(max(one.time_ms, given_ms) if is_cut else one.time_ms) for one in slowest_of(rules, results, UPPER))
    return Appraised(report, tried.is_lacking, is_cut, needs_ms, limit_use_of(tried.one), is_expected, broken, lower, upper, tried.is_put_off)


def evidence_of(manifest: JudgingManifest, rule: LimitRule, appraised: Iterable[Appraised]) -> LimitEvidence:
    """What the limit of the manifest rests on. "Accepted" is whoever must not exceed it: a wrong answer leaves it room, too, where the format says so.

    Source: 2025-09 format, "Timelimit inference": no permission to be TLE bounds from below, `wrong_answer/` and `run_time_error/` by default.
    """
    known = list(appraised)
    accepted = [(one.needs_ms, one.report.path) for one in known if _leaves_room(one)]
    accepted += [(time_ms, one.report.path) for one in known if one.report.is_allowed for time_ms in one.lower_ms]
    exceeding = [(one.needs_ms, one.report.path) for one in known if one.limit_use == UPPER and one.report.verdict not in _WHOLE]
    exceeding += [(time_ms, one.report.path) for one in known for time_ms in one.upper_ms]
    slowest, fastest = max(accepted, key=_time, default=None), min(exceeding, key=_time, default=None)
    return LimitEvidence(
        limit_ms=manifest.limits.cpu_ms, rule=rule,
        slowest_accepted=slowest[1] if slowest is not None else "", slowest_accepted_ms=slowest[0] if slowest is not None else None,
        fastest_exceeding=fastest[1] if fastest is not None else "", fastest_exceeding_ms=fastest[0] if fastest is not None else None,
        measured_ms=measured_ms(rule, slowest[0]) if slowest is not None else None,
    )  # fmt: skip


def findings_of(appraised: Sequence[Appraised], evidence: LimitEvidence, *, is_provisional: bool, has_limit: bool = True) -> list[Finding]:
    """What the setter is told of the submissions and of the time limit; nothing of that where nothing is run (``has_limit`` False)."""
    found = [finding for one in appraised for finding in _of_submission(one)]
    rule, limit_ms = evidence.rule, evidence.limit_ms
    found += _of_room(evidence)
    found += [
        Finding(
            WARNING, "limit-too-loose", one.report.path,
            f"shall exceed the limit of {seconds(limit_ms)} and ends after {seconds(one.report.time_ms)}; it should need {_number(rule.exceeding_multiplier)}"
            " times the limit, or on a faster machine it passes",
        )
        for one in appraised
        if one.limit_use == UPPER and one.report.is_allowed and not one.is_cut and one.needs_ms < exceeding_ms(rule, limit_ms)
    ]  # fmt: skip
    if is_provisional:
        found.append(Finding(
            WARNING, "limit-not-measured", "",
            f"the package states no time limit, and none could be measured: all that must be accepted has to be. {seconds(limit_ms)} stay for now",
        ))  # fmt: skip
    reports = [one.report for one in appraised]
    if not any(_must_be_accepted(one) for one in appraised):
        found.append(Finding(WARNING, "no-accepted-submission", "", "no submission must be accepted: nothing shows that the problem can be solved in its limits"))
    if has_limit and reports and not any(Verdict.TLE.value in one.expected for one in reports):
        found.append(Finding(HINT, "no-submission-exceeds", "", "no submission is expected to exceed the time limit: nothing shows that the limit stops what it should"))
    if reports and not any(Verdict.WA.value in one.expected for one in reports):
        found.append(Finding(HINT, "no-submission-wrong", "", "no submission is expected to be wrong: nothing shows that the cases find mistakes"))
    return found


def _time(candidate: tuple[int, str]) -> int:
    return candidate[0]


def _leaves_room(one: Appraised) -> bool:
    """Whether the limit rests on how long it takes."""
    return one.limit_use == LOWER and one.report.is_allowed and one.report.verdict not in _TIMELESS


def state_of(findings: Iterable[Finding]) -> str:
    """Where a report with these findings stands."""
    told = {(finding.severity, finding.code) for finding in findings}
    severities = {severity for severity, _ in told}
    if ERROR in severities:
        return FAILED
    return POSTPONED if (WARNING, PUT_OFF) in told else WARNED if WARNING in severities else PASSED


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, short enough to be kept; what is beyond is counted."""
    known = {severity: place for place, severity in enumerate(SEVERITIES)}
    listed = sorted(findings, key=lambda finding: known.get(finding.severity, len(known)))
    kept = [replace(finding, message=cut(finding.message, MESSAGE_BYTES), path=cut(finding.path, 300)) for finding in listed[:MOST_FINDINGS]]
    if len(listed) > MOST_FINDINGS:
        kept.append(Finding(HINT, "more-findings", "", f"{len(listed) - MOST_FINDINGS} more are not listed"))
    return tuple(kept)


def seconds(milliseconds: int) -> str:
    """A time for people: ``1.25 s``."""
    return f"{milliseconds / 1000:g} s"


def _of_room(evidence: LimitEvidence) -> list[Finding]:
    """What is said when the slowest that must not exceed it has less room than the rule asks for: a stated limit may be tighter on purpose."""
    slowest_ms, limit_ms, rule = evidence.slowest_accepted_ms, evidence.limit_ms, evidence.rule
    if slowest_ms is None or slowest_ms * rule.accepted_multiplier <= limit_ms:
        return []
    wanted = f"times {_number(rule.accepted_multiplier)} that is {seconds(math.ceil(slowest_ms * rule.accepted_multiplier))}"
    said = f"needs {seconds(slowest_ms)} of the {seconds(limit_ms)} allowed; {wanted}"
    if slowest_ms * min(rule.accepted_multiplier, LEAST_ROOM) > limit_ms:
        return [Finding(WARNING, "limit-too-tight", evidence.slowest_accepted, f"{said}: raise the limit, or who writes the same a little worse fails")]
    return [Finding(HINT, "limit-below-rule", evidence.slowest_accepted, f"{said}, by the format's rule; the package states less, which holds")]


def _must_be_accepted(one: Appraised) -> bool:
    """Of a scoring problem whoever is accepted in every case may get some of the points: AC is not all that he may get."""
    expected = set(one.report.expected)
    return Verdict.AC.value in expected and (one.limit_use == LOWER or expected <= {Verdict.AC.value, Verdict.PA.value})


def _of_submission(one: Appraised) -> list[Finding]:
    report = one.report
    if one.is_lacking:
        return [Finding(WARNING, "language-missing", report.path, f"not judged: no runner has {report.language}; bring one, then try out again")]
    if one.is_put_off:
        said = f"one case of it, with the programs that judge it, takes too long: {report.message}. It is tried out again by itself, later"
        return [Finding(WARNING, PUT_OFF, report.path, said)]
    if report.verdict is Verdict.JE:
        said = report.message or "the judge failed"
        return [Finding(WARNING, "trial-broken", report.path, f"not judged, which is not the package's fault: {said}. Try out again; if it stays so, tell the operator")]
    found = [Finding(ERROR, "submission-case-unexpected", report.path, f"{why} ({report.language})") for why in one.broken]
    return found + _of_whole(one)


def _of_whole(one: Appraised) -> list[Finding]:
    report = one.report
    if one.is_expected:
        return []
    expected, got = " or ".join(report.expected), report.verdict.value
    where = f" at {report.slowest_case}" if report.slowest_case else ""
    time = f", slowest {seconds(report.time_ms)}{where}" if report.time_ms else ""
    what = f"got {got}, expected {expected}" if got not in report.expected else f"got {got} as expected, but {_number(report.score)} points, which are not"
    return [Finding(ERROR, "submission-unexpected", report.path, f"{what} ({report.language}{time})" + (f": {report.message}" if report.message else ""))]


def _is_allowed(one: ExpectedSubmission, verdict: Verdict, score: Fraction) -> bool:
    if one.least_score is not None and score < one.least_score:
        return False
    if one.most_score is not None and score > one.most_score:
        return False
    return verdict.value in one.expected


def _at_limit(result: CaseResult, limit_ms: int) -> CaseResult:
    if result.time_ms <= limit_ms or result.verdict in _TIMELESS:
        return result
    return replace(result, verdict=Verdict.TLE, score=None, points=None)


def _message(manifest: JudgingManifest, verdict: RecordVerdict, final: Grade, results: Sequence[CaseResult]) -> str:
    if verdict.compile_output and final.verdict is Verdict.CE:
        return cut(verdict.compile_output.strip(), MESSAGE_BYTES // 2)
    decisive = next((result for result in results if result.index == final.decisive_case), None)
    if decisive is None or final.verdict in {Verdict.AC, Verdict.PA}:
        return ""
    said = " ".join(decisive.message.split())
    if final.verdict is Verdict.JE:
        return cut(said, MESSAGE_BYTES // 2)
    return cut((decisive.name or _name(manifest, decisive.index)) + (f": {said}" if said else ""), MESSAGE_BYTES // 2)


def _name(manifest: JudgingManifest, index: int) -> str:
    return manifest.cases[index].name if 0 <= index < len(manifest.cases) else str(index)


def _number(value: Fraction) -> str:
    return f"{float(value):g}"
