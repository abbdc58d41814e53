"""Owns the reading of 2025-09 packages, and of 2023-07 drafts where they are the same: puts the parts together.

Source: https://icpc.io/problem-package-format/spec/2025-09
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_2025_arguments import with_input_arguments
from services.gitserver.formats.icpc_2025_cases import read_cases_2025
from services.gitserver.formats.icpc_2025_metadata import read_metadata_2025
from services.gitserver.formats.icpc_2025_probes import read_probes
from services.gitserver.formats.icpc_2025_rules import Kinds
from services.gitserver.formats.icpc_2025_static import check_collisions, read_static
from services.gitserver.formats.icpc_2025_submissions import read_submissions_2025
from services.gitserver.formats.icpc_cases import Kind, check_contents
from services.gitserver.formats.icpc_constants import read_constants, with_constants
from services.gitserver.formats.icpc_flags import checker_note, lift_flags
from services.gitserver.formats.icpc_includes import read_includes
from services.gitserver.formats.icpc_metadata import Metadata
from services.gitserver.formats.icpc_programs import read_checker, read_input_validators
from services.gitserver.formats.icpc_samples import SampleRules, sample_files
from services.gitserver.formats.not_yet import declared_version
from services.gitserver.formats.package import Package
from services.gitserver.formats.statements import Statements, read_statements, title_of
from services.gitserver.formats.yaml_map import YamlMap, read_yaml

VERSIONS: Final = ("2025-09", "2025-09-draft", "2023-07", "2023-07-draft", "draft")
VALIDATOR: Final = "output_validator"
PROTECTED_FOLDERS: Final = (
    "submissions", "solution", "input_validators", "generators", "static_validator", "input_visualizer", "output_visualizer",
)  # fmt: skip
"""What only those may see who may see solutions."""


class Icpc2025:
    """Reads `2025-09` and the drafts that led to it."""

    def recognises(self, files: PackageFiles) -> bool:
        """Whether problem.yaml says so."""
        return declared_version(files) in VERSIONS

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """The package; what is wrong goes to the report, all of it."""
        yaml_map = _yaml(files, report)
        files = with_constants(files, read_constants(YamlMap(yaml_map.node, "problem.yaml", Report())), report)
        is_custom = bool(files.under(VALIDATOR))
        metadata = read_metadata_2025(yaml_map, report, is_custom=is_custom)
        must_check = metadata.is_interactive or metadata.passes > 1
        statements = read_statements(files, metadata.titles, report, home="statement")
        _check_languages(statements, metadata, report)
        checker = read_checker(files, VALIDATOR, (), metadata.checker_limits, report, is_custom=is_custom or must_check)
        rules = SampleRules(talks=must_check, knows_out=True)
        listed = read_cases_2025(files, Kind(metadata.is_scoring, is_custom, samples=rules), report)
        cases, configs = listed.read, dict(zip((case.name for case in listed.read.cases), listed.configs, strict=True))
        run = tuple(case for case in cases.cases if not case.is_static)
        check_contents(run, metadata.limits.output_bytes, report, is_talking=is_custom)
        samples = [(case, configs[case.name]) for case in run if case.is_sample]
        probes = read_probes(files, samples, report, is_custom=is_custom, talks=must_check)
        tried = tuple(probe.case for probe in probes.probes if not probe.case.is_sample)
        every, whole = lift_flags((*run, *tried), checker.checker, (), report)
        said = {case.name: configs.get(case.name) or probes.configs[case.name] for case in every}
        every, validators = with_input_arguments(every, said, read_input_validators(files, report), report)
        by_name = {case.name: case for case in every}
        judged = tuple(by_name.get(case.name, case) for case in cases.cases)
        static = read_static(files, metadata, judged, report)
        check_collisions(every, validators, report)
        _check_rest(files, metadata, sum(not case.is_sample for case in judged), report)
        attachments = {file.path: file for file in files.under("attachments")}
        return Package(
            format=f"ICPC/Kattis {declared_version(files)}",
            title=title_of(statements.files, metadata.titles, alias, report),
            limits=metadata.limits,
            compile_limits=metadata.compile_limits,
            statements=statements.files,
            samples=cases.samples,
            attachments=tuple(attachments),
            public={**statements.public, **attachments, **sample_files(files, run, rules)},
            cases=judged,
            checker=whole,
            checker_files=checker.files,
            groups=cases.groups,
            submissions=read_submissions_2025(files, Kinds(metadata.is_scoring, metadata.is_output_only, judged, cases.groups), report),
            protected={file.path: file for folder in PROTECTED_FOLDERS for file in files.under(folder)},
            is_scoring=metadata.is_scoring,
            max_score=cases.max_score,
            author=metadata.author,
            source=metadata.source,
            license=metadata.license,
            checker_note="" if metadata.is_interactive else checker_note(whole),
            is_interactive=metadata.is_interactive,
            passes=metadata.passes,
            is_output_only=metadata.is_output_only,
            includes=read_includes(files, metadata.languages, report),
            languages=metadata.languages,
            input_validators=validators,
            limit_rule=metadata.limit_rule,
            static_validator=static.checker if static is not None else None,
            static_files=static.files if static is not None else {},
            probes=tuple(replace(probe, case=by_name[probe.case.name]) for probe in probes.probes),
            code_bytes=metadata.code_bytes,
            writes_files=metadata.writes_files,
        )


def _yaml(files: PackageFiles, report: Report) -> YamlMap:
    file = files.find("problem.yaml")
    return (read_yaml(file, report) if file is not None else None) or YamlMap(None, "problem.yaml", report)


def _check_languages(statements: Statements, metadata: Metadata, report: Report) -> None:
    """The format wants a name for exactly the languages in which there is a statement."""
    written, named = {one.language for one in statements.files}, set(metadata.titles)
    for language in sorted(written - named):
        report.add("statement-languages", "problem.yaml", f"there is a statement in {language}, and no `name` in it")
    for language in sorted(named - written):
        report.add("statement-languages", "problem.yaml", f"there is a `name` in {language}, and no statement in it")


def _check_rest(files: PackageFiles, metadata: Metadata, secrets: int, report: Report) -> None:
    if metadata.is_output_only and secrets > 1:
        report.add("output-cases", "data/secret", f"the one text that is handed in is judged by each of the {secrets} test cases")
    if files.under("problem_statement") or files.under("output_validators"):
        report.add("legacy-folder", "", "problem_statement/ and output_validators/ are names of the legacy format: here they are statement/ and output_validator/")
