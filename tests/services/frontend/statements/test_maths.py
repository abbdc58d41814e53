"""Formulas become MathML that a page may carry, whatever is written in them."""

from __future__ import annotations

import time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.statements.maths import MATHS_ATTRIBUTES, MATHS_TAGS, to_mathml


def test_a_formula_becomes_mathml_with_its_source_for_those_who_listen() -> None:
    shown = to_mathml(r"1 \le n \le 10^5")
    assert shown.startswith('<math display="inline" alttext="1 \\le n \\le 10^5">')
    assert "<msup><mn>10</mn><mn>5</mn></msup>" in shown


def test_bounds_stand_below_and_above_a_displayed_sum() -> None:
    assert "<munderover><mo movablelimits" in to_mathml(r"\left(\sum_{i=1}^{n} a_i\right)", is_display=True)
    assert "<munder><mo movablelimits" in to_mathml(r"\max_{i} a_i", is_display=True)


@pytest.mark.parametrize("written", [
    r"\text{<script>alert(1)</script>}", r"\text{<img src=x onerror=alert(1)>}", r"\mbox{</math><script>alert(1)</script>}", r"a<b>c</b>",
    r"\href{javascript:alert(1)}{x}", r'\style{background:url("//evil")}{x}', r"\class{own}{x}", r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
    "&#60;script&#62;alert(1)", r"\unknown<script>",
])  # fmt: skip
def test_no_formula_brings_markup_of_its_own(written: str) -> None:
    shown = to_mathml(written)
    assert "<script" not in shown
    assert "<img" not in shown
    for element in ET.fromstring(f"<p>{shown}</p>").iter():
        assert element.tag in MATHS_TAGS | {"p", "code"}
        assert set(element.attrib) <= MATHS_ATTRIBUTES | {"class"}


@pytest.mark.parametrize("written", [r"\frac{", "{" * 500, r"\sqrt{" * 300 + "}" * 300, "x" * 5000, r"\begin{cases} 1", r"\left( x", "^", "_{", r"\over"])
def test_what_cannot_be_set_is_shown_as_written(written: str) -> None:
    began = time.process_time()
    shown = to_mathml(written)
    assert time.process_time() - began < 2
    assert shown.startswith(('<code class="maths-source">', "<math"))


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.sampled_from([*r"\{}[]()^_&$%<>ab1+=-* ", r"\frac", r"\sum", r"\left(", r"\right)", r"\text{", r"\begin{matrix}", r"\\"]), max_size=60))
def test_any_text_gives_well_formed_markup(written: list[str]) -> None:
    ET.fromstring(f"<p>{to_mathml(''.join(written))}</p>")
