"""Owns the reading of task.yaml of the italian format: names, limits, what kind of task, how it is scored. Never looks at cases.

Source: cms-dev/cms ``cmscontrib/loaders/italy_yaml.py`` (keys, italian names, defaults), ``docs/External contest formats.rst``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from contest.limits import Limits
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.parts import MOST_CASES, MOST_MS, MOST_POINTS, limits_of
from services.gitserver.formats.patterns import Numbers, is_number_pattern
from services.gitserver.formats.yaml_map import YamlMap, read_yaml

DESCRIPTION: Final = "task.yaml"
_MIB = 1 << 20
_USUAL_MS = 2_000
_USUAL_BYTES = 512 * _MIB
_COUNT = re.compile(r"0|[1-9]\d{0,4}")
"""How many cases; what begins with 0 is a case's number."""

SCORE_TYPES: Final = ("Sum", "GroupMin", "GroupMul", "GroupThreshold")

MOST_GROUPS: Final = 200
"""As many subtasks task.yaml may describe: each pattern is held against every case."""

IGNORED: Final = (
    "token_mode", "token_max_number", "token_min_interval", "token_gen_initial", "token_gen_number", "token_gen_interval", "token_gen_max",
    "token_initial", "token_total", "token_gen_time", "token_max", "max_submission_number", "max_user_test_number", "min_submission_interval",
    "min_user_test_interval", "score_mode", "score_precision", "feedback_level", "public_testcases", "risultati", "version",
    "loader", "diff", "correttore", "auxiliary", "allowed_languages", "source", "syllabuslevel", "start", "stop", "timezone", "difficulty", "level",
)  # fmt: skip
"""What is a contest's business here, or says nothing that is needed."""


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """One subtask: its points, and which cases are in it: ``count`` of them from ``first`` on, those of ``names``, or those like ``pattern``.

    ``threshold`` is GroupThreshold's: what a checker may print at most.
    """

    points: Fraction
    first: int = 0
    count: int = 0
    names: frozenset[str] = frozenset()
    pattern: str = ""
    threshold: Fraction | None = None

    def of(self, numbers: Numbers) -> list[str]:
        """Which of all cases, named by their numbers with three digits and in order, are in it."""
        if self.pattern:
            return numbers.like(self.pattern)
        names = numbers.names
        return [name for name in names if name in self.names] if self.names else list(names[self.first : self.first + self.count])


@dataclass(frozen=True, slots=True)
class Task:
    """What task.yaml says. ``infile`` and ``outfile`` are None where it says nothing of them.

    Of Communication: ``processes``; ``user_io`` std_io, fifo_io or nothing; ``is_alone``: no stub is compiled with solutions.
    """

    name: str = ""
    title: str = ""
    language: str = "it"
    limits: Limits = field(default_factory=lambda: limits_of(_USUAL_MS, _USUAL_BYTES))
    is_limit_stated: bool = True
    count: int | None = None
    infile: str | None = None
    outfile: str | None = None
    is_output_only: bool = False
    score_type: str = ""
    total_value: Fraction = Fraction(100)
    value_of_case: Fraction | None = None
    groups: tuple[GroupPlan, ...] = ()
    processes: int = 1
    user_io: str = ""
    is_alone: bool = False


def read_task(files: PackageFiles, report: Report) -> Task:
    """The task; what is wrong goes to the report."""
    file = files.find(DESCRIPTION)
    given = read_yaml(file, report) if file is not None else None
    if given is None:
        return Task()
    is_output_only = _flag(given, ("output_only", "outputonly"))
    score_type, value, groups = _scoring(given)
    count = given.number("n_input", 0, MOST_CASES, "plan-mismatch")
    processes = given.number("num_processes", 1, 100, "communication")
    total = given.number("total_value", 0, MOST_POINTS, "bad-points")
    if "time_limit" not in given and "timeout" not in given and not is_output_only:
        given.fault("time_limit", "time-limit-missing", "`time_limit` is not there; 2 seconds are taken until one is measured")
    found = Task(
        name=_text(given, ("name", "nome_breve")),
        title=_text(given, ("title", "nome")),
        language=given.text("primary_language", "it") or "it",
        limits=_limits(given),
        is_limit_stated="time_limit" in given or "timeout" in given or is_output_only,
        count=None if count is None else int(count),
        infile=given.text("infile") if given.text("infile", "\0") != "\0" else None,
        outfile=given.text("outfile") if given.text("outfile", "\0") != "\0" else None,
        is_output_only=is_output_only,
        score_type=score_type,
        total_value=Fraction(100) if total is None else total,
        value_of_case=value,
        groups=groups,
        processes=int(processes or 1),
        user_io=_word(given, "user_io", ("std_io", "fifo_io")),
        is_alone=_word(given, "compilation", ("alone", "stub", "grader")) == "alone",
    )
    given.finish(ignore=IGNORED)
    return found


