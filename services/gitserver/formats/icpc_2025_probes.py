"""Owns the reading of cases by which a 2025-09 package tries its validators: invalid_input/, invalid_output/, valid_output/. Never runs one.

Source: 2025-09 format, "Invalid test cases", "Valid output", and "Samples", "Validation": a sample's .out must be accepted too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, made
from services.gitserver.formats.icpc_2025_cases import files_of_case
from services.gitserver.formats.icpc_2025_config import CaseConfig, read_probe_config
from services.gitserver.formats.package import PackageCase, PackageProbe
from wire.judging import Claim

FOLDERS: Final[Mapping[str, Claim]] = {
    "invalid_input": Claim.INVALID_INPUT, "invalid_output": Claim.INVALID_OUTPUT, "valid_output": Claim.VALID_OUTPUT,
}  # fmt: skip
MOST_PROBES: Final = 1_000
_INPUT_ENDINGS: Final = (".in", ".yaml", ".desc", ".hint", ".png", ".jpg", ".jpeg", ".svg")
_OUTPUT_ENDINGS: Final = (*_INPUT_ENDINGS, ".ans", ".out")


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes, and what is said of each of their cases, by name."""

    probes: tuple[PackageProbe, ...]
    configs: Mapping[str, CaseConfig]


def read_probes(files: PackageFiles, samples: Iterable[tuple[PackageCase, CaseConfig]], report: Report, *, is_custom: bool, talks: bool) -> Probes:
    """Every probe of the package, by folder and name. ``talks``: outputs are no files, so that there can be none of outputs."""
    found: dict[str, tuple[PackageProbe, CaseConfig]] = {}
    for folder, claim in FOLDERS.items():
        if talks and claim is not Claim.INVALID_INPUT:
            if files.under(f"data/{folder}"):
                report.add("probe-of-talk", f"data/{folder}", "of an interactive or multi-pass problem no output lies in a file: these are not tried")
        else:
            found |= _of_folder(files, folder, claim, report, is_custom=is_custom)
    for case, config in samples:
        shown = files.find(f"data/{case.name}.out")
        if shown is not None and not talks:
            found[case.name] = PackageProbe(Claim.VALID_OUTPUT, shown.path, case, shown), config
    if len(found) > MOST_PROBES:
        report.add("too-many-cases", "data", f"{len(found)} cases that try the validators; at most {MOST_PROBES} are allowed")
    kept = list(found.items())[:MOST_PROBES]
    return Probes(tuple(probe for _, (probe, _) in kept), {name: config for name, (_, config) in kept})


def _of_folder(files: PackageFiles, folder: str, claim: Claim, report: Report, *, is_custom: bool) -> dict[str, tuple[PackageProbe, CaseConfig]]:
    found: dict[str, tuple[PackageProbe, CaseConfig]] = {}
    config_of: dict[str, CaseConfig] = {}
    for file in files.under(f"data/{folder}"):
        above = file.path.rpartition("/")[0]
        if any(part.endswith(".files") for part in above.split("/")):
            continue
        if above not in config_of:
            config_of[above] = read_probe_config(files.find(f"{above}/test_group.yaml"), CaseConfig(), report, is_custom=is_custom)
        _check_place(file, claim, files, report)
        if file.suffix == ".in" and (probe := _probe(file, claim, files, config_of[above], report, is_custom=is_custom)) is not None:
            found[probe[0].case.name] = probe
    return found


def _probe(
    file: PackageFile, claim: Claim, files: PackageFiles, inherited: CaseConfig, report: Report, *, is_custom: bool
) -> tuple[PackageProbe, CaseConfig] | None:
    place = file.path.removesuffix(".in")
    config = read_probe_config(files.find(f"{place}.yaml"), inherited, report, is_custom=is_custom)
    name = place.removeprefix("data/")
    case = PackageCase(
        name, file, made("", b""), is_sample=False, group=name.rpartition("/")[0], checker_arguments=config.checker_args,
        arguments=config.arguments, files=files_of_case(files, place, report), description=config.description,
    )  # fmt: skip
    if claim is Claim.INVALID_INPUT:
        return PackageProbe(claim, file.path, case), config
    answer, output = files.find(f"{place}.ans"), files.find(f"{place}.out")
    if answer is None:
        report.add("case-without-answer", file.path, f"there is no {place.rpartition('/')[2]}.ans beside it")
    if output is None:
        report.add("probe-without-output", file.path, f"there is no {place.rpartition('/')[2]}.out beside it: an output is what is tried here")
    if answer is None or output is None:
        return None
    return PackageProbe(claim, output.path, replace(case, answer=answer), output), config


def _check_place(file: PackageFile, claim: Claim, files: PackageFiles, report: Report) -> None:
    endings = _INPUT_ENDINGS if claim is Claim.INVALID_INPUT else _OUTPUT_ENDINGS
    if file.suffix not in endings:
        report.add("case-file-unknown", file.path, f"the ending {file.suffix or 'of this file'!r} means nothing here")
    elif file.name != "test_group.yaml" and file.suffix != ".in" and files.find(file.path.removesuffix(file.suffix) + ".in") is None:
        report.add("case-file-stray", file.path, f"there is no {file.name.removesuffix(file.suffix)}.in: this file belongs to no case")
