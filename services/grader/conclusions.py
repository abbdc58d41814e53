"""Owns how an attempt's end becomes a verdict. Never publishes one: `services.grader.announcer` does."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from contest.grading import grade
from contest.results import CaseResult, Grade
from contest.rulings import Ruling
from contest.verdicts import Verdict
from services.grader.runs import Run
from wire.commands import RecordVerdict
from wire.judging import AttemptEnd, JudgingManifest, TestCase

COMPILE_OUTPUT_BYTES = 64 * 1024
_MOST_SCORE_BITS = 600
"""Less than the 190 digits that the recorder takes."""
MESSAGE_BYTES = 4 * 1024
DETAIL_BYTES = 2 * 1024
DETAILED_CASES = 5
"""So many cases keep an output and a difference, of so many bytes each, whatever a runner sends."""
MESSAGES_BYTES = 1 << 20
"""All messages of one verdict together: what is beyond is cut."""

WORD_BYTES, WORDS_BYTES = 1_000, 128 << 10
"""What a package says of a case, and of all cases of a verdict together: what is beyond is left out."""

BEHIND = "behind the last case"
"""The name of what failed when every case had been judged, where nothing says what it was."""


class NotJudged(Exception):
    """The report gives no verdict: try again elsewhere. Its text is for the jury."""


def conclude(run: Run, end: AttemptEnd) -> RecordVerdict:
    """The verdict that a runner's last word on a run amounts to.

    Raises: `NotJudged` for a judge error, and for a report that lacks results or makes no sense.
    """
    manifest = run.manifest
    assert manifest is not None, "a run in a runner's hands is pinned to a manifest"
    results = tuple(sorted(end.results, key=lambda result: result.index))
    match end.outcome:
        case "compile-error":
            return _verdict(run, end, Grade(Verdict.CE, Fraction(0), 0, 0), ())
        case "judged":
            final = _graded(manifest, results, end.rulings)
            return _verdict(run, end, final, _explained(results, final))
        case "checker-error":
            following = len(manifest.cases) if end.about else None
            results = _with_blame(results, Verdict.VE, end.message or "the checker failed", following)
            return _verdict(run, end, _blamed_grade(manifest, results), results)
        case "judge-error":
            raise NotJudged(end.message or "the runner met an error of its own")
        case _:
            raise NotJudged(f"the runner reported the outcome {end.outcome!r}, which is none")


def give_up(run: Run, message: str, *, attempt: str = "", runner: str = "") -> RecordVerdict:
    """The verdict JE, for a run that cannot be judged; the jury reads why at its first case."""
    results = _with_blame((), Verdict.JE, message)
    end = AttemptEnd(attempt, "judge-error", runner=runner)
    return _verdict(run, end, _ungraded(Verdict.JE, results, 0), results)


def check(manifest: JudgingManifest) -> str:
    """What is wrong with a manifest, such that nothing can be graded by it; empty when nothing is."""
    try:
        grade(manifest.groups, len(manifest.cases), (), is_scoring=manifest.is_scoring)
    except ValueError as wrong:
        return str(wrong)
    return "" if manifest.cases else "the problem has no test cases"


def _graded(manifest: JudgingManifest, results: Sequence[CaseResult], rulings: Sequence[Ruling]) -> Grade:
    try:
        final = grade(manifest.groups, len(manifest.cases), results, is_scoring=manifest.is_scoring, rulings=rulings)
    except ValueError as wrong:
        raise NotJudged(f"the runner's report makes no sense: {wrong}") from wrong
    if final is None:
        raise NotJudged(f"the runner's report lacks results: {len(results)} came for {len(manifest.cases)} cases")
    if not _is_recordable(final.score):
        raise NotJudged(f"the package gives a score that no record takes (negative, or of too many digits): {float(final.score):g}")
    if final.verdict is Verdict.JE:
        said = next((result.message for result in results if result.verdict is Verdict.JE), "")
        raise NotJudged(said or "a case ended in a judge error")
    return final


def _blamed_grade(manifest: JudgingManifest, results: Sequence[CaseResult]) -> Grade:
    """VE, unless a case before it had decided a pass-fail run already."""
    decisive = next(result.index for result in results if result.verdict is Verdict.VE)
    try:
        final = grade(manifest.groups, len(manifest.cases), results, is_scoring=manifest.is_scoring)
    except ValueError:
        final = None
    if final is None or final.verdict in {Verdict.AC, Verdict.PA} or not _is_recordable(final.score):
        return _ungraded(Verdict.VE, results, decisive)
    return final


def _is_recordable(score: Fraction) -> bool:
    """Whether the recorder takes it: what it refuses would stay without a verdict for ever."""
    return score >= 0 and score.numerator.bit_length() + score.denominator.bit_length() < _MOST_SCORE_BITS


def _ungraded(verdict: Verdict, results: Sequence[CaseResult], decisive: int) -> Grade:
    time_ms = max((result.time_ms for result in results), default=0)
    memory_bytes = max((result.memory_bytes for result in results), default=0)
    return Grade(verdict, Fraction(0), time_ms, memory_bytes, decisive)


def _explained(results: tuple[CaseResult, ...], final: Grade) -> tuple[CaseResult, ...]:
    """The results, where points may not stand with VE and why at that case: the jury reads it, and no author does."""
    if not final.why:
        return results
    return tuple(
        replace(one, verdict=Verdict.VE, message=f"{final.why}\n{one.message}".strip()) if one.index == final.decisive_case else one for one in results
    )


def _with_blame(results: tuple[CaseResult, ...], verdict: Verdict, message: str, following: int | None = None) -> tuple[CaseResult, ...]:
    """The results with the message where the jury looks for it: at the case with that verdict, or at the one that came next, or ``following``."""
    for place, result in enumerate(results):
        if result.verdict is verdict:
            said = replace(result, message=result.message or message)
            return (*results[:place], said, *results[place + 1 :])
    if following is None:
        following = max((result.index for result in results), default=-1) + 1
    return (*results, CaseResult(following, verdict, 0, 0, message=message))


def _verdict(run: Run, end: AttemptEnd, final: Grade, results: Sequence[CaseResult]) -> RecordVerdict:
    return RecordVerdict(
        submission=run.order.submission, run=run.id, attempt=end.attempt, version=run.order.version, verdict=final.verdict,
        score=final.score, time_ms=final.time_ms, memory_bytes=final.memory_bytes, cases=_named(run.manifest, _shortened(results), cut(end.about, WORD_BYTES) or BEHIND),
        compile_output=cut(end.compile_output, COMPILE_OUTPUT_BYTES), runner=end.runner, decisive_case=final.decisive_case, groups=final.groups,
    )  # fmt: skip


def _shortened(results: Sequence[CaseResult]) -> tuple[CaseResult, ...]:
    left, detailed = MESSAGES_BYTES, 0
    kept = []
    for result in results:
        message = cut(result.message, min(MESSAGE_BYTES, left))
        left -= len(message.encode())
        has_details = bool(result.output_head or result.difference)
        most_bytes = DETAIL_BYTES if detailed < DETAILED_CASES else 0
        detailed += has_details
        short = replace(result, message=message)
        if has_details:
            short = replace(short, output_head=cut(result.output_head, most_bytes), difference=cut(result.difference, most_bytes))
        kept.append(short)
    return tuple(kept)


def _named(manifest: JudgingManifest | None, results: Sequence[CaseResult], behind: str) -> tuple[CaseResult, ...]:
    """The results with what the manifest says of their cases: which are samples decides what contestants see. ``behind`` names what is no case."""
    bare = [replace(result, is_sample=False, is_open=False, given="", hint="", description="") for result in results]
    if manifest is None:
        return tuple(bare)
    named, left = [], WORDS_BYTES
    for result in bare:
        if not 0 <= result.index < len(manifest.cases):
            named.append(replace(result, name=behind))
            continue
        case = manifest.cases[result.index]
        known = replace(result, name=case.name, is_sample=case.is_sample, is_open=case.is_open)
        said = _with_words(known, case)
        size_bytes = len((said.given + said.hint + said.description).encode())
        named.append(said if size_bytes <= left else known)
        left -= min(left, size_bytes)
    return tuple(named)


def _with_words(result: CaseResult, case: TestCase) -> CaseResult:
    """The result with what people should know of a case: what it gives to a program besides its input; hint and description when it was failed."""
    arguments = f"arguments: {shlex.join(case.arguments)}" if case.arguments else ""
    files = f"files: {', '.join(file.path for file in case.files)}" if case.files else ""
    given = "; ".join(part for part in (arguments, files) if part)
    is_failed = result.verdict is not Verdict.AC
    hint, description = (case.hint, case.description) if is_failed else ("", "")
    return replace(result, given=cut(given, WORD_BYTES), hint=cut(hint, WORD_BYTES), description=cut(description, WORD_BYTES))


def cut(text: str, most_bytes: int) -> str:
    """The text, at most so long in UTF-8, cut between characters and saying so where there is room to."""
    if len(text) * 4 <= most_bytes:
        return text
    whole = text.encode("utf-8", "replace")
    if len(whole) <= most_bytes:
        return text
    mark = b"\n[cut]" if most_bytes > 100 else b""
    return (whole[: most_bytes - len(mark)] + mark).decode("utf-8", "ignore")
