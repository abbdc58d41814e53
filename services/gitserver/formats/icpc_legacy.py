"""Owns the reading of ICPC/Kattis legacy packages, with what DOMjudge adds to them: puts the parts together.

Source: https://icpc.io/problem-package-format/spec/legacy and the DOMjudge manual, appendix "Problem format specification".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_cases import Kind, check_contents, read_cases
from services.gitserver.formats.icpc_flags import checker_note, lift_flags, with_input_flags
from services.gitserver.formats.icpc_graders import read_grader
from services.gitserver.formats.icpc_includes import read_includes
from services.gitserver.formats.icpc_metadata import read_metadata
from services.gitserver.formats.icpc_programs import read_checker, read_input_validators
from services.gitserver.formats.icpc_samples import SampleRules, sample_files
from services.gitserver.formats.icpc_submissions import read_submissions
from services.gitserver.formats.package import Package
from services.gitserver.formats.statements import read_statements, title_of

OUTPUT_VALIDATORS: Final = ("output_validators", "output_validator")
"""Where the program that checks outputs lies: the name, then that of 2025-09, which some write already."""

PROTECTED_FOLDERS: Final = ("submissions", "solution", "solutions", "input_validators", "input_format_validators", "input_validator", "generators", "graders")
"""What only those may see who may see solutions."""


class IcpcLegacy:
    """Reads `legacy` and `legacy-icpc`."""

    def recognises(self, files: PackageFiles) -> bool:
        """Whether there is a problem.yaml: every other format that has one names its version in it."""
        return files.find("problem.yaml") is not None

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """The package; what is wrong goes to the report, all of it."""
        metadata = read_metadata(files, report)
        statements = read_statements(files, metadata.titles, report)
        folder = next((one for one in OUTPUT_VALIDATORS if files.under(one)), OUTPUT_VALIDATORS[0])
        is_custom = metadata.is_custom or (metadata.is_validation_unknown and bool(files.under(folder)))
        checker = read_checker(
            files, folder, metadata.validator_flags, metadata.checker_limits, report, is_custom=is_custom, may_be_several=metadata.passes == 1
        )
        rules = SampleRules(talks=metadata.is_interactive or metadata.passes > 1, hides_pairs=metadata.is_interactive)
        kind = Kind(metadata.is_scoring, metadata.is_custom, metadata.gives_points, rules)
        cases = read_cases(files, kind, metadata.settings, report)
        check_contents(cases.cases, metadata.limits.output_bytes, report, is_talking=rules.talks or metadata.is_custom, lone=cases.lone)
        judged, whole = lift_flags(cases.cases, checker.checker, metadata.validator_flags, report)
        validators = read_input_validators(files, report)
        judged, validators = with_input_flags(judged, validators, cases.input_flags, report)
        return Package(
            format="ICPC/Kattis legacy",
            title=title_of(statements.files, metadata.titles, alias, report),
            limits=metadata.limits,
            compile_limits=metadata.compile_limits,
            statements=statements.files,
            samples=cases.samples,
            attachments=tuple(file.path for file in files.under("attachments")),
            public={**statements.public, **{file.path: file for file in files.under("attachments")}, **sample_files(files, judged, rules)},
            cases=judged,
            checker=whole,
            checker_files=checker.files,
            more_checkers=tuple(replace(one.checker, arguments=whole.arguments) for one in checker.more),
            more_checker_files=tuple(one.files for one in checker.more),
            groups=cases.groups,
            submissions=read_submissions(files, report, is_scoring=metadata.is_scoring),
            protected={file.path: file for folder in PROTECTED_FOLDERS for file in files.under(folder)},
            is_scoring=metadata.is_scoring,
            max_score=cases.max_score,
            author=metadata.author,
            source=metadata.source,
            license=metadata.license,
            checker_note="" if metadata.is_interactive else checker_note(whole),
            is_interactive=metadata.is_interactive,
            passes=metadata.passes,
            includes=read_includes(files, (), report),
            grader=read_grader(files, cases.graded, report),
            input_validators=validators,
            limit_rule=metadata.limit_rule,
        )
