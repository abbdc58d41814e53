"""Owns one trial of a package: which runs it asks the desk for, in which order, and the report that comes of them. Never publishes it.

All that must be accepted is judged first where the limit is to be measured: the others are judged by what was measured. What may
exceed the limit is given more time than that, so that it is seen how near it is.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from contest.verdicts import Verdict
from mesh.ids import new_id
from services.grader.appraisal import (
    ERROR, WARNING, Appraised, Tried, appraise, evidence_of, exceeding_ms, findings_of, in_order, may_exceed, needs_room, rule_of, state_of,
)  # fmt: skip
from services.grader.desk import Desk
from services.grader.manifests import Manifests, NoManifest
from services.grader.rules import to_the_end
from services.grader.runs import Errand, Run
from wire.judging import NOT_REFUSED, VALIDATE, Checker, InputValidator, JudgeSubmission, JudgingManifest, Probe, Program
from wire.problems import ExpectedSubmission, Finding
from wire.verification import PackageTrial, RecordReport, VerifyProblem

T = TypeVar("T")

AT_ONCE: Final = 8
"""Runs of one trial that wait for a runner together: enough for every slot of a machine, few enough to look at."""

ANY_LANGUAGE: Final = "text"
"""What every runner has."""

LEVEL: Final = "low"


@dataclass(slots=True)
class Course:
    """How far a trial is: ``done`` of ``total`` runs have ended; ``moved`` hears of each."""

    total: int
    moved: Callable[[], None]
    done: int = 0

    def step(self) -> None:
        """One more has ended."""
        self.done += 1
        self.moved()


class Trial:
    """One trial at work."""

    def __init__(self, wish: VerifyProblem, trial: PackageTrial, desk: Desk, manifests: Manifests, moved: Callable[[], None]) -> None:
        self.wish = wish
        self._trial = trial
        self._rule = rule_of(trial)
        self._desk = desk
        self._manifests = manifests
        self._places = asyncio.Semaphore(AT_ONCE)
        self._validators = _by_language(trial.input_validators, trial.manifest, has_probes=bool(trial.probes))
        self.course = Course(len(self._validators) + len(trial.submissions), moved)

    async def report(self) -> RecordReport:
        """Judges everything; the report. Raises: `Unavailable` (``shutting-down``) when the grader leaves, `NoManifest`."""
        with self._manifests.lending(self._trial):
            try:
                async with asyncio.TaskGroup() as work:
                    validated, judged = work.create_task(self._validate()), work.create_task(self._judge())
            except ExceptionGroup as several:
                raise several.exceptions[0] from several
        manifest, appraised = judged.result()
        rule, has_limit = self._rule, not manifest.is_output_only
        evidence = evidence_of(manifest, rule, appraised)
        found = [*validated.result(), *findings_of(appraised, evidence, is_provisional=manifest.is_provisional, has_limit=has_limit)]
        known = {finding.code for finding in found}
        findings = in_order([*found, *(finding for finding in self._trial.findings if finding.code not in known)])
        return RecordReport(
            self.wish.alias, self.wish.commit, manifest.version, state_of(findings), findings, tuple(one.report for one in appraised), evidence if has_limit else None
        )

    async def _validate(self) -> list[Finding]:
        """What the input validators have against the inputs, and the checker against the jury's own answers."""
        found = await _all(self._validate_in(language, validators) for language, validators in self._validators.items())
        told = [finding for findings in found for finding in findings]
        asked = sum(bool(validators) for validators in self._validators.values())
        return list(dict.fromkeys(finding for finding in told if finding.code != NOT_REFUSED or told.count(finding) == asked))

    async def _validate_in(self, language: str, validators: Sequence[InputValidator]) -> Sequence[Finding]:
        manifest = self._trial.manifest
        program = manifest.checker.program
        if program is not None and program.language != language:
            manifest = replace(manifest, checker=Checker())  # the answers are looked at where the checker's language is
        probes = self._probes_in(language, validators)
        run = await self._run(self._order(language, "", ""), manifest, task=VALIDATE, validators=tuple(validators), probes=probes)
        assert run.verdict is not None
        assert run.errand is not None
        if run.verdict.verdict is not Verdict.JE:
            return [replace(one, path=self._trial.programs.get(one.path, one.path)) for one in run.errand.findings]
        if not self._desk.roster.has_language(language):
            said = f"the inputs were not examined: no runner has {language}, in which the validator or the checker is written; bring one, then try out again"
            return [Finding(WARNING, "language-missing", "input_validators", said)]
        said = next((result.message for result in run.verdict.cases), "the judge failed")
        return [Finding(WARNING, "trial-broken", "input_validators", f"the inputs were not examined, which is not the package's fault: {said}")]

    def _probes_in(self, language: str, validators: Sequence[InputValidator]) -> tuple[Probe, ...]:
        """The probes that are tried where this language is: inputs by the validators of it, outputs where the checker is, once."""
        program = self._trial.manifest.checker.program
        has_outputs = language == (program.language if program is not None else next(iter(self._validators)))
        wanted = [probe for probe in self._trial.probes if validators or (has_outputs and probe.output)]
        return tuple(probe if has_outputs else replace(probe, output="") for probe in wanted)

    async def _judge(self) -> tuple[JudgingManifest, list[Appraised]]:
        """Every submission's report, in the package's order, and the manifest with the limit that they were judged by."""
        manifest, submissions, tried = self._trial.manifest, self._trial.submissions, dict[str, Tried]()
        if manifest.is_provisional:
            models = [one for one in submissions if needs_room(one)]
            tried |= await self._judge_all(manifest, models)
            manifest = await self._measured(manifest, list(tried.values()))
        tried |= await self._judge_all(manifest, [one for one in submissions if one.path not in tried])
        return manifest, [appraise(manifest, self._rule, tried[one.path]) for one in submissions]

    async def _measured(self, manifest: JudgingManifest, tried: Sequence[Tried]) -> JudgingManifest:
        """The manifest with the limit that follows from what must be accepted, pinned; as it was when that does not hold."""
        rule = self._rule
        appraised = [appraise(manifest, rule, one) for one in tried]
        wanted = evidence_of(manifest, rule, appraised).measured_ms
        if wanted is None or any(not one.report.is_allowed and not one.is_lacking for one in appraised):
            return manifest
        cpu_ms = await self._manifests.pin_limit(manifest.problem, manifest.version, wanted)
        return replace(manifest, limits=manifest.limits.at_cpu(cpu_ms), is_provisional=False)

    async def _judge_all(self, manifest: JudgingManifest, submissions: Sequence[ExpectedSubmission]) -> dict[str, Tried]:
        rule = self._rule
        longer = replace(manifest, limits=manifest.limits.at_cpu(exceeding_ms(rule, manifest.limits.cpu_ms)))
        tried = await _all(self._judge_one(longer if may_exceed(one) else manifest, one) for one in submissions)
        return {one.one.path: one for one in tried}

    async def _judge_one(self, manifest: JudgingManifest, one: ExpectedSubmission) -> Tried:
        filename = one.filename or PurePosixPath(one.path).name
        whole = to_the_end(manifest) if one.rules else manifest
        run = await self._run(self._order(one.language, one.source, filename), _with_files(whole, one))
        assert run.verdict is not None
        is_lacking = run.verdict.verdict is Verdict.JE and not self._desk.roster.has_language(one.language)
        is_put_off = run.errand is not None and run.errand.is_put_off
        return Tried(one, run.verdict, is_lacking, self._manifests.allowances.of(one.language), is_put_off)

    async def _run(
        self, order: JudgeSubmission, manifest: JudgingManifest, *, task: str = "", validators: tuple[InputValidator, ...] = (),
        probes: tuple[Probe, ...] = (),
    ) -> Run:
        """The run when it has ended."""
        ended: asyncio.Future[Run] = asyncio.get_running_loop().create_future()

        def hear(run: Run) -> None:
            if not ended.done():
                ended.set_result(run)

        errand = Errand(hear, task, validators, probes) if task else Errand(hear)
        async with self._places:
            self._desk.enter(order, errand, manifest)
            run = await ended
        self.course.step()
        return run

    def _order(self, language: str, source: str, filename: str) -> JudgeSubmission:
        run, alias = new_id(), self.wish.alias
        return JudgeSubmission(
            run=run, submission=run, contest="", problem=alias, version=self._trial.manifest.version, language=language, source=source,
            author=f"trial:{alias}", priority=LEVEL, filename=filename, correlation=self.wish.correlation,
        )  # fmt: skip


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What each gives, in order; the first error ends the others and leaves as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    return [task.result() for task in tasks]


