"""Owns the reading of 2025-09 packages, and of 2023-07 drafts where they are the same: puts the parts together.

Source: https://icpc.io/problem-package-format/spec/2025-09
"""

from __future__ import annotations

from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_2025_cases import read_cases_2025
from services.gitserver.formats.icpc_2025_metadata import read_metadata_2025
from services.gitserver.formats.icpc_2025_submissions import read_submissions_2025
from services.gitserver.formats.icpc_cases import Kind, check_contents
from services.gitserver.formats.icpc_constants import read_constants, with_constants
from services.gitserver.formats.icpc_flags import checker_note, lift_flags, with_input_flags
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
        statements = read_statements(files, metadata.titles, report)
        _check_languages(statements, metadata, report)
        checker = read_checker(files, VALIDATOR, (), metadata.checker_limits, report, is_custom=is_custom or must_check)
        rules = SampleRules(talks=must_check, knows_out=True)
        cases = read_cases_2025(files, Kind(metadata.is_scoring, is_custom, samples=rules), report)
        check_contents(cases.cases, metadata.limits.output_bytes, report, is_talking=is_custom)
        judged, whole = lift_flags(cases.cases, checker.checker, (), report)
        validators = read_input_validators(files, report)
        judged, validators = with_input_flags(judged, validators, cases.input_flags, report)
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
            public={**statements.public, **attachments, **sample_files(files, judged, rules)},
            cases=judged,
            checker=whole,
            checker_files=checker.files,
            groups=cases.groups,
            submissions=read_submissions_2025(files, report, is_scoring=metadata.is_scoring, is_output_only=metadata.is_output_only),
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
    if files.under("static_validator"):
        report.add("static-validator-not-yet", "static_validator", "static validators are not run here")
    if metadata.is_output_only and secrets > 1:
        report.add("output-cases", "data/secret", f"the one text that is handed in is judged by each of the {secrets} test cases")
    if files.under("problem_statement") or files.under("output_validators"):
        report.add("legacy-folder", "", "problem_statement/ and output_validators/ are names of the legacy format: here they are statement/ and output_validator/")
