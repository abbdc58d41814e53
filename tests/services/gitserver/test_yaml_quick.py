"""A package with many groups is read soon, by a parser that understands what the thorough one does."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.gitserver.findings import Report
from services.gitserver.formats import yaml_map
from services.gitserver.formats.files import made
from services.gitserver.formats.yaml_map import read_yaml
from tests.packages.building import changed, scoring_2025
from tests.packages.reading import read

BITS = st.sampled_from([
    "name: x\n", "limits:\n", "  memory: ", "1\n", "- a\n", "{", "}", "[", "]", ",", ": ", "\n", "'", '"', "|\n", ">\n", "0x1F", "~", "b: c", "#c", "%", "@", "é",
    "\U0001f600", "\\n", "--- \n", "...\n", "!!str ", "http://a:b", "'it''s'", "|-\n", "<<: a", "-",
])  # fmt: skip


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="this PyYAML was built without libyaml: there is one parser, the thorough one")
@settings(deadline=None, max_examples=200)
@given(st.lists(BITS, max_size=9).map("".join))
def test_both_parsers_understand_the_same(text: str) -> None:
    assume("? " not in text)

    def understood(loader: object) -> tuple[str, ...]:
        report = Report()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_map, "_QUICK", loader)
            found = read_yaml(made("problem.yaml", text.encode()), report)
        return (str(found and shape(found.node)), *(str(one) for one in report.findings()))

    assert understood(yaml.CSafeLoader) == understood(yaml.SafeLoader)


def shape(node: yaml.Node | None) -> object:
    """All that a reader asks of a node."""
    if isinstance(node, yaml.MappingNode):
        return [(shape(key), shape(value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [shape(one) for one in node.value]
    return None if node is None else (node.tag, node.value, node.start_mark.line)


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="this PyYAML was built without libyaml")
def test_four_hundred_groups_with_eighty_thousand_names_are_read_soon() -> None:
    files: dict[str, str | None] = {path: None for path in scoring_2025() if path.startswith("data/secret/")}
    files["data/secret/test_group.yaml"] = "max_score: unbounded\nscore_aggregation: sum\n"
    for number in range(400):
        place, names = f"data/secret/g{number:03d}", ", ".join(f"secret/g{other:03d}" for other in range(number))
        files |= {f"{place}/1.in": f"{number}\n", f"{place}/1.ans": "1\n", f"{place}/test_group.yaml": f"max_score: 1\nrequire_pass: [{names}]\n"}
    package_files = changed(scoring_2025(), files)
    began = time.process_time()
    package, report = read(package_files)
    took_s = time.process_time() - began
    assert package is not None, report.findings()
    assert took_s < 2, "0.4 s; the thorough parser took 3.4"
