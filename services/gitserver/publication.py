"""Owns what is derived from an accepted commit: who may see which files, and how they are found again. Never checks a package.

    refs/heads/main                        the newest accepted commit: what people push and clone
    refs/palestra/published/COMMIT         a commit whose tree holds
        card.json, owner, submissions.json     what the calls answer, made once
        trial.json                             input validators, the rule of the time limit, what the checks said: for trying it out
        public/                                statements, samples, attachments
        protected/                             solutions, input validators, generators
        private/                               cases, checker, judging.json: the hash of this tree is the judging version
    refs/palestra/versions/VERSION         the private tree of each version there ever was
    refs/palestra/digests                  every file of every version under its SHA-256: ab/cdef…

`refs/palestra` is hidden from git clients and can not be pushed. Main moves last: what is cut off before is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from mesh.codec import encode
from services.gitserver.canonical import canonical
from services.gitserver.formats.files import PackageFile
from services.gitserver.formats.package import Package, PackageCase, PackageProbe, PackageProgram, program_file
from services.gitserver.repository import MAIN, RefChange, Repository
from services.gitserver.shelf import Shelf
from wire.judging import Checker, InputValidator, JudgingManifest, Probe, Program, ProgramFile, TestCase
from wire.languages import SCRIPTED
from wire.problems import ExpectedSubmission, Finding, ProblemCard
from wire.verification import LimitRule

DIGESTS: Final = "refs/palestra/digests"
_JUDGES: Final = ("checker/", "checkers/", "interactor/", "static/", "grader/")
INCOMING: Final = "refs/heads/incoming"


def published_ref(commit: str) -> str:
    """The ref of what was derived from a commit."""
    return f"refs/palestra/published/{commit}"


def version_ref(version: str) -> str:
    """The ref of a judging version's private tree."""
    return f"refs/palestra/versions/{version}"


def digest_path(digest: str) -> str:
    """Where a SHA-256 stands in the tree of `DIGESTS`."""
    return f"{digest[:2]}/{digest[2:]}"


@dataclass(frozen=True, slots=True)
class Publication:
    """An accepted commit, ready to be derived from. ``old`` is where main stands, forty zeros for a new problem."""

    alias: str
    commit: str
    old: str
    owner: str
    package: Package


@dataclass(frozen=True, slots=True)
class CasePaths:
    """Where input and answer of the case of that name lie in the package."""

    name: str
    input: str
    answer: str


@dataclass(frozen=True, slots=True)
class TrialPart:
    """What lies in ``trial.json``: what a trial needs besides the manifest and the submissions.

    ``paths`` are of the cases that do not lie in data/ by their name, ``programs`` of the files that judge by their path in the private tree. They stand here and not in the
    manifest: a path is no other judging.
    """

    input_validators: tuple[InputValidator, ...] = ()
    limit_rule: LimitRule = field(default_factory=LimitRule)
    findings: tuple[Finding, ...] = ()
    probes: tuple[Probe, ...] = ()
    paths: tuple[CasePaths, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)


async def publish(shelf: Shelf, bench: Repository, repository: Repository | None, publication: Publication) -> bool:
    """Derives the trees and moves the refs, main last; False when main had moved meanwhile.

    The workbench holds the commit, and borrows from the repository, if there is one. Held by the alias's lock.
    """
    ref = published_ref(publication.commit)
    known = (await repository.resolve(DIGESTS))[0] if repository is not None else None
    await bench.git.run(bench.folder, "fast-import", "--quiet", "--done", "--force", stdin=_stream(publication, known))
    derived, version, digests = await bench.resolve(ref, f"{ref}:private", DIGESTS)
    assert derived is not None
    assert version is not None
    assert digests is not None
    changes = [RefChange(ref, derived), RefChange(version_ref(version), version), RefChange(DIGESTS, digests)]
    main = RefChange(MAIN, publication.commit, publication.old)
    if repository is None:
        await bench.move([*changes, main])
        await shelf.mark_unannounced(publication.alias)
        await shelf.put(publication.alias, bench)
        return True
    await shelf.adopt(bench, repository)
    await repository.move(changes)
    await shelf.mark_unannounced(publication.alias)
    return await repository.move([main])


