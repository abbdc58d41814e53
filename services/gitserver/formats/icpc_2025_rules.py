"""Owns the reading of one rule of submissions.yaml, for all of a submission and for some of its test cases. Never runs a submission.

Source: 2025-09 format, "Example submissions", "Test data groups" (of submissions.yaml), "Glob patterns", "Timelimit inference".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations
from typing import Final

from contest.groups import CaseGroup
from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.languages import known_languages
from services.gitserver.formats.package import PackageCase
from services.gitserver.formats.patterns import Glob
from services.gitserver.formats.yaml_map import NUMBER, YamlMap
from wire.problems import CaseRule

WORDS: Final[Mapping[str, tuple[Verdict, ...]]] = {
    "AC": (Verdict.AC,), "WA": (Verdict.WA,), "TLE": (Verdict.TLE,),
    "RTE": (Verdict.RTE, Verdict.MLE, Verdict.OLE, Verdict.RFE),
}  # fmt: skip
"""What each of the format's four verdicts is here."""

ALL: Final = frozenset(WORDS)
PATH: Final = "submissions/submissions.yaml"
MOST_CASE_PATTERNS: Final = 50
"""In the whole file: each is held against every test case."""
_WHOLE_KEYS: Final = ("language", "entrypoint", "authors", "model_solution")
_KEYS: Final = ("permitted", "required", "score", "message", "use_for_time_limit")
_PERSON_KEYS: Final = ("email", "orcid", "kattis")
_MOST_CHARACTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Kinds:
    """What of a problem its submissions depend on."""

    is_scoring: bool
    is_output_only: bool
    cases: tuple[PackageCase, ...] = ()
    groups: CaseGroup = field(default_factory=CaseGroup)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is asked of the submissions that a pattern matches, or of some of their cases.

    ``use`` is what they say of the time limit: lower, upper, none, or nothing. ``name`` and ``spans`` say which cases, an empty name all;
    ``group`` is the test group whose points the scores bound. ``is_said``: by submissions.yaml, not only by a folder's name.
    """

    permitted: frozenset[str] = ALL
    required: frozenset[str] = ALL
    least_score: Fraction | None = None
    most_score: Fraction | None = None
    use: str = ""
    language: str = ""
    entry: str = ""
    message: str = ""
    name: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    group: str = ""
    is_said: bool = False
    parts: tuple[Expectation, ...] = ()


class RuleReader:
    """Reads the rules of one submissions.yaml."""

    def __init__(self, kinds: Kinds, report: Report) -> None:
        self._kinds, self._report = kinds, report
        self._names = [case.name for case in kinds.cases]
        self._groups = [group.path for group in _below(kinds.groups) if group.path]
        self._left = MOST_CASE_PATTERNS

    def expectation(self, yaml_map: YamlMap, pattern: str, usual: Expectation) -> Expectation:
        """What a pattern asks for, over what its folder does by itself."""
        inner = yaml_map.map(pattern)
        found = self._asked(inner, usual)
        language = usual.language
        if "language" in inner:
            known, unknown = known_languages([inner.text("language")])
            if unknown:
                inner.fault("language", "submission-language", f"`{pattern}.language`: {unknown[0][:40]!r} is not judged here")
            language = known[0] if known else ""
        inner.flag("model_solution")
        _check_authors(inner)
        parts = [self._part(inner, key) for key in inner.keys_as_written() if key not in {*_WHOLE_KEYS, *_KEYS}]
        is_said = any(key in inner for key in ("permitted", "required", "message")) or any(parts)
        return replace(
            found, language=language, entry=inner.text("entrypoint"), is_said=is_said, parts=tuple(part for part in parts if part is not None)
        )

    def _part(self, outer: YamlMap, pattern: str) -> Expectation | None:
        """What is asked of the cases that a pattern matches; None, with a finding, when there are none."""
        if not outer.is_map(pattern):
            outer.fault(pattern, "yaml-wrong-type", f"`{pattern[:80]}` is no key of the format, and no test cases with what is asked of them")
            return None
        self._left -= 1
        if self._left < 0:
            if self._left == -1:
                outer.fault(pattern, "expectation-pattern", f"more than {MOST_CASE_PATTERNS} patterns of test cases; the rest is not read")
            return None
        try:
            glob = Glob(pattern)
        except ValueError as wrong:
            outer.fault(pattern, "expectation-pattern", f"`{pattern[:40]}`: {wrong}")
            return None
        inner = outer.map(pattern)
        found = self._asked(inner, Expectation())
        inner.finish()
        groups = [path for path in self._groups if glob.matches(path) and not glob.matches(path.rpartition("/")[0])]
        spans = _spans(place for place, name in enumerate(self._names) if glob.matches(name))
        if not spans:
            outer.fault(pattern, "expectation-of-none", f"`{pattern[:80]}` is no test case's name, nor the name of a group of them")
            return None
        if found.least_score is not None and len(groups) != 1:
            inner.fault("score", "expectation-conflict", f"`{pattern[:80]}.score`: only a single test group has points of its own")
        return replace(found, name=pattern, spans=spans, group=groups[0] if len(groups) == 1 else "")

    def _asked(self, inner: YamlMap, usual: Expectation) -> Expectation:
        permitted, required = _words(inner, "permitted", usual.permitted), _words(inner, "required", usual.required)
        found = replace(usual, permitted=permitted, required=required, message=inner.text("message")[:_MOST_CHARACTERS])
        if "score" in inner:
            found = self._with_score(inner, found)
        if "use_for_time_limit" in inner:
            word = inner.choice("use_for_time_limit", ("lower", "upper", "true", "false"), "true", "yaml-wrong-type")
            found = replace(found, use={"true": "", "false": "none"}.get(word, word))
        return found

    def _with_score(self, inner: YamlMap, found: Expectation) -> Expectation:
        texts = inner.texts("score")
        if not self._kinds.is_scoring:
            inner.fault("score", "expectation-conflict", "`score` is for scoring problems: this one counts no points")
            return found
        if len(texts) not in {1, 2} or not all(NUMBER.fullmatch(text) for text in texts):
            inner.fault("score", "yaml-wrong-type", "`score` must be a number or two")
            return found
        scores = [Fraction(text.replace("_", "")) for text in texts]
        if scores != sorted(scores):
            inner.fault("score", "expectation-conflict", "`score` must be the least first, then the most")
        return replace(found, least_score=min(scores), most_score=max(scores))


def rules_of(path: str, asked: Sequence[Expectation], kinds: Kinds, report: Report) -> tuple[CaseRule, ...]:
    """What is asked of a submission case by case; nothing where only its folder says something of it: then the verdict of the whole will do."""
    if not any(rule.is_said for rule in asked):
        return ()
    whole = ((0, len(kinds.cases) - 1),) if kinds.cases else ()
    wholes = [replace(rule, spans=whole, parts=()) for rule in asked if rule.permitted != ALL or rule.required != ALL or rule.message]
    every = [*wholes, *(part for rule in asked for part in rule.parts)]
    for one, other in combinations(every, 2):
        if not one.permitted & other.permitted and _overlap(one.spans, other.spans):
            names = " and ".join(repr(rule.name[:60]) if rule.name else "all of it" for rule in (one, other))
            report.add("expectation-conflict", path, f"no verdict of a test case satisfies what is asked of {names}")
            return ()
    return tuple(_case_rule(rule) for rule in every)


def _case_rule(rule: Expectation) -> CaseRule:
    use = rule.use
    if not use and rule.name:
        use = "upper" if rule.required == {"TLE"} else "lower" if "TLE" not in rule.permitted else ""
    has_group = bool(rule.group) and bool(rule.name)
    return CaseRule(
        rule.name, rule.spans, _verdicts_of(rule.permitted), _verdicts_of(rule.required), rule.message, rule.group if has_group else "",
        rule.least_score if has_group else None, rule.most_score if has_group else None, use if rule.name and use != "none" else "",
    )  # fmt: skip


def _verdicts_of(words: frozenset[str]) -> tuple[str, ...]:
    """The verdicts of a case; none for any. One that is accepted in part is accepted."""
    if words == ALL:
        return ()
    found = {verdict for word in words for verdict in WORDS[word]} | ({Verdict.PA} if "AC" in words else set())
    return tuple(verdict.value for verdict in Verdict if verdict in found)


def _words(inner: YamlMap, key: str, usual: frozenset[str]) -> frozenset[str]:
    words = inner.texts(key)
    for word in words:
        if word not in WORDS:
            inner.fault(key, "expectation-conflict", f"`{key}` knows AC, WA, TLE and RTE, not {word[:40]!r}")
    return frozenset(word for word in words if word in WORDS) or usual


def _check_authors(inner: YamlMap) -> None:
    for member in inner.members("authors"):
        if isinstance(member, YamlMap):
            if not member.text("name"):
                inner.fault("authors", "yaml-wrong-type", "`authors`: a person needs a `name`")
            member.finish(ignore=_PERSON_KEYS)


def _below(group: CaseGroup) -> Iterable[CaseGroup]:
    yield group
    for inner in group.groups:
        yield from _below(inner)


def _spans(places: Iterable[int]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return tuple(found)


def _overlap(one: Iterable[tuple[int, int]], other: Sequence[tuple[int, int]]) -> bool:
    return any(first <= end and begin <= last for first, last in one for begin, end in other)