def broken_report(wish: VerifyProblem, why: NoManifest) -> RecordReport:
    """The report of a commit that cannot be tried out at all."""
    findings = in_order([Finding(ERROR, "cannot-be-judged", "", str(why))])
    return RecordReport(wish.alias, wish.commit, wish.version, state_of(findings), findings, ())


def _by_language(validators: Sequence[InputValidator], manifest: JudgingManifest, *, has_probes: bool) -> dict[str, list[InputValidator]]:
    """Validators that one runner can run together; the languages of what judges are among them, since it is built, and looks at the answers, meanwhile.

    Where nobody has a program to be run, outputs may be tried all the same, by a runner of any kind.
    """
    found: defaultdict[str, list[InputValidator]] = defaultdict(list)
    for validator in validators:
        found[validator.program.language].append(validator)
    checkers = (manifest.checker, *manifest.more_checkers, manifest.interactor, manifest.static_validator)
    for program in (*(one.program for one in checkers if one is not None), manifest.grader):
        if program is not None:
            found[program.language] += []
    if has_probes and not found:
        found[ANY_LANGUAGE] = []
    return dict(found)


def _with_files(manifest: JudgingManifest, one: ExpectedSubmission) -> JudgingManifest:
    """The manifest with the submission's other files beside what is compiled with its language anyway."""
    if not one.files:
        return manifest
    own = [program for program in manifest.includes if program.language == one.language]
    joined = own or [program for program in manifest.includes if program.language == "*"]
    files = {file.path: file for program in joined for file in program.files} | {file.path: file for file in one.files}
    others = [program for program in manifest.includes if program.language != one.language]
    return replace(manifest, includes=(*others, Program(one.language, tuple(files.values()))))
