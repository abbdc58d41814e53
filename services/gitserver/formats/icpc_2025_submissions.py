"""Owns the reading of example submissions of 2025-09 packages and of submissions.yaml. Never runs one.

What is expected is said there of test cases (`permitted`, `required`). Each rule becomes the verdicts of the whole that do not contradict
it; what submissions.yaml itself says is kept besides, case by case: `icpc_2025_rules`. Source: 2025-09 format, "Example submissions".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_2025_rules import PATH, WORDS, Expectation, Kinds, RuleReader, rules_of
from services.gitserver.formats.icpc_submissions import program_submission
from services.gitserver.formats.package import PackageSubmission
from services.gitserver.formats.patterns import Glob
from services.gitserver.formats.yaml_map import read_yaml

DEFAULTS: Final[Mapping[str, Expectation]] = {
    "accepted": Expectation(frozenset({"AC"})),
    "rejected": Expectation(required=frozenset({"RTE", "TLE", "WA"})),
    "wrong_answer": Expectation(frozenset({"AC", "WA"}), frozenset({"WA"})),
    "time_limit_exceeded": Expectation(frozenset({"AC", "TLE"}), frozenset({"TLE"})),
    "run_time_error": Expectation(frozenset({"AC", "RTE"}), frozenset({"RTE"})),
    "brute_force": Expectation(frozenset({"AC", "RTE", "TLE"}), frozenset({"RTE", "TLE"})),
}
"""What the usual folders ask for; submissions.yaml can name them anew."""

MOST_PATTERNS: Final = 100
MOST_SUBMISSIONS: Final = 1_000
"""As many patterns of submissions.yaml, each held against as many submissions."""


def read_submissions_2025(files: PackageFiles, kinds: Kinds, report: Report) -> tuple[PackageSubmission, ...]:
    """Every example submission that can be judged, sorted by path; findings say why others are left out."""
    rules = _rules(files.find(PATH), kinds, report)
    found: list[PackageSubmission] = []
    unused = set(rules) - set(DEFAULTS)
    has_accepted = False
    for path, held in _sources(files, report).items():
        asked = []
        for pattern, (glob, rule) in rules.items():
            if glob.matches(path):
                asked.append(rule)
                unused.discard(pattern)
        submission = _submission(f"submissions/{path}", held, asked, kinds, report)
        if submission is not None:
            found.append(submission)
            has_accepted = has_accepted or any(rule.permitted == {"AC"} for rule in asked)
    for pattern in sorted(unused):
        report.add("expectation-of-none", PATH, f"`{pattern[:80]}` is no submission's path, nor the path of a folder above one")
    if not has_accepted:
        report.add("no-accepted-submission", "submissions/accepted", "there is no submission that must be accepted in every test case")
    return tuple(sorted(found, key=lambda submission: submission.path))


def _sources(files: PackageFiles, report: Report) -> dict[str, list[PackageFile]]:
    """The files of every submission by its path below submissions/."""
    found: dict[str, list[PackageFile]] = {}
    for folder, below in files.children("submissions").items():
        if below[0].path != f"submissions/{folder}":
            found |= {f"{folder}/{name}": held for name, held in files.children(f"submissions/{folder}").items()}
        elif folder not in {"submissions.yaml", "README.md"}:
            report.add("submission-folder", below[0].path, "a submission must lie in a folder such as submissions/accepted/")
    if len(found) > MOST_SUBMISSIONS:
        report.add("submissions-too-many", "submissions", f"{len(found)} submissions; the first {MOST_SUBMISSIONS} are looked at")
    return dict(list(found.items())[:MOST_SUBMISSIONS])


def _rules(file: PackageFile | None, kinds: Kinds, report: Report) -> dict[str, tuple[Glob, Expectation]]:
    """What is expected by pattern: as submissions.yaml says, else as the folder's name says."""
    found = {pattern: (Glob(pattern), rule) for pattern, rule in DEFAULTS.items()}
    yaml_map = read_yaml(file, report) if file is not None else None
    patterns = yaml_map.keys_as_written() if yaml_map is not None else ()
    if yaml_map is None or len(patterns) > MOST_PATTERNS:
        if patterns:
            report.add("expectation-pattern", PATH, f"{len(patterns)} patterns; at most {MOST_PATTERNS} are read")
        return found
    reader = RuleReader(kinds, report)
    for pattern in patterns:
        try:
            glob = Glob(pattern)
        except ValueError as wrong:
            yaml_map.fault(pattern, "expectation-pattern", f"`{pattern[:40]}`: {wrong}")
        else:
            found[pattern] = (glob, reader.expectation(yaml_map, pattern, DEFAULTS.get(pattern, Expectation())))
    return found


def _submission(path: str, held: list[PackageFile], asked: list[Expectation], kinds: Kinds, report: Report) -> PackageSubmission | None:
    if not asked:
        report.add("submission-folder", path, "no rule of submissions.yaml says what is expected of it, nor does its folder")
        return None
    language = "text" if kinds.is_output_only else next((rule.language for rule in asked if rule.language), "")
    submission = program_submission(path, held, report, language, next((rule.entry for rule in asked if rule.entry), ""))
    expected = _verdicts(asked, is_scoring=kinds.is_scoring)
    if submission is None:
        return None
    if not expected:
        report.add("expectation-conflict", path, "no verdict satisfies everything that submissions.yaml and its folder ask for")
        return None
    least = max((rule.least_score for rule in asked if rule.least_score is not None), default=None)
    most = min((rule.most_score for rule in asked if rule.most_score is not None), default=None)
    rules = rules_of(path, asked, kinds, report)
    return replace(submission, expected=expected, least_score=least, most_score=most, limit_use=_limit_use(asked), rules=rules)


def _verdicts(asked: list[Expectation], *, is_scoring: bool) -> tuple[str, ...]:
    """The verdicts of the whole that can come of cases which satisfy every rule."""
    permitted = frozenset.intersection(*(rule.permitted for rule in asked))
    words = set(permitted - {"AC"})
    if any(not rule.required & permitted for rule in asked):
        words.clear()
    elif "AC" in permitted and all("AC" in rule.required for rule in asked):
        words.add("AC")
    allowed = {verdict for word in words for verdict in WORDS[word]}
    if is_scoring and allowed:
        allowed.add(Verdict.PA)
    return tuple(verdict.value for verdict in Verdict if verdict in allowed)


def _limit_use(asked: list[Expectation]) -> str:
    """What the submission says of the time limit. Source: "Timelimit inference"."""
    said = [rule.use for rule in asked if rule.use]
    if "upper" in said or any(rule.required == {"TLE"} and rule.use != "none" for rule in asked):
        return "upper"
    if "lower" in said or any("TLE" not in rule.permitted and rule.use != "none" for rule in asked):
        return "lower"
    return "none"
