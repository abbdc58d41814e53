"""Each call gives what it is for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mesh.errors import Forbidden, Invalid, NotFound, Refused
from tests.packages.building import sound, with_changes, zipped
from tests.services.gitserver.world import World, serving
from wire.judging import BlobRequest
from wire.methods import GITSERVER_BLOB, GITSERVER_CASE, GITSERVER_FILE, GITSERVER_MANIFEST, GITSERVER_PROBLEM, GITSERVER_STATEMENT, GITSERVER_SUBMISSIONS
from wire.problems import CaseFileRequest, ManifestRequest, ProblemRequest, PublicFileRequest, StatementRequest


async def file(world: World, path: str, commit: str = "") -> bytes:
    async with world.frontend.peer("gitserver").download(GITSERVER_FILE, PublicFileRequest("sum", path, commit)) as stream:
        return b"".join([chunk async for chunk in stream])


async def test_files_of_the_public_tree_are_served_at_every_version(world: World) -> None:
    first = (await world.bring(sound())).card
    await world.bring(with_changes({"problem_statement/figure.png": b"another picture"}))
    assert await file(world, "statement/figure.png") == b"another picture"
    assert (await file(world, "statement/figure.png", first.commit)).startswith(b"\x89PNG")
    assert await file(world, "samples/1.in") == b"1 2\n"
    assert await file(world, "attachments/template.py")


@pytest.mark.parametrize(
    "path",
    [
        "data/secret/01-small.in", "../private/data/secret/01-small.in", "../../etc/passwd", "/etc/passwd", "", ".", "statement",
        "statement/../../private/judging.json", "statement/figure.png\nrefs/heads/main", "statement/figure.png ", "submissions/accepted/sum.cpp",
        "x" * 5000, "card.json", "\x00",
    ],
)  # fmt: skip
async def test_no_path_leads_out_of_the_public_tree(world: World, path: str) -> None:
    await world.bring(sound())
    with pytest.raises(NotFound) as caught:
        await file(world, path)
    assert caught.value.code == "no-such-file"


async def test_a_blob_belongs_to_its_problem(world: World) -> None:
    card = (await world.bring(sound())).card
    await world.bring(with_changes({"data/secret/01-small.in": "7 7\n"}), alias="other")
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", card.version), by="grader")
    assert await world.blob("sum", manifest.cases[1].input) == b"10 20\n"
    for problem, digest in (("other", manifest.cases[1].input), ("sum", "0" * 64), ("sum", "../../x"), ("sum", "")):
        with pytest.raises(NotFound) as caught:
            await world.blob(problem, digest)
        assert caught.value.code == "no-such-blob"


async def test_a_case_is_named_by_its_version_and_its_place(world: World) -> None:
    old = (await world.bring(sound())).card
    new = (await world.bring(with_changes({"data/secret/01-small.in": "7 7\n", "data/secret/01-small.ans": "14\n"}))).card
    for version, part, content in ((old.version, "input", b"10 20\n"), (new.version, "input", b"7 7\n"), (new.version, "answer", b"14\n")):
        assert await _case(world, CaseFileRequest("sum", version, 1, part)) == content
    for place, part in ((-1, "input"), (99, "input"), (1, "checker"), (1, "")):
        with pytest.raises(NotFound) as caught:
            await _case(world, CaseFileRequest("sum", new.version, place, part))
        assert caught.value.code == "no-such-case"
    with pytest.raises(NotFound):
        await _case(world, CaseFileRequest("sum", new.commit, 1, "input"))
    with pytest.raises(Forbidden):
        async with world.grader.peer("gitserver").download(GITSERVER_CASE, CaseFileRequest("sum", new.version, 1, "input")):
            pass


async def _case(world: World, request: CaseFileRequest) -> bytes:
    async with world.frontend.peer("gitserver").download(GITSERVER_CASE, request) as stream:
        return b"".join([chunk async for chunk in stream])


@pytest.mark.parametrize(
    ("method", "request_", "kind", "code"),
    [
        (GITSERVER_PROBLEM, ProblemRequest("none"), NotFound, "no-such-problem"),
        (GITSERVER_PROBLEM, ProblemRequest("../sum"), Refused, "bad-alias"),
        (GITSERVER_PROBLEM, ProblemRequest("SUM"), Refused, "bad-alias"),
        (GITSERVER_PROBLEM, ProblemRequest("sum", "main"), NotFound, "no-such-version"),
        (GITSERVER_PROBLEM, ProblemRequest("sum", "1" * 40), NotFound, "no-such-version"),
        (GITSERVER_STATEMENT, StatementRequest("sum", "en", "1" * 40), NotFound, "no-such-version"),
        (GITSERVER_SUBMISSIONS, ProblemRequest("sum", "1" * 40), NotFound, "no-such-version"),
        (GITSERVER_SUBMISSIONS, ProblemRequest("none"), NotFound, "no-such-problem"),
    ],
)
async def test_what_is_not_there_is_not_found(world: World, method: Any, request_: Any, kind: type[Exception], code: str) -> None:
    await world.bring(sound())
    with pytest.raises(kind) as caught:
        await world.call(method, request_)
    assert caught.value.code == code


async def test_only_a_published_private_tree_is_a_version(world: World) -> None:
    """A folder of a package that looks like a private tree is none."""
    forged = sound() | {"attachments/fake/judging.json": b"{}"}
    card = (await world.bring(forged)).card
    repository = world.problems / "sum.git"
    fake = (await world.git("--git-dir", str(repository), "rev-parse", "main:attachments/fake", cwd=world.folder)).strip()
    for version in (fake, card.commit, "main", ""):
        with pytest.raises(NotFound) as caught:
            await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", version), by="grader")
        assert caught.value.code == "no-such-version"


async def test_who_may_call_is_decided_by_certificate(world: World) -> None:
    await world.bring(sound())
    with pytest.raises(Forbidden):
        await world.call(GITSERVER_SUBMISSIONS, ProblemRequest("sum"), by="grader")
    with pytest.raises(Forbidden):
        await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", "0" * 40))
    with pytest.raises(Forbidden):
        async with world.frontend.peer("gitserver").download(GITSERVER_BLOB, BlobRequest("sum", "0" * 64)):
            pass


async def test_an_alias_comes_from_the_call_else_from_the_folder_else_from_the_title(world: World) -> None:
    assert (await world.bring(sound(), alias="given")).card.alias == "given"
    assert (await world.bring_zip(zipped(sound(), top="From Folder_2"), alias="")).card.alias == "from-folder-2"
    assert (await world.bring(sound(), alias="")).card.alias == "two-numbers"
    with pytest.raises(Refused) as caught:
        await world.bring(sound(), alias="../evil")
    assert caught.value.code == "bad-alias"
    with pytest.raises(Invalid) as untitled:
        await world.bring(with_changes({"problem.yaml": "name: '???'\n"}), alias="")
    assert untitled.value.code == "bad-alias"


async def test_a_package_that_names_itself_never_takes_somebody_elses_problem(world: World) -> None:
    first = (await world.bring_zip(zipped(sound(), top="mine"), alias="", owner="ada")).card
    changed = zipped(with_changes({".timelimit": "9\n"}), top="mine")
    with pytest.raises(Forbidden) as caught:
        await world.bring_zip(changed, alias="", owner="eve")
    assert caught.value.code == "alias-taken"
    assert (await world.call(GITSERVER_PROBLEM, ProblemRequest("mine"))).commit == first.commit
    answer = await world.bring_zip(changed, alias="mine", owner="root")
    assert answer.owner == "ada", "whom the frontend lets may bring a new version; the problem stays its owner's"


async def test_everything_is_there_after_a_restart(house: World) -> None:
    async with serving(house):
        card = (await house.bring(sound())).card
    async with serving(house):
        assert await house.call(GITSERVER_PROBLEM, ProblemRequest("sum")) == card
        assert len(await house.call(GITSERVER_SUBMISSIONS, ProblemRequest("sum"))) == 3
    (command,) = await house.commands()
    assert command.body.commit == card.commit


async def test_a_git_that_is_missing_is_said_at_the_start(house: World) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        async with serving(house, git_binary="no-such-git"):
            pass
    assert "no-such-git" in str(caught.value.exceptions[0])