def _text(given: YamlMap, keys: Iterable[str]) -> str:
    return next((text for text in [given.text(key) for key in keys] if text), "")


def _word(given: YamlMap, key: str, words: tuple[str, ...]) -> str:
    """One of the words; empty where nothing is said."""
    said = given.text(key)
    if said in {"", *words}:
        return said
    given.fault(key, "yaml-wrong-type", f"`{key}` must be {' or '.join(words)}, not {said[:40]!r}")
    return ""


def _flag(given: YamlMap, keys: Iterable[str]) -> bool:
    said = {key: given.text(key).lower() for key in keys}
    for key, word in said.items():
        if word not in {"", "true", "yes", "on", "1", "false", "no", "off", "0"}:
            given.fault(key, "yaml-wrong-type", f"`{key}` must be true or false, not {word[:40]!r}")
    return any(word in {"true", "yes", "on", "1"} for word in said.values())


def _limits(given: YamlMap) -> Limits:
    seconds = [given.number(key, 0.001, MOST_MS / 1000) for key in ("time_limit", "timeout")]
    memory = [given.number(key, 1, 1 << 16) for key in ("memory_limit", "memlimit")]
    cpu_ms = next((max(int(one * 1000), 1) for one in seconds if one is not None), _USUAL_MS)
    return limits_of(cpu_ms, next((int(one * _MIB) for one in memory if one is not None), _USUAL_BYTES))


def _scoring(given: YamlMap) -> tuple[str, Fraction | None, tuple[GroupPlan, ...]]:
    """The score type and its parameters, when task.yaml names both."""
    score_type = given.text("score_type")
    if score_type not in {"", *SCORE_TYPES}:
        given.fault("score_type", "grading-not-yet", f"`score_type: {score_type[:40]}` cannot be judged; {', '.join(SCORE_TYPES)} can")
        score_type = ""
    if not score_type or "score_type_parameters" not in given:
        return "", None, ()
    if score_type == "Sum":
        return score_type, given.number("score_type_parameters", 0, MOST_POINTS, "bad-points"), ()
    groups = _groups(given)
    if score_type == "GroupThreshold" and any(plan.threshold is None for plan in groups):
        given.fault("score_type_parameters", "bad-points", "a subtask of GroupThreshold must have points, its cases, and a number as threshold")
    return score_type, None, groups


def _groups(given: YamlMap) -> tuple[GroupPlan, ...]:
    """Points and a count, a pattern of case numbers, or a list of them; and perhaps a threshold."""
    found: list[GroupPlan] = []
    first = 0
    if len(given.lists("score_type_parameters")) > MOST_GROUPS:
        given.fault("score_type_parameters", "grading-not-yet", f"more than {MOST_GROUPS} subtasks")
        return ()
    for pair in given.lists("score_type_parameters"):
        points = _points(pair[0]) if pair else None
        chosen = pair[1] if len(pair) > 1 else None
        threshold = _points(pair[2]) if len(pair) > 2 else None
        if points is None or chosen is None:
            given.fault("score_type_parameters", "bad-points", "`score_type_parameters` must be pairs of points and a count, a pattern or names")
            return ()
        if isinstance(chosen, tuple):
            found.append(GroupPlan(points, names=frozenset(chosen), threshold=threshold))
        elif _COUNT.fullmatch(chosen) is not None:
            found.append(GroupPlan(points, first=first, count=int(chosen), threshold=threshold))
            first += int(chosen)
        else:
            if not chosen or not is_number_pattern(chosen):
                given.fault("score_type_parameters", "plan-mismatch", f"{chosen[:40]!r} is no pattern of case numbers such as 00[0-4]|007 or 01.*")
                return ()
            found.append(GroupPlan(points, pattern=chosen, threshold=threshold))
    return tuple(found)


def _points(text: object) -> Fraction | None:
    if not isinstance(text, str) or re.fullmatch(r"\d{1,7}(?:\.\d{1,9})?", text) is None or float(text) > MOST_POINTS:
        return None
    return Fraction(text)
