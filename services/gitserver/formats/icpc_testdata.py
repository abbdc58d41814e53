"""Owns the reading of testdata.yaml of legacy ICPC packages: how a group of test cases is judged and graded. Never folds results.

Source: legacy format, "Test Data Groups" and "Default Grader Specification". Keys that a folder does not set are those of the folder
above, as in problemtools; the format's text lets a file replace all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation, OnReject, VerdictRule
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile
from services.gitserver.formats.icpc_programs import token_checker
from services.gitserver.formats.yaml_map import NUMBER, YamlMap, read_yaml

_RULES: Final = {"worst_error": VerdictRule.WORST, "no_errors": VerdictRule.WORST, "first_error": VerdictRule.FIRST, "always_accept": VerdictRule.ACCEPT}
_AGGREGATIONS: Final = {word.value: word for word in (Aggregation.SUM, Aggregation.MIN, Aggregation.MAX, Aggregation.AVG)}
_ON_REJECT: Final = {"first_error": OnReject.BREAK, "worst_error": OnReject.CONTINUE, "grade": OnReject.CONTINUE}
"""What `grading.on_reject` of problem.yaml meant before there was testdata.yaml."""


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """How a group is judged and graded. ``checker_flags`` and ``input_flags`` are for its cases; ``input_name`` says whose the latter are.

    ``has_grader``: the package's own grader grades it, with ``grader_words``; the default grader reads its meaning from them.
    """

    on_reject: OnReject = OnReject.BREAK
    rule: VerdictRule = VerdictRule.WORST
    aggregation: Aggregation = Aggregation.SUM
    ignores_sample: bool = False
    accepts_any: bool = False
    accept_score: Fraction = Fraction(1)
    reject_score: Fraction = Fraction(0)
    max_score: Fraction | None = None
    checker_flags: tuple[str, ...] = ()
    input_flags: tuple[str, ...] = ()
    input_name: str = ""
    has_grader: bool = False
    grader_words: tuple[str, ...] = ()


def old_settings(grading: YamlMap) -> GroupSettings:
    """What `grading` in problem.yaml says of every group, in packages that are older than testdata.yaml."""
    found = GroupSettings()
    for key in ("accept_score", "reject_score", "range", "on_reject"):
        if key in grading:
            grading.fault(key, "grading-deprecated", f"`grading.{key}` holds for every group; write it into data/testdata.yaml")
    if "on_reject" in grading:
        word = grading.choice("on_reject", tuple(_ON_REJECT), "first_error", "yaml-wrong-type")
        found = replace(found, on_reject=_ON_REJECT[word])
    return _scores(grading, found)


def read_settings(file: PackageFile, place: str, inherited: GroupSettings, report: Report, *, is_scoring: bool, is_custom: bool) -> GroupSettings:
    """The settings of the folder that a testdata.yaml lies in; ``place`` is the folder."""
    yaml_map = read_yaml(file, report)
    if yaml_map is None:
        return inherited
    usual = "custom" if inherited.has_grader else "default"
    has_grader = yaml_map.choice("grading", ("default", "custom"), usual, "yaml-wrong-type") == "custom"
    for key in ("accept_score", "reject_score", "range"):
        if key in yaml_map and not is_scoring:
            yaml_map.fault(key, "grading-ignored", f"`{key}` says nothing for pass-fail problems")
    found = replace(inherited, ignores_sample=False, has_grader=has_grader)
    if "on_reject" in yaml_map:
        found = replace(found, on_reject=OnReject(yaml_map.choice("on_reject", tuple(OnReject), "break", "yaml-wrong-type")))
    if "grader_flags" in yaml_map:
        found = replace(found, grader_words=tuple(yaml_map.text("grader_flags").split()))
    if not has_grader and ("grader_flags" in yaml_map or inherited.has_grader):
        found = _grader_flags(yaml_map, place, found, is_scoring=is_scoring)
    if "output_validator_flags" in yaml_map:
        found = replace(found, checker_flags=_named_flags(yaml_map, "output_validator_flags")[1])
        if not is_custom:
            token_checker(found.checker_flags, file.path, report)
    if "input_validator_flags" in yaml_map:
        named, flags = _named_flags(yaml_map, "input_validator_flags")
        found = replace(found, input_flags=flags, input_name=named)
    found = _scores(yaml_map, found)
    yaml_map.finish()
    return found


def _named_flags(yaml_map: YamlMap, key: str) -> tuple[str, tuple[str, ...]]:
    """The flags, and the name of the program that they are for; empty for all."""
    if not yaml_map.is_map(key):
        return "", tuple(yaml_map.text(key).split())
    inner = yaml_map.map(key)
    found = inner.text("name"), tuple(inner.text("flags").split())
    inner.finish()
    return found


def _scores(yaml_map: YamlMap, found: GroupSettings) -> GroupSettings:
    accept, reject = yaml_map.number("accept_score", 0, 1e9), yaml_map.number("reject_score", 0, 1e9)
    return replace(
        found,
        accept_score=found.accept_score if accept is None else accept,
        reject_score=found.reject_score if reject is None else reject,
        max_score=_most_of_range(yaml_map) if "range" in yaml_map else found.max_score,
    )


def _grader_flags(yaml_map: YamlMap, place: str, inherited: GroupSettings, *, is_scoring: bool) -> GroupSettings:
    """Where flags contradict each other the last one counts. Flags that are not said are not inherited."""
    found = replace(inherited, rule=VerdictRule.WORST, aggregation=Aggregation.SUM, accepts_any=False)
    is_own = "grader_flags" in yaml_map
    for word in inherited.grader_words:
        if word in _RULES:
            found = replace(found, rule=_RULES[word])
        elif word in _AGGREGATIONS and is_scoring:
            found = replace(found, aggregation=_AGGREGATIONS[word])
        elif word == "accept_if_any_accepted":
            found = replace(found, accepts_any=True)
        elif word == "ignore_sample" and place == "data":
            found = replace(found, ignores_sample=True)
        elif not is_own:
            continue
        elif word == "ignore_sample":
            yaml_map.fault("grader_flags", "grading-ignored", "`grader_flags: ignore_sample` says something in data/testdata.yaml only")
        else:
            yaml_map.fault("grader_flags", "grading-ignored", f"`grader_flags: {word[:40]}` changes nothing here")
    return found


def _most_of_range(yaml_map: YamlMap) -> Fraction | None:
    """The upper end of `range`, None when it is open."""
    parts = yaml_map.text("range").split()
    if not parts:
        return None
    ends = [_end(part) for part in parts]
    least, most = (*ends, None, None)[:2]
    if len(ends) != 2 or least is None or most is None or least > most or most == -math.inf:
        yaml_map.fault("range", "yaml-wrong-type", "`range` must be two numbers, the smaller first; -inf and +inf are allowed")
        return None
    return None if most == math.inf else Fraction(parts[1])


def _end(text: str) -> float | None:
    if not NUMBER.fullmatch(text) and text.lower().lstrip("+-") != "inf":
        return None
    return float(text)
