"""Owns the table of everything a package check can say, and the report that collects it. Never reads a package.

The table in `docs/packages.md` is written from it (``python -m services.gitserver.findings docs/packages.md``); codes are
never reused.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wire.problems import Finding

ERROR: Final = "error"
WARNING: Final = "warning"

MOST_FINDINGS: Final = 200
"""A report names at most this many; what is beyond is counted."""


BEGIN: Final = "<!-- codes: written by services.gitserver.findings -->"
END: Final = "<!-- end of codes -->"


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One thing that can be found: ``severity`` error refuses the package; ``text`` says what it means and what to do."""

    code: str
    severity: str
    text: str


KINDS: Final[tuple[FindingKind, ...]] = (
    # the archive
    FindingKind("zip-unreadable", ERROR, "The upload is no zip archive, or its directory is damaged. Make the archive again."),
    FindingKind("zip-damaged", ERROR, "A file of the archive does not unpack to what its header says. Make the archive again."),
    FindingKind("zip-encrypted", ERROR, "A file is encrypted. Make the archive without a password."),
    FindingKind("zip-method", ERROR, "A file is packed by a method that is not read. Use store or deflate."),
    FindingKind("zip-bomb", ERROR, "The archive unpacks to far more than it can mean, or its files overlap. It is not unpacked."),
    FindingKind("package-too-large", ERROR, "The unpacked package is larger than this installation allows."),
    FindingKind("too-many-files", ERROR, "The package has more files than this installation allows."),
    # paths
    FindingKind("unsafe-path", ERROR, "A path begins with / or a drive letter, or contains . or .. as a name. Pack from inside the package's folder."),
    FindingKind("path-encoding", ERROR, "A file name says that it is UTF-8 and is not. Use plain ASCII names."),
    FindingKind("path-code-page", WARNING, "A file name is neither ASCII nor UTF-8; it was read in the code page of MS-DOS, and figures may not be found by it."),
    FindingKind("path-not-allowed", ERROR, "A file name has characters that are not allowed (letters, digits and . _ - + ( ) , are, and @ but in front)."),
    FindingKind("path-too-long", ERROR, "A path has more than 255 characters or more than 12 levels."),
    FindingKind("path-duplicate", ERROR, "Two files of the archive have the same path."),
    FindingKind("path-conflict", ERROR, "A path is a file and a folder at once."),
    FindingKind("path-unusual", WARNING, "A file name is outside the rules of the ICPC format (length at least 2, begins and ends with a letter or digit)."),
    FindingKind("folder-case", WARNING, "A folder's name differs from one of the ICPC format only in large and small letters; it is not read. Write it in small letters."),
    FindingKind("link", ERROR, "A submodule, or a symbolic link that says no path (UTF-8, at most 1,024 bytes). Put the files themselves there."),
    FindingKind("link-outside", ERROR, "A symbolic link begins with / or leads out of the package. Put the file itself there."),
    FindingKind("link-dangling", ERROR, "A symbolic link leads to nothing that is in the package. Bring the file, or take the link away."),
    FindingKind("link-loop", ERROR, "Symbolic links lead in a circle, a folder into itself, or through more than 40 others."),
    FindingKind("special-file", ERROR, "A device, socket or pipe."),
    FindingKind("junk-ignored", WARNING, "Left-overs of an operating system or version control were left out."),
    # text and YAML
    FindingKind("text-not-utf8", ERROR, "A text file is not valid UTF-8. Save it as UTF-8."),
    FindingKind("text-bom", WARNING, "A text file begins with a byte-order mark, which was left out."),
    FindingKind("file-too-large", ERROR, "A file that must be read whole (YAML, statement, source) is larger than 1 MiB."),
    FindingKind("bad-yaml", ERROR, "A YAML file does not parse; the line is named. Anchors, aliases, deep nesting, more than 256 KiB, and more than 20,000 keys and values are refused too."),
    FindingKind("yaml-wrong-type", ERROR, "A key has a value of the wrong type."),
    FindingKind("yaml-duplicate-key", ERROR, "A key stands twice in the same map."),
    FindingKind("yaml-unknown-key", WARNING, "A key that this format does not have; it is ignored."),
    FindingKind("bad-json", ERROR, "A JSON file does not parse, or nests too deep."),
    FindingKind("json-wrong-type", ERROR, "A key of a JSON file has a value of the wrong type, or stands twice."),
    FindingKind("json-unknown-key", WARNING, "A key of a JSON file that this format does not have; it is ignored."),
    FindingKind("bad-xml", ERROR, "problem.xml does not parse, nests too deep, or declares a document type or entities, which are never resolved."),
    FindingKind("xml-incomplete", ERROR, "An element or attribute of problem.xml is not there or has a value that makes no sense; its line is named."),
    FindingKind("ini-invalid", WARNING, "A line of domjudge-problem.ini is not of the form key = value; it is ignored."),
    FindingKind("ini-key-unknown", WARNING, "A key of domjudge-problem.ini that DOMjudge does not have; it is ignored."),
    FindingKind("ini-special", ERROR, "special_run or special_compare names an executable of a DOMjudge installation. Bring it in output_validators/."),
    # format and kind of problem
    FindingKind("problem-yaml-missing", ERROR, "The package's top folder holds nothing by which a format is told: problem.yaml, settings.json, cases/ and statements/, problem.xml, task.yaml."),
    FindingKind("format-not-yet", ERROR, "The package is of a format or version that is not read yet."),
    FindingKind("format-unknown", ERROR, "problem_format_version names a format that nobody knows."),
    FindingKind("type-unknown", ERROR, "`type` must be of the words that the format lists, and no two that exclude each other."),
    FindingKind("legacy-folder", WARNING, "A 2025-09 package has a folder of the legacy format, which means nothing there."),
    FindingKind("uuid-missing", WARNING, "A 2025-09 package has no `uuid`, or a package has something else in its place."),
    FindingKind("constant-name", WARNING, "A name in `constants` is not of letters, digits and _; it is ignored."),
    FindingKind("constant-unknown", WARNING, "A statement uses a constant that problem.yaml does not define; it is left as it is."),
    FindingKind("language-unknown", WARNING, "`languages` names a language that is not judged here."),
    FindingKind("language-none", ERROR, "`languages` names none that is judged here."),
    FindingKind("output-cases", WARNING, "A submit-answer problem has several test cases: the one text that is handed in is judged by each, unless lines === NAME === divide it."),
    FindingKind("grading-not-yet", ERROR, "A way of grading that is not run here: a score to be minimised."),
    FindingKind("grading-deprecated", WARNING, "`grading` in problem.yaml has a key that belongs into data/testdata.yaml; it holds for every group."),
    FindingKind("graders-not-run", WARNING, "`graders/` holds a custom grader, and no group asks for it with `grading: custom`."),
    FindingKind("grader-missing", ERROR, "A group says `grading: custom`, and there is no program in graders/."),
    FindingKind("graders-many", ERROR, "More than one program in graders/. Make one of them: what differs between groups are its `grader_flags`."),
    FindingKind("score-all-or-nothing", WARNING, "One rejected case rejects the whole submission, without points: no group accepts partial results."),
    FindingKind("score-unbounded", WARNING, "Nothing says the most points that can be had; 100 are taken as full."),
    FindingKind("score-zero", WARNING, "No submission can get more than 0 points."),
    FindingKind("include-unknown", WARNING, "A folder of include/ that belongs to no language which is judged here, or a loose file; it is ignored."),
    FindingKind("group-key", ERROR, "test_group.yaml has a key that may not stand there, or lies where no group is."),
    FindingKind("group-mixed", ERROR, "data/secret/ holds test cases and groups; it must be one or the other."),
    FindingKind("group-empty", ERROR, "A test data group without a test case."),
    FindingKind("group-unbounded", ERROR, "A test data group has no `max_score`, and must have one."),
    FindingKind("group-scores", ERROR, "The groups are worth more together than data/secret/ can be."),
    FindingKind("group-requires", ERROR, "`require_pass` names no earlier group, or one that is not pass-fail."),
    FindingKind("static-validation", ERROR, "What is said of static validation contradicts itself: a score without static_validator/ or where cases have none, arguments without a score, `pass-fail` where cases have scores, or a submit-answer problem."),
    FindingKind("static-validator-unused", WARNING, "There is a static validator, and no `static_validation_score`: it is never run."),
    FindingKind("grading-ignored", WARNING, "A grading flag that changes nothing here, or is meant for scoring problems only."),
    FindingKind("validation-unknown", ERROR, "`validation` must be default, or custom with any of interactive, multi-pass and score."),
    FindingKind("libinteractive", ERROR, "A problem of omegaUp's libinteractive lacks its .idl or its Main, has several, or asks for more than is judged here."),
    FindingKind("libinteractive-language", WARNING, "A submission in a language that no code of libinteractive is made for (C, C++, Java, Python 3); it is left out."),
    FindingKind("idl-syntax", ERROR, "An .idl is not written as libinteractive wants it; the line is named."),
    FindingKind("idl-name", ERROR, "A name in an .idl cannot be one in every language, or stands twice; the line is named."),
    FindingKind("idl-array", ERROR, "A length of an array in an .idl is no number, or no int parameter before it that has a Range; the line is named."),
    FindingKind("communication", ERROR, "A Communication task of CMS with more processes than a manager can talk with here, or one that is output-only besides."),
    FindingKind("file-io", ERROR, "The files that solutions use in place of stdin and stdout have no plain names, one name for both, or belong to an interactive problem."),
    FindingKind("run-count", ERROR, "Polygon runs a solution more than once on a test. Bring the problem as a multi-pass one of the ICPC format."),
    FindingKind("settings-missing", WARNING, "An omegaUp package without settings.json; omegaUp's defaults are taken. Put the limits into a settings.json."),
    FindingKind("license-unknown", WARNING, "`license` is none of the values that the format lists, or does not fit what is said of owner and source."),
    FindingKind("title-missing", WARNING, "The package names no title (an omegaUp one never does); the alias stands for it."),
    # limits
    FindingKind("limit-bad", ERROR, "A limit is not a number in its range."),
    FindingKind("limit-unused", WARNING, "A limit that says nothing for this kind of problem."),
    FindingKind("time-limit-missing", WARNING, "No time limit in .timelimit, domjudge-problem.ini or limits.time_limit; 2 seconds until one is measured from the submissions."),
    # statements
    FindingKind("statement-missing", ERROR, "There is no statement where the format has them: problem_statement/ (ICPC; statement/ in 2025-09), statements/LANGUAGE.markdown (omegaUp), statement-sections/ or <statements> (Polygon), statement/ or testo/ (CMS)."),
    FindingKind("statement-name", WARNING, "A statement's file name has no language code of ISO 639; it is shown to nobody."),
    FindingKind("statement-languages", WARNING, "A 2025-09 package has a name or a statement in a language, and not the other."),
    FindingKind("statement-pdf", ERROR, "A statement that is called PDF is none: it does not begin with %PDF-."),
    FindingKind("statement-too-large", ERROR, "A statement has more than 80,000 characters, with what it puts in. Bring it as a PDF, or shorter."),
    FindingKind("statement-command", WARNING, "A command or an environment of LaTeX that is not known; the line is named. A command is shown as it is written, an environment as what stands in it. What \\newcommand and \\def make is put in."),
    FindingKind("statement-group", WARNING, "A group or an environment of LaTeX is not closed, or closes nothing; the line is named."),
    FindingKind("statement-formula", WARNING, "A formula that is not understood; the line is named. It is shown as it is written."),
    FindingKind("statement-figure", WARNING, "A figure that is not in the package, or that no browser draws (EPS and PDF get a link); the line is named."),
    FindingKind("statement-input", WARNING, "A file that \\input or \\include names is not beside the statement; the line is named."),
    # cases
    FindingKind("no-cases", ERROR, "There is no test case: under data/secret/ (ICPC), in cases/ (omegaUp), in the testset (Polygon), in input/ (CMS)."),
    FindingKind("no-sample-cases", WARNING, "There is no sample: under data/sample/ (ICPC), in examples/ or a statement (omegaUp), among the tests (Polygon)."),
    FindingKind("case-without-answer", ERROR, "An input has no answer beside it (.in and .ans; omegaUp: .in and .out; CMS: input/ and output/)."),
    FindingKind("answer-without-input", ERROR, "An answer has no input beside it."),
    FindingKind("too-many-cases", ERROR, "More test cases than this installation allows."),
    FindingKind("package-not-full", ERROR, "A test that problem.xml names is not in the package. Export the full package from Polygon, not the standard one."),
    FindingKind("file-missing", ERROR, "A file that the package names is not in it."),
    FindingKind("plan-mismatch", ERROR, "The plan of the cases (testplan, settings.json, gen/GEN, n_input, groups) and the files do not name the same ones."),
    FindingKind("bad-points", ERROR, "Points are no number in their range, or are worth nothing all together."),
    FindingKind("group-dependency", ERROR, "A test group depends on one that is not there, or on itself in a circle."),
    FindingKind("case-misplaced", WARNING, "A file in data/ outside data/sample/ and data/secret/ is ignored."),
    FindingKind("case-file-unknown", WARNING, "A file among the test cases has an ending that the format does not know; it is ignored."),
    FindingKind("case-not-utf8", WARNING, "A test case is not valid UTF-8."),
    FindingKind("case-duplicate", WARNING, "Two test cases have the same input."),
    FindingKind("answer-over-limit", ERROR, "An answer file is larger than what a program may write. Raise limits.output."),
    FindingKind("case-arguments", ERROR, "Arguments of a test case that no program can be started with: too many, too long, or with a NUL."),
    FindingKind("case-files", ERROR, "The .files folder of a test case is too large, or has a file of the name of an input validator's."),
    FindingKind("case-file-stray", WARNING, "A file beside the test cases belongs to none: its .in is not there."),
    FindingKind("probe-without-output", ERROR, "A case of invalid_output/ or valid_output/ has no .out, which is what is tried."),
    FindingKind("probe-of-talk", WARNING, "invalid_output/ or valid_output/ of a problem whose outputs lie in no file; they are not tried."),
    FindingKind("sample-large", WARNING, "A sample is larger than 64 KiB and not shown in the statement."),
    FindingKind("sample-files", ERROR, "What is shown in place of a test case is said twice, or is not what is fetched."),
    FindingKind("interaction-line", WARNING, "A line of an .interaction file begins with neither < nor >, and is no --- between passes."),
    FindingKind("interaction-missing", WARNING, "A sample of an interactive problem has no .interaction file, so that nothing of it is shown."),
    # checkers
    FindingKind("validator-missing", ERROR, "The package asks for a program that judges outputs, and there is none (`validation: custom` without output_validators/, `custom` without validator.LANGUAGE, no <checker>)."),
    FindingKind("validator-unused", WARNING, "There is a program that judges outputs, and the package says that outputs are compared without one."),
    FindingKind("validator-source-missing", ERROR, "A checker or validator has no source file, or an empty one; one that is built already is not run."),
    FindingKind("testlib-missing", ERROR, "A program includes testlib.h, which is not in the package. Put the file beside it."),
    FindingKind("validator-language", ERROR, "An output validator, checker or grader must be written in C, C++, Java or Python 3, in one of them, or (ICPC) bring a script build or run."),
    FindingKind("script-not-executable", WARNING, "A build or run script of a program is not marked as executable. It is run all the same, as by DOMjudge; other tools may not see it: chmod +x."),
    FindingKind("validators-many", ERROR, "More than one output validator or static validator where the format takes one (2025-09), or of a multi-pass problem. Make one of them."),
    FindingKind("validator-flag-bad", ERROR, "A flag that the default validator does not know, or a tolerance that is no number."),
    FindingKind("input-validators-missing", WARNING, "There is no input validator in input_validators/."),
    FindingKind("input-validator-foreign", WARNING, "An input validator in VIVA, for which there is no interpreter here; it is kept and not run."),
    FindingKind("checktestdata-syntax", WARNING, "An input validator is no Checktestdata program; the line is named. When the package is tried out it is a broken one."),
    FindingKind("input-validator-not-run", WARNING, "An input validator in another language than C, C++, Java and Python 3, without a script build or run; it is kept and not run."),
    FindingKind("input-flags-unused", WARNING, "Flags for an input validator that is not here, or that cannot be given to one of several."),
    # submissions
    FindingKind("no-accepted-submission", WARNING, "There is no submission under submissions/accepted/."),
    FindingKind("submission-folder", WARNING, "The folder of a submission says no verdict (CMS: its name), nor does a tag in it; it is left out."),
    FindingKind("submission-language", WARNING, "The ending of a submission belongs to no language that is known; it is left out."),
    FindingKind("submission-many-files", WARNING, "The files of one submission are of several languages, or of none; it is left out."),
    FindingKind("submission-too-large", WARNING, "A submission is larger than 256 KiB or not UTF-8 and is left out."),
    FindingKind("expectation-conflict", WARNING, "What is expected of a submission contradicts itself, or is in a word that nobody knows."),
    FindingKind("expectation-pattern", ERROR, "submissions.yaml has more than 100 patterns, one of more than 300 characters, or one that stands for more than 20 paths."),
    FindingKind("expectation-of-none", WARNING, "A pattern of submissions.yaml is no submission's path: nothing is asked of anything. Look for a slip in it."),
    FindingKind("submissions-too-many", WARNING, "More than 1000 example submissions; what is beyond is left out."),
)  # fmt: skip
"""Every finding there is, in the order in which `docs/packages.md` lists them."""

