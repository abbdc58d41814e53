"""Owns what a package asks of its submissions case by case and group by group, and whether it holds. Pure.

Source: 2025-09 format, "Example submissions": `permitted`, `required`, `message`, `score` and `use_for_time_limit` of submissions.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from contest.grading import Grading
from contest.groups import CaseGroup, OnReject
from contest.results import CaseResult
from contest.verdicts import Verdict
from wire.judging import JudgingManifest
from wire.problems import CaseRule

_ACCEPTED: Final = frozenset({Verdict.AC.value, Verdict.PA.value})
_NAMED: Final = 3


def to_the_end(manifest: JudgingManifest) -> JudgingManifest:
    """The manifest by which every case is judged that can be: rules ask for cases behind the first that is rejected."""
    return replace(manifest, groups=_going_on(manifest.groups))


def broken_rules(manifest: JudgingManifest, rules: Sequence[CaseRule], results: Sequence[CaseResult]) -> list[str]:
    """Of each rule that does not hold, why, in words. ``results`` are those of a run to the end."""
    by_index = {result.index: result for result in results}
    found = [_why_not(manifest, rule, by_index) for rule in rules]
    if any(rule.group for rule in rules):
        grading = Grading(to_the_end(manifest).groups, len(manifest.cases), is_scoring=manifest.is_scoring)
        for result in results:
            grading.record(result)
        found += [_why_not_worth(rule, grading.score_of(rule.group)) for rule in rules if rule.group]
    return [why for why in found if why]


def slowest_of(rules: Iterable[CaseRule], results: Sequence[CaseResult], use: str) -> list[CaseResult]:
    """Of each rule that says this of the time limit, the slowest of its cases."""
    found = []
    for rule in rules:
        told = [result for result in results if _is_among(rule, result.index)]
        if rule.limit_use == use and told:
            found.append(max(told, key=lambda result: result.time_ms))
    return found


def _why_not(manifest: JudgingManifest, rule: CaseRule, results: dict[int, CaseResult]) -> str:
    where = f" in {rule.name}" if rule.name else ""
    places = [place for first, last in rule.spans for place in range(first, last + 1)]
    told = [results[place] for place in places if place in results]
    is_whole = len(told) == len(places)
    if rule.permitted:
        wrong = [f"{manifest.cases[one.index].name} ({one.verdict.value})" for one in told if one.verdict.value not in rule.permitted]
        if not is_whole and set(rule.permitted) <= _ACCEPTED:  # what was skipped since its group is not run counts as rejected
            wrong += [f"{manifest.cases[place].name} (not run)" for place in places if place not in results]
        if wrong:
            more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
            return f"every case{where} must be {' or '.join(rule.permitted)}, and not so is {', '.join(wrong[:_NAMED])}{more}"
    may_be_skipped = not is_whole and not set(rule.required) <= _ACCEPTED
    if rule.required and not may_be_skipped and not any(one.verdict.value in rule.required for one in told):
        return f"no case{where} is {' or '.join(rule.required)}, and one must be"
    if rule.message and not any(rule.message in one.message for one in told):
        return f"the output validator says of no case{where} {rule.message[:100]!r}, and it must"
    return ""


def _why_not_worth(rule: CaseRule, score: Fraction | None) -> str:
    if score is None or rule.least_score is None or rule.most_score is None or rule.least_score <= score <= rule.most_score:
        return ""
    wanted = f"{float(rule.least_score):g}" if rule.least_score == rule.most_score else f"{float(rule.least_score):g} to {float(rule.most_score):g}"
    return f"{rule.group} is worth {float(score):g} points, and must be worth {wanted}"


def _is_among(rule: CaseRule, index: int) -> bool:
    return any(first <= index <= last for first, last in rule.spans)


def _going_on(group: CaseGroup) -> CaseGroup:
    return replace(group, on_reject=OnReject.CONTINUE, groups=tuple(_going_on(inner) for inner in group.groups))
