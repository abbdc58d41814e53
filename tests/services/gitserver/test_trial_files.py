"""What trying a package out needs is all there, and every file of it is found by its digest."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from tests.packages.building import scoring_2025, sound, with_changes
from tests.services.gitserver.world import World
from wire.methods import GITSERVER_TRIAL
from wire.problems import ProgramFile
from wire.verification import LimitRule, PackageTrial, TrialRequest


async def trial(world: World, commit: str) -> PackageTrial:
    answer = await world.call(GITSERVER_TRIAL, TrialRequest("sum", commit), by="grader")
    assert isinstance(answer, PackageTrial)
    return answer


async def test_a_trial_has_manifest_validators_submissions_and_rule(world: World) -> None:
    card = (
        await world.bring(
            with_changes(
                {
                    "submissions/accepted/two/main.py": "from other import add\n",
                    "submissions/accepted/two/other.py": "def add(): pass\n",
                    "submissions/mixed/half.py": "# @EXPECTED_SCORE@: 1/2\n# @EXPECTED_SCORE@: 2.5\nprint()\n",
                    "include/cpp/given.h": "int add(int, int);\n",
                    "data/testdata.yaml": "input_validator_flags: strict\n",
                }
            )
        )
    ).card
    found = await trial(world, card.commit)
    assert (found.manifest.problem, found.manifest.version, found.limit_rule) == ("sum", card.version, LimitRule(Fraction(5), Fraction(2)))
    (validator,) = found.input_validators
    assert (validator.program.language, validator.arguments) == ("python3", ("strict",))
    assert await world.blob("sum", validator.program.files[0].digest) == sound()["input_validators/check.py"]
    (given,) = found.manifest.includes
    assert (given.language, await world.blob("sum", given.files[0].digest)) == ("cpp", b"int add(int, int);\n")
    two = next(one for one in found.submissions if one.path == "submissions/accepted/two")
    assert (two.source, two.filename) == ("from other import add\n", "main.py")
    (other,) = two.files
    assert isinstance(other, ProgramFile)
    assert await world.blob("sum", other.digest) == b"def add(): pass\n"


async def test_what_constants_made_of_a_file_is_what_is_judged_shown_and_cloned_is_the_original(world: World, tmp_path: Path) -> None:
    files = scoring_2025()
    files["problem.yaml"] += b"constants: {most: 9}\nlanguages: [python3, cpp]\n"
    files["output_validator/check.py"] = b"MOST = {{most}}\n"
    files["submissions/accepted/sum.py"] = b"print({{most}})\n"
    files["submissions/submissions.yaml"] = b"accepted:\n  score: 100\n"
    answer = await world.bring(files)
    found = await trial(world, answer.card.commit)
    assert found.manifest.checker.program is not None
    assert await world.blob("sum", found.manifest.checker.program.files[0].digest) == b"MOST = 9\n"
    (submission,) = found.submissions
    assert (submission.source, submission.least_score, submission.limit_use) == ("print(9)\n", 100, "lower")
    assert answer.card.languages == found.manifest.languages == ("cpp", "python3")
    assert (await world.commands())[-1].body.languages == ("cpp", "python3")
    await world.git("clone", "--quiet", f"{world.git_url}/sum.git", "clone", cwd=tmp_path)
    assert (tmp_path / "clone/output_validator/check.py").read_bytes() == b"MOST = {{most}}\n"
    again = await world.bring(files)
    assert again.card.version == answer.card.version


async def test_input_validators_and_submissions_leave_the_judging_version(world: World) -> None:
    first = (await world.bring(sound())).card
    second = (await world.bring(with_changes({"input_validators/check.py": "import sys\n\nsys.exit(42)\n", "submissions/accepted/new.py": "1\n"}))).card
    assert second.commit != first.commit
    assert second.version == first.version
