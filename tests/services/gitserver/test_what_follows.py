"""What a package says wrongly, or need not say, leads to no other finding that is not true."""

from __future__ import annotations

from tests.packages.building import changed, sound, sound_2025
from tests.packages.reading import read


def test_an_unknown_validation_hides_no_fault_of_the_output_validators() -> None:
    programs: dict[str, str | bytes | None] = {"output_validators/a/x.cpp": "", "output_validators/b/x.rs": ""}
    of = {}
    for validation in ("weird", "custom"):
        _, report = read(changed(sound(), {**programs, "problem.yaml": f"name: Sum\nvalidation: {validation}\n"}))
        of[validation] = {(one.code, one.path) for one in report.findings() if one.code.startswith("valid")}
    assert of["weird"] == of["custom"] | {("validation-unknown", "problem.yaml")}
    assert len(of["custom"]) >= 2
    _, report = read(changed(sound(), {"problem.yaml": "name: Sum\nvalidation: weird\n"}))
    assert {one.code for one in report.findings() if one.code.startswith("valid")} == {"validation-unknown"}, "no program is asked for"


def test_a_problem_whose_outputs_are_handed_in_needs_no_time_limit() -> None:
    text = sound_2025()["problem.yaml"].decode()
    without = "".join(line for line in text.splitlines(keepends=True) if "time_limit:" not in line and not line.startswith(("type", "limits")))
    package, report = read(changed(sound_2025(), {"problem.yaml": without}))
    assert "time-limit-missing" in {one.code for one in report.findings()}
    package, report = read(changed(sound_2025(), {"problem.yaml": f"{without}type: submit-answer\n"}))
    assert "time-limit-missing" not in {one.code for one in report.findings()}, report.findings()
    if package is not None:
        assert package.limit_rule.is_stated
