"""Owns the reading of example submissions of 2025-09 packages and of submissions.yaml. Never runs one.

What is expected is said there of every test case (`permitted`, `required`); what is judged here is the verdict of the whole, so that
each rule becomes the verdicts of the whole that do not contradict it. Source: 2025-09 format, "Example submissions".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_submissions import program_submission, require_accepted
from services.gitserver.formats.languages import known_languages
from services.gitserver.formats.package import PackageSubmission
from services.gitserver.formats.patterns import Glob
from services.gitserver.formats.yaml_map import NUMBER, YamlMap, read_yaml

WORDS: Final[Mapping[str, tuple[Verdict, ...]]] = {
    "AC": (Verdict.AC,), "WA": (Verdict.WA,), "TLE": (Verdict.TLE,),
    "RTE": (Verdict.RTE, Verdict.MLE, Verdict.OLE, Verdict.RFE),
}  # fmt: skip
"""What each of the format's four verdicts is here."""

_ALL: Final = frozenset(WORDS)
_PATH: Final = "submissions/submissions.yaml"
_KEYS: Final = ("language", "entrypoint", "authors", "model_solution", "permitted", "required", "score", "message", "use_for_time_limit")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is asked of the submissions that a pattern matches. ``use`` is what they say of the time limit: lower, upper, none, or nothing."""

    permitted: frozenset[str] = _ALL
    required: frozenset[str] = _ALL
    least_score: Fraction | None = None
    most_score: Fraction | None = None
    use: str = ""
    language: str = ""
    entry: str = ""


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


def read_submissions_2025(files: PackageFiles, report: Report, *, is_scoring: bool, is_output_only: bool) -> tuple[PackageSubmission, ...]:
    """Every example submission that can be judged, sorted by path; findings say why others are left out."""
    rules = _rules(files.find(_PATH), report)
    found: list[PackageSubmission] = []
    unused = set(rules) - set(DEFAULTS)
    for path, held in _sources(files, report).items():
        asked = []
        for pattern, (glob, rule) in rules.items():
            if glob.matches(path):
                asked.append(rule)
                unused.discard(pattern)
        submission = _submission(f"submissions/{path}", held, asked, report, is_scoring=is_scoring, is_output_only=is_output_only)
        if submission is not None:
            found.append(submission)
    for pattern in sorted(unused):
        report.add("expectation-of-none", _PATH, f"`{pattern[:80]}` is no submission's path, nor the path of a folder above one")
    require_accepted(found, report)
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


def _rules(file: PackageFile | None, report: Report) -> dict[str, tuple[Glob, Expectation]]:
    """What is expected by pattern: as submissions.yaml says, else as the folder's name says."""
    found = {pattern: (Glob(pattern), rule) for pattern, rule in DEFAULTS.items()}
    yaml_map = read_yaml(file, report) if file is not None else None
    patterns = yaml_map.keys_as_written() if yaml_map is not None else ()
    if yaml_map is None or len(patterns) > MOST_PATTERNS:
        if patterns:
            report.add("expectation-pattern", _PATH, f"{len(patterns)} patterns; at most {MOST_PATTERNS} are read")
        return found
    for pattern in patterns:
        try:
            glob = Glob(pattern)
        except ValueError as wrong:
            yaml_map.fault(pattern, "expectation-pattern", f"`{pattern[:40]}`: {wrong}")
        else:
            found[pattern] = (glob, _expectation(yaml_map, pattern, DEFAULTS.get(pattern, Expectation()), report))
    return found


def _submission(
    path: str, held: list[PackageFile], asked: list[Expectation], report: Report, *, is_scoring: bool, is_output_only: bool
) -> PackageSubmission | None:
    if not asked:
        report.add("submission-folder", path, "no rule of submissions.yaml says what is expected of it, nor does its folder")
        return None
    language = "text" if is_output_only else next((rule.language for rule in asked if rule.language), "")
    submission = program_submission(path, held, report, language, next((rule.entry for rule in asked if rule.entry), ""))
    expected = _verdicts(asked, is_scoring=is_scoring)
    if submission is None:
        return None
    if not expected:
        report.add("expectation-conflict", path, "no verdict satisfies everything that submissions.yaml and its folder ask for")
        return None
    least = max((rule.least_score for rule in asked if rule.least_score is not None), default=None)
    most = min((rule.most_score for rule in asked if rule.most_score is not None), default=None)
    return replace(submission, expected=expected, least_score=least, most_score=most, limit_use=_limit_use(asked))


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


def _expectation(yaml_map: YamlMap, pattern: str, usual: Expectation, report: Report) -> Expectation:
    inner = yaml_map.map(pattern)
    found = replace(usual, permitted=_words(inner, "permitted", usual.permitted), required=_words(inner, "required", usual.required))
    if "score" in inner:
        texts = inner.texts("score")
        if len(texts) not in {1, 2} or not all(NUMBER.fullmatch(text) for text in texts):
            inner.fault("score", "yaml-wrong-type", f"`{pattern}.score` must be a number or two")
        else:
            scores = [Fraction(text.replace("_", "")) for text in texts]
            if scores != sorted(scores):
                inner.fault("score", "expectation-conflict", f"`{pattern[:80]}.score` must be the least first, then the most")
            found = replace(found, least_score=min(scores), most_score=max(scores))
    if "use_for_time_limit" in inner:
        word = inner.choice("use_for_time_limit", ("lower", "upper", "true", "false"), "true", "yaml-wrong-type")
        found = replace(found, use={"true": "", "false": "none"}.get(word, word))
    if "language" in inner:
        known, unknown = known_languages([inner.text("language")])
        if unknown:
            inner.fault("language", "submission-language", f"`{pattern}.language`: {unknown[0][:40]!r} is not judged here")
        found = replace(found, language=known[0] if known else "")
    if any(key not in _KEYS for key in inner.keys_as_written()):
        report.add("expectation-not-checked", _PATH, f"`{pattern}` asks something of groups or single cases: only the whole is compared")
    if inner.text("message"):
        report.add("expectation-not-checked", _PATH, f"`{pattern}.message` is not compared")
    inner.flag("model_solution")
    return replace(found, entry=inner.text("entrypoint"))


def _words(inner: YamlMap, key: str, usual: frozenset[str]) -> frozenset[str]:
    words = inner.texts(key)
    for word in words:
        if word not in WORDS:
            inner.fault(key, "expectation-conflict", f"`{key}` knows AC, WA, TLE and RTE, not {word[:40]!r}")
    return frozenset(word for word in words if word in WORDS) or usual