def _stream(publication: Publication, known_digests: str | None) -> bytes:
    """The derived commits in the language of ``git fast-import``. Always the same for the same commit."""
    package = publication.package
    private = _private(package)
    fetched = {file.digest: file for file in (*private.values(), *_tried(package))}
    lines: list[bytes] = [
        *_commit(published_ref(publication.commit), None),
        *_files("public", package.public.items()),
        *(line for path, text in sorted(package.written.items()) for line in _inline(f"public/{path}", text.encode())),
        *_files("protected", package.protected.items()),
        *_files("private", private.items()),
        *_inline("card.json", encode(_card(publication))),
        *_inline("owner", publication.owner.encode()),
        *_inline("submissions.json", encode(_submissions(package))),
        *_inline("trial.json", encode(_trial(package))),
        *_inline("private/judging.json", canonical(_manifest(package))),
        *_commit(DIGESTS, known_digests),
        *(line for file in fetched.values() for line in _file(digest_path(file.digest), file)),
        b"",
        b"done",
        b"",
    ]
    return b"\n".join(lines)


def _paths(package: Package) -> tuple[CasePaths, ...]:
    named = ((case, (f"data/{case.name}.in", f"data/{case.name}.ans"), (case.input.path, case.answer.path)) for case in package.cases)
    return tuple(CasePaths(case.name, *paths) for case, usual, paths in named if paths != usual)


def with_paths(manifest: JudgingManifest, paths: Iterable[CasePaths]) -> JudgingManifest:
    """The manifest with the package's own paths of its cases."""
    known = {one.name: one for one in paths}
    cases = (
        replace(case, input_path=known[case.name].input, answer_path=known[case.name].answer) if case.name in known else case for case in manifest.cases
    )
    return replace(manifest, cases=tuple(cases)) if known else manifest


def _private(package: Package) -> dict[str, PackageFile]:
    """What judging needs, by path: another private tree is another judging version."""
    run = [case for case in package.cases if not case.is_static]
    found = {f"data/{case.name}.in": case.input for case in run} | {f"data/{case.name}.ans": case.answer for case in run}
    found |= {f"data/{case.name}.files/{path}": file for case in run for path, file in case.files.items()}
    found |= {f"static/{path}": file for path, file in package.static_files.items()}
    found |= {f"checker/{path}": file for path, file in package.checker_files.items()}
    found |= {f"checkers/{number}/{path}": file for number, files in enumerate(package.more_checker_files) for path, file in files.items()}
    if package.interactor is not None:
        found |= {f"interactor/{path}": file for path, file in package.interactor.files.items()}
    if package.grader is not None:
        found |= {f"grader/{path}": file for path, file in package.grader.files.items()}
    for number, program in enumerate(package.includes):
        found |= {f"include/{number}/{path}": file for path, file in program.files.items()}
    return found


def _tried(package: Package) -> list[PackageFile]:
    """What a runner must find by its digest when the package is tried out, besides the private tree."""
    of_validators = [file for program in package.input_validators for file in program.files.values()]
    of_cases = [file for case in package.cases if case.is_static for file in (case.input, case.answer)]
    of_probes = [file for probe in package.probes for file in (probe.case.input, probe.case.answer, probe.output, *probe.case.files.values())]
    of_submissions = [file for one in package.submissions for file in one.others.values()]
    return of_validators + of_cases + of_submissions + [file for file in of_probes if file is not None]


def _commit(ref: str, parent: str | None) -> list[bytes]:
    lines = [f"commit {ref}", "committer Palestra <gitserver@palestra> 0 +0000", "data 0"]
    return [line.encode() for line in (lines if parent is None else [*lines, f"from {parent}"])]


def _files(folder: str, files: Iterable[tuple[str, PackageFile]]) -> list[bytes]:
    return [line for path, file in files for line in _file(f"{folder}/{path}", file)]


def _file(path: str, file: PackageFile) -> list[bytes]:
    if file.is_made:
        return _inline(path, file.content or b"")
    return [f"M 100644 {file.oid} {path}".encode()]


def _inline(path: str, content: bytes) -> list[bytes]:
    return [f"M 100644 inline {path}".encode(), f"data {len(content)}".encode(), content]


