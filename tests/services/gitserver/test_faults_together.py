"""Faults that have nothing to do with each other are all named, whichever of them stand in one package: none hides another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

import pytest
from tests.packages import cms, omegaup, polygon
from tests.packages.broken import FAULTS, Fault
from tests.packages.broken_2025 import FAULTS_2025
from tests.packages.broken_formats import CMS, OMEGAUP, POLYGON
from tests.packages.building import changed
from tests.packages.reading import read

Changes: TypeAlias = dict[str, str | bytes | None]

WHOLE = frozenset({"problem-yaml-missing", "format-not-yet", "bad-yaml", "bad-xml", "bad-json", "xml-incomplete", "too-many-cases"})
"""After these nothing else can be known, or too much is."""

MOST_BYTES, MOST_FILES = 4_000, 30
"""What a fault changes in a package: larger ones take long to read."""

FILLS = frozenset({"200 subtasks"})
"""Words of faults of which one alone fills a report."""

BY_KEYS = ("problem.yaml", "task.yaml")
"""Files of which two faults may change different keys."""

DEPENDS: Mapping[str, str] = {
    # what is said only of outputs that are compared, or of programs that compare them
    "ini-special": "interaction-.* score-unbounded validation-unknown validator.* script-not-executable",
    "validator-flag-bad": "interaction-.* score-unbounded validation-unknown validator.* probe-of-talk answer-without-input no-cases script-not-executable",
    "validator-unused": "interaction-.* score-unbounded validation-unknown validator.* script-not-executable",
    "validator-missing": "interaction-.* validator.* probe-of-talk script-not-executable",
    "validator-source-missing": "validator.* communication script-not-executable",
    "validator-language": "validator.* communication script-not-executable",
    "testlib-missing": "validator.* file-missing",
    "file-io": "validator.*",
    "score-unbounded": "testlib-missing",
    "validators-many": "validator.* bad-points output-cases static-validation type-unknown",
    "validation-unknown": "interaction-.* validator.* grading-.* score-.* script-not-executable",
    # what a key says that the other fault leaves out, or says otherwise
    "time-limit-missing": "ini-invalid limit-bad settings-missing",
    "grading-ignored": "grading-.* score-.*",
    "graders-not-run": "grader.* validator-language script-not-executable",
    "grader-missing": "grader.* validator-language",
    "score-zero": "package-not-full grader.* group-.* score-unbounded validation-unknown validator-language script-not-executable",
    "score-all-or-nothing": "grader.* validator-language script-not-executable",
    "language-none": "output-cases static-validation type-unknown",
    "language-unknown": "output-cases static-validation type-unknown",
    "expectation-conflict": "no-accepted-submission no-cases type-unknown score-.* grading-.* validation-unknown",
    "no-accepted-submission": "expectation-conflict",
    "submission-language": "file-missing",
    # what is not there cannot be wrong
    "input-validators-missing": "input-validator-.* checktestdata-syntax script-not-executable",
    "statement-missing": "statement-.* constant-unknown",
    "no-cases": "group-mixed plan-mismatch settings-missing",
    "no-sample-cases": "interaction-line",
    "interaction-missing": "no-sample-cases",
    "answer-without-input": "case-without-answer no-cases",
    "case-without-answer": "answer-without-input no-cases probe-of-talk type-unknown validator-missing",
    "case-not-utf8": "answer-without-input case-without-answer no-cases",
    "case-duplicate": "case-not-utf8",
    "case-arguments": "answer-without-input no-cases",
    "case-file-stray": "probe-of-talk type-unknown validator-missing",
    "case-files": "answer-without-input case-without-answer input-validators-missing no-cases",
    "yaml-wrong-type": "answer-without-input no-cases",
    "probe-without-output": "probe-of-talk type-unknown validator-missing",
    "package-not-full": "no-cases package-not-full file-io",
    "file-missing": "statement-.*",
    "bad-points": "no-cases plan-mismatch grading-not-yet bad-points communication validator.*",
    "plan-mismatch": "no-cases plan-mismatch settings-missing grading-not-yet bad-points json-wrong-type",
    "output-cases": "answer-without-input case-without-answer no-cases",
    # points of groups, whose sums and kinds follow from each other
    "group-mixed": "no-cases",
    "group-key": "score-zero type-unknown",
    "group-requires": "group-scores score-unbounded static-validation",
    "group-scores": "group-.* limit-bad score-.*",
    "static-validation": "static-validat.* type-unknown",
    "static-validator-unused": "output-cases static-validation type-unknown",
}
"""A finding, and those beside which it says nothing true any more: each for a reason of its format, not for want of looking."""

ABSENT = frozenset({"title-missing", "uuid-missing", "license-unknown", "settings-missing", "time-limit-missing"})
"""What a file does not say: another fault of that file says it."""

FORMATS: dict[str, tuple[Sequence[Fault], Callable[[], Mapping[str, bytes]] | None]] = {
    "legacy": (FAULTS, None), "2025-09": (FAULTS_2025, None), "omegaup": (OMEGAUP, omegaup.sums), "polygon": (POLYGON, polygon.pairs),
    "cms": (CMS, cms.far_sum),
}  # fmt: skip


@cache
def keys(text: str) -> dict[str, str] | None:
    """The top keys of a YAML text with what is written of each; None when it is no such map."""
    parts = [part for part in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if part]
    named = {part.partition(":")[0]: part for part in parts if re.match(r"[a-z_]+:", part)}
    return named if len(named) == len(parts) else None


def both(one: Changes, other: Changes) -> Changes | None:
    """The changes of two faults in one package; None when they change the same."""
    found = dict(one)
    for path, content in other.items():
        there = found.setdefault(path, content)
        if there is content or there == content:
            if path in one and path not in BY_KEYS:
                return None
            continue
        known, added = (keys(text) if path in BY_KEYS and isinstance(text, str) else None for text in (there, content))
        if known is None or added is None or any(known.get(key, text) != text for key, text in added.items()):
            return None
        found[path] = "".join((known | added).values())
    return found


def apart(one: Fault, other: Fault) -> bool:
    """Whether one of them says nothing true beside the other."""
    if ABSENT & {one.code, other.code} and one.changes.keys() & other.changes.keys():
        return True
    pairs = ((one.code, other.code), (other.code, one.code))
    return any(re.fullmatch(DEPENDS.get(hidden, "").replace(" ", "|"), hider) for hidden, hider in pairs if hidden in DEPENDS)


def bundles(faults: Sequence[Fault]) -> Iterator[tuple[list[Fault], Changes]]:
    """Packages in which every two faults that can stand together do so at least once."""
    fits = {
        (i, j)
        for i, one in enumerate(faults) for j, other in enumerate(faults[:i])
        if one.base is other.base and not apart(one, other) and both(one.changes, other.changes) is not None
    }  # fmt: skip
    near = [{j for j in range(len(faults)) if (max(i, j), min(i, j)) in fits} for i in range(len(faults))]
    left = [set(ones) for ones in near]
    while left[first := max(range(len(faults)), key=lambda i: len(left[i]))]:
        chosen, changes, able = [first], dict(faults[first].changes), set(near[first])
        gain = {k: int(k in left[first]) for k in able}
        while able:
            k = max(sorted(able), key=gain.__getitem__)
            able.remove(k)
            joined = both(changes, faults[k].changes)
            if joined is None or not gain[k]:
                continue
            chosen, changes = [*chosen, k], joined
            able &= near[k]
            for other in able & left[k]:
                gain[other] += 1
        for i in chosen:
            left[i] -= set(chosen)
        if len(chosen) == 1:
            left[first].clear()
            continue
        yield [faults[k] for k in sorted(chosen)], changes


def is_small(changes: Changes) -> bool:
    return len(changes) <= MOST_FILES and sum(len(text or "") for text in changes.values()) <= MOST_BYTES


@pytest.mark.parametrize("name", FORMATS)
def test_no_fault_hides_another(name: str) -> None:
    faults, sound = FORMATS[name]
    hidden = []
    small = [one for one in faults if one.code not in WHOLE and one.words not in FILLS and is_small(one.changes)]
    for chosen, changes in bundles(small):
        _, report = read(changed((sound or chosen[0].base)(), changes))
        found = {(finding.code, finding.path) for finding in report.findings()}
        hidden += [(one.code, one.path, one.words, [other.code for other in chosen]) for one in chosen if (one.code, one.path) not in found]
    assert hidden == []
