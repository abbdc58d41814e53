"""Owns how Perl is checked and started. Hashes are walked through in the same order each time."""

from __future__ import annotations

from services.runner.languages import scripts
from services.runner.languages.language import HeapFull, Language

SUFFIXES = (".pl", ".pm")
PERL = Language(
    id="perl",
    title="Perl",
    suffixes=SUFFIXES,
    default_source="main.pl",
    programs=("perl",),
    version_arguments=("-e", 'print "Perl $^V"'),
    plan=scripts.checked_by("perl", "-c", suffixes=SUFFIXES, start="main.pl"),
    launch=scripts.started_by("perl", environment=("PERL_HASH_SEED=0", "PERL_PERTURB_KEYS=0")),
    heap_full=HeapFull(b"Out of memory", exit_code=1),
    greeting='my ($a, $b) = split " ", <STDIN>;\nprint "hello ", $a + $b, "\\n";\n',
)