_SEVERITY: Final = {kind.code: kind.severity for kind in KINDS}


class Report:
    """Collects findings. Keeps the first `MOST_FINDINGS` and counts the rest."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._errors = 0
        self._beyond = 0

    def add(self, code: str, path: str, message: str) -> None:
        """Notes one finding; its severity follows from the code, which must be in `KINDS`."""
        severity = _SEVERITY[code]
        self._errors += severity == ERROR
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(severity, code, path, message))
        else:
            self._beyond += 1

    @property
    def is_refused(self) -> bool:
        """Whether an error was found."""
        return self._errors > 0

    @property
    def errors(self) -> int:
        """How many errors were found, also those beyond the bound."""
        return self._errors

    def findings(self) -> tuple[Finding, ...]:
        """What was found: errors first, otherwise in the order of finding."""
        return tuple(sorted(self._findings, key=lambda finding: finding.severity != ERROR))

    def counts(self) -> str:
        """How many errors and warnings, in words."""
        return f"{_count(self._errors, 'error')}, {_count(len(self._findings) + self._beyond - self._errors, 'warning')}"

    def summary(self) -> str:
        """One line: how many errors and warnings, and what the first error is."""
        if not self._errors:
            return self.counts()
        first = self.findings()[0]
        return f"{self.counts()}; first: {first.code} in {first.path or 'the package'}: {first.message}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def table() -> str:
    """The Markdown table of all codes, as `docs/packages.md` shows it."""
    rows = [f"| `{kind.code}` | {kind.severity} | {kind.text.replace('|', chr(92) + '|')} |" for kind in KINDS]
    return "\n".join(["| Code | Severity | What it means, what to do |", "|---|---|---|", *rows]) + "\n"


def written_anew(page: str) -> str:
    """The page with the table between its two marks as it is now. Raises: ValueError when a mark is missing."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page must hold {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{table()}{END}{tail}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(written_anew(path.read_text(encoding="utf-8")), encoding="utf-8")