def _languages(package: Package) -> tuple[str, ...]:
    """What the package takes; outputs alone when it wants nothing else."""
    return ("text",) if package.is_output_only else package.languages


def _card(publication: Publication) -> ProblemCard:
    """The card without what is only known afterwards: alias, commit and version are put in when it is read."""
    package = publication.package
    return ProblemCard(
        alias="", title=package.title, commit="", version="", limits=package.limits, statements=package.statements,
        samples=package.samples, attachments=package.attachments, source=package.source, license=package.license,
        author=package.author, is_scoring=package.is_scoring, max_score=package.max_score,
        case_count=len(package.cases), checker_note=package.checker_note, languages=_languages(package),
        is_interactive=package.is_interactive, passes=package.passes, is_output_only=package.is_output_only,
        is_provisional=not package.limit_rule.is_stated,
    )  # fmt: skip


def _submissions(package: Package) -> tuple[ExpectedSubmission, ...]:
    """The list of submissions; their sources lie in the protected tree and are put in when it is read."""
    return tuple(
        ExpectedSubmission(
            one.path, one.language, "", one.expected, filename=one.filename, files=_program_files(one.others),
            least_score=one.least_score, most_score=one.most_score, limit_use=one.limit_use, rules=one.rules,
        )
        for one in package.submissions
    )  # fmt: skip


def _program_files(files: Mapping[str, PackageFile], *, is_scripted: bool = False) -> tuple[ProgramFile, ...]:
    return tuple(program_file(path, file, is_scripted=is_scripted) for path, file in sorted(files.items()))


def _program(program: PackageProgram) -> Program:
    return Program(program.language, _program_files(program.files, is_scripted=program.language == SCRIPTED))


def _interactor(program: PackageProgram) -> Checker:
    return Checker(program.kind, arguments=program.arguments, program=_program(program))


def _trial(package: Package) -> TrialPart:
    validators, probes = tuple(_input_validator(one) for one in package.input_validators), tuple(_probe(one) for one in package.probes)
    return TrialPart(validators, package.limit_rule, package.findings, probes, _paths(package), _judges(package))


def _judges(package: Package) -> dict[str, str]:
    """What the files of the programs that judge are called in the package, by their path in the private tree."""
    return {path: file.path for path, file in _private(package).items() if path.startswith(_JUDGES)}


def _input_validator(program: PackageProgram) -> InputValidator:
    return InputValidator(_program(program), program.arguments, program.kind, program.path, case_arguments=dict(program.case_arguments))


def _case(case: PackageCase) -> TestCase:
    return TestCase(
        name=case.name, input=case.input.digest, answer=case.answer.digest, input_bytes=case.input.size_bytes,
        answer_bytes=case.answer.size_bytes, is_sample=case.is_sample, group=case.group, checker_arguments=case.checker_arguments,
        input_arguments=case.input_arguments, threshold=case.threshold, arguments=case.arguments, files=_program_files(case.files),
        is_static=case.is_static, is_open=case.is_open, hint=case.hint, description=case.description, same_as=case.same_as,
    )  # fmt: skip


def _probe(probe: PackageProbe) -> Probe:
    if probe.output is None:
        return Probe(probe.claim, probe.path, _case(probe.case))
    return Probe(probe.claim, probe.path, _case(probe.case), probe.output.digest, probe.output.size_bytes)


def _manifest(package: Package) -> JudgingManifest:
    return JudgingManifest(
        problem="", version="", limits=package.limits, cases=tuple(_case(case) for case in package.cases), checker=package.checker, groups=package.groups,
        is_scoring=package.is_scoring, compile_limits=package.compile_limits, is_interactive=package.is_interactive,
        interactor=None if package.interactor is None else _interactor(package.interactor), passes=package.passes,
        is_output_only=package.is_output_only, includes=tuple(_program(one) for one in package.includes), languages=_languages(package),
        source_name=package.source_name,
        is_provisional=not package.limit_rule.is_stated, grader=None if package.grader is None else _program(package.grader),
        processes=package.processes, talks=package.talks,
        input_file=package.input_file, output_file=package.output_file, static_validator=package.static_validator, code_bytes=package.code_bytes,
        writes_files=package.writes_files, more_checkers=package.more_checkers,
    )  # fmt: skip
