"""What a language gets above a time limit: read as operators write it, given in judging, taken off where limits are measured."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.allowances import NONE, Allowance, read_allowances
from contest.limits import Limits

KNOWN = ("java", "python3", "cpp")


def test_operators_write_a_factor_and_perhaps_milliseconds() -> None:
    found = read_allowances(["java=1.5+500", " python3 = 2 "], KNOWN)
    assert found.of("java") == Allowance(Fraction(3, 2), 500)
    assert found.of("python3") == Allowance(Fraction(2))
    assert found.of("cpp") == NONE
    assert found.others_ms(1000) == {"java": 2000, "python3": 2000}
    assert found.others_ms(1000, ("cpp", "java")) == {"java": 2000}
    assert read_allowances(["java=1+0"], KNOWN).others_ms(1000) == {}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["java"], "is no allowance"), (["java=fast"], "is no allowance"), (["java=-1"], "is no allowance"), (["java=1+2s"], "is no allowance"),
        (["cobol=2"], "no language"), (["java=2", "java=3"], "already"), (["java=0"], "factor"), (["java=21"], "factor"), (["java=1+60001"], "at most"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_the_reason(lines: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_allowances(lines, KNOWN)


def test_who_has_none_is_given_the_very_limits() -> None:
    limits = Limits(cpu_ms=1000, wall_ms=2500)
    found = read_allowances(["java=2+500"], KNOWN)
    assert found.limits(limits, "cpp") is limits
    java = found.limits(limits, "java")
    assert (java.cpu_ms, java.wall_ms, java.memory_bytes) == (2500, 6000, limits.memory_bytes)


ALLOWANCE = st.builds(Allowance, st.fractions(Fraction(1, 10), 20, max_denominator=1000), st.integers(0, 60_000))


@given(ALLOWANCE, st.integers(1, 100_000), st.integers(0, 2_000_000))
def test_what_ends_within_its_own_limit_counts_as_within_the_limit_and_nothing_else_does(one: Allowance, limit_ms: int, time_ms: int) -> None:
    """To the millisecond: both are rounded up."""
    if time_ms <= one.allowed_ms(limit_ms) - 1:
        assert one.counted_ms(time_ms) <= limit_ms
    if one.counted_ms(time_ms) <= limit_ms:
        assert time_ms <= one.allowed_ms(limit_ms)
