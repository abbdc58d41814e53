"""Whatever a 2025-09 package holds, its reader says what is wrong with it and never breaks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.packages.building import scoring_2025
from tests.packages.broken_2025 import HEAD
from tests.services.gitserver.test_package_checks import read

PATHS = sorted({
    *scoring_2025(), "data/secret/test_group.yaml", "data/sample/test_group.yaml", "data/secret/1-small/a.yaml", "data/sample/1.interaction",
    "data/secret/3.in", "data/secret/3.files/x", "data/x", "submissions/submissions.yaml", "submissions/x.py", "submissions/mine/a/b.c",
    "output_validator/check.py", "output_validator/run", "include/default/x", "include/cpp", "static_validator/x", "input_validators/x.ctd",
})  # fmt: skip
BITS = st.sampled_from([
    "max_score: ", "unbounded\n", "5\n", "-1\n", "1e400\n", "score_aggregation: min\n", "require_pass: [sample, x]\n", "args: a\n", "{}", "[", "- ",
    "input_validator_args: {a: [b], c: d}\n", "output_validator_args: [float_tolerance]\n", "accepted:\n", "  permitted: [AC, {}]\n",
    "  score: [1, 2, 3]\n", "'{a,*': {use_for_time_limit: maybe}\n", "  language: 7\n", "? [a]\n: b\n", "*: x\n", "\t", "&a ", "~\n",
])  # fmt: skip
HEADS = st.sampled_from([
    "type: [scoring, interactive]\n", "type: {}\n", "constants: {a: b, c: [d], 9: e}\n", "constants: []\n", "credits: [{}, [], {name: x}]\n",
    "source: {url: x}\n", "languages: {a: b}\n", "limits: {time_multipliers: 3, validation_passes: 1e9, time_resolution: 0}\n", "name: []\n",
    "embargo_until: [x]\n", "uuid: {}\n", "keywords: 3\n",
])  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.sampled_from(PATHS), st.binary(max_size=100) | st.lists(BITS, max_size=8).map(lambda bits: "".join(bits).encode()), max_size=6))
def test_no_content_makes_the_reader_raise(contents: dict[str, bytes]) -> None:
    package, report = read({**scoring_2025(), **contents})
    assert (package is None) == report.is_refused


@settings(deadline=None, max_examples=30)
@given(st.lists(HEADS, max_size=5, unique=True))
def test_no_metadata_makes_the_reader_raise(heads: list[str]) -> None:
    package, report = read({**scoring_2025(), "problem.yaml": (HEAD + "".join(heads)).encode()})
    assert (package is None) == report.is_refused
