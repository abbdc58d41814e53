"""Owns how Bash is checked and started."""

from __future__ import annotations

from services.runner.languages import scripts
from services.runner.languages.language import Language

SUFFIXES = (".sh", ".bash")
BASH = Language(
    id="bash",
    title="Bash",
    suffixes=SUFFIXES,
    default_source="main.sh",
    programs=("bash",),
    version_arguments=("--version",),
    plan=scripts.checked_by("bash", "-n", suffixes=SUFFIXES, start="main.sh"),
    launch=scripts.started_by("bash", "--noprofile", "--norc"),
    greeting='read -r a b\necho "hello $((a + b))"\n',
)
