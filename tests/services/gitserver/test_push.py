"""People clone, fetch and push with their own git client, and read in it why a push is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from tests.packages.building import sound, with_changes
from tests.services.gitserver.world import World
from wire.methods import GITSERVER_MANIFEST, GITSERVER_PROBLEM
from wire.problems import ManifestRequest, ProblemRequest


def written(folder: Path, files: Mapping[str, bytes | None]) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            place.unlink()
        else:
            place.write_bytes(content)


async def a_clone(world: World, folder: Path, alias: str = "sum") -> Path:
    await world.git("clone", "--quiet", f"{world.git_url}/{alias}.git", "clone", cwd=folder)
    return folder / "clone"


async def push(world: World, clone: Path, files: Mapping[str, bytes | None], *more: str, status: int | None = 0) -> str:
    await asyncio.to_thread(written, clone, files)
    await world.git("add", "--all", cwd=clone)
    await world.git("commit", "--quiet", "--message", "a change", cwd=clone)
    return await world.git("push", "--porcelain", *(more or ("origin", "HEAD:main")), cwd=clone, status=status)


async def test_what_was_uploaded_can_be_cloned_and_a_push_is_the_next_version(world: World, tmp_path: Path) -> None:
    first = (await world.bring(sound())).card
    clone = await a_clone(world, tmp_path)
    assert (clone / "data/secret/01-small.ans").read_text() == "30\n"
    assert (await world.git("rev-parse", "HEAD", cwd=clone)).strip() == first.commit
    said = await push(world, clone, {"data/secret/03-zero.in": b"0 0\n", "data/secret/03-zero.ans": b"0\n"})
    assert "refs/heads/main" in said
    card = await world.call(GITSERVER_PROBLEM, ProblemRequest("sum"))
    assert card.commit == (await world.git("rev-parse", "HEAD", cwd=clone)).strip()
    assert (card.case_count, first.case_count) == (4, 3)
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", card.version), by="grader")
    assert manifest.cases[3].name == "secret/03-zero"
    assert [command.body.commit for command in await world.commands()] == [first.commit, card.commit]


async def test_a_problem_can_begin_with_a_push(world: World, tmp_path: Path) -> None:
    world.user = "grace"
    await world.git("init", "--quiet", "new", cwd=tmp_path)
    said = await push(world, tmp_path / "new", sound(), f"{world.git_url}/fresh-one.git", "HEAD:main")
    assert "Done" in said
    (command,) = await world.commands()
    assert (command.body.alias, command.body.owner, command.body.title) == ("fresh-one", "grace", "Two numbers")
    again = await world.git("push", f"{world.git_url}/fresh-one.git", "HEAD:main", cwd=tmp_path / "new")
    assert "up-to-date" in again


async def test_a_push_of_an_invalid_problem_shows_every_error_with_path_and_code_and_changes_nothing(world: World, tmp_path: Path) -> None:
    first = (await world.bring(sound())).card
    clone = await a_clone(world, tmp_path)
    said = await push(
        world, clone,
        {"data/secret/03.in": b"1 1\n", "data/secret/04.ans": b"2\n", "problem.yaml": b"name: [broken\n", ".timelimit": b"soon\n"},
        status=1,
    )  # fmt: skip
    for code, path in (
        ("case-without-answer", "data/secret/03.in"), ("answer-without-input", "data/secret/04.ans"),
        ("bad-yaml", "problem.yaml"), ("limit-bad", ".timelimit"),
    ):  # fmt: skip
        assert f"remote:   error   {code}  {path}" in said, said
    assert "remote rejected" in said
    assert "package refused: 4 errors" in said
    assert "line 2" in said, "the line of the YAML"
    assert (await world.call(GITSERVER_PROBLEM, ProblemRequest("sum"))).commit == first.commit
    assert "first commit" not in said
    await push(world, clone, {"data/secret/03.in": None, "data/secret/04.ans": None, "problem.yaml": sound()["problem.yaml"], ".timelimit": b"1\n"})


async def test_only_main_may_be_pushed_only_forward_and_never_removed(world: World, tmp_path: Path) -> None:
    first = (await world.bring(sound())).card
    clone = await a_clone(world, tmp_path)
    for ref in ("refs/heads/other", "refs/tags/v1", "refs/palestra/digests", "refs/palestra/published/x"):
        assert "only refs/heads/main may be pushed" in await world.git("push", "origin", f"HEAD:{ref}", cwd=clone, status=1)
    assert "main may not be deleted" in await world.git("push", "origin", ":main", cwd=clone, status=1)
    await push(world, clone, {"problem_statement/problem.en.md": b"second\n"})
    await world.git("reset", "--quiet", "--hard", "HEAD~1", cwd=clone)
    said = await push(world, clone, {"problem_statement/problem.en.md": b"elsewhere\n"}, "--force", "origin", "HEAD:main", status=1)
    assert "not on top of what is there" in said
    await world.git("fetch", "--quiet", cwd=clone)
    log = await world.git("log", "--format=%H", "origin/main", cwd=clone)
    assert log.split()[-1] == first.commit
    assert len(log.split()) == 2


async def test_derived_refs_are_hidden_from_git_clients(world: World, tmp_path: Path) -> None:
    await world.bring(sound())
    for version in ("0", "2"):
        said = await world.git("-c", f"protocol.version={version}", "ls-remote", f"{world.git_url}/sum.git", cwd=tmp_path)
        assert {line.split()[1] for line in said.splitlines()} == {"HEAD", "refs/heads/main"}


async def test_rights_decide_who_clones_and_who_pushes(world: World, tmp_path: Path) -> None:
    await world.bring(sound())
    world.rights = "read"
    clone = await a_clone(world, tmp_path)
    assert "403" in await push(world, clone, {"problem_statement/problem.en.md": b"mine\n"}, status=128)
    world.rights = ""
    said = await world.git("clone", f"{world.git_url}/sum.git", "second", cwd=tmp_path, status=128)
    assert "you may not read the problem 'sum'" in said, "the reason is shown by git"
    world.rights = "read"
    assert "there is no problem 'none'" in await world.git("ls-remote", f"{world.git_url}/none.git", cwd=tmp_path, status=128)


async def test_a_large_push_in_chunks_and_a_fetch_of_what_is_new(world: World, tmp_path: Path) -> None:
    await world.bring(sound())
    clone = await a_clone(world, tmp_path)
    await world.git("clone", "--quiet", f"{world.git_url}/sum.git", "other", cwd=tmp_path)
    noise = b"".join(f"{number * 2654435761 % 4294967296} {number}\n".encode() for number in range(200_000))
    await push(world, clone, {"data/secret/03-much.in": noise, "data/secret/03-much.ans": b"?\n"})
    card = await world.call(GITSERVER_PROBLEM, ProblemRequest("sum"))
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", card.version), by="grader")
    assert await world.blob("sum", manifest.cases[3].input) == noise
    await world.git("pull", "--quiet", cwd=tmp_path / "other")
    assert (tmp_path / "other/data/secret/03-much.in").stat().st_size == len(noise)


async def test_a_push_may_bring_links_within_the_package_and_no_others(world: World, tmp_path: Path) -> None:
    await world.bring(sound())
    clone = await a_clone(world, tmp_path)
    (clone / "attachments/shadow").symlink_to("/etc/shadow")
    (clone / "data/secret/03.in").symlink_to("../sample/1.in")
    (clone / "data/secret/03.ans").symlink_to("../sample/2.ans")
    said = await push(world, clone, {}, status=1)
    assert "remote:   error   link-outside  attachments/shadow" in said
    assert "remote:   error   link-dangling  data/secret/03.ans" in said
    (clone / "attachments/shadow").unlink()
    (clone / "data/secret/03.ans").unlink()
    (clone / "data/secret/03.ans").symlink_to("../sample/1.ans")
    await push(world, clone, {})
    card = await world.call(GITSERVER_PROBLEM, ProblemRequest("sum"))
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", card.version), by="grader")
    cases = {case.name: case for case in manifest.cases}
    assert (cases["secret/03"].input, cases["secret/03"].answer) == (cases["sample/1"].input, cases["sample/1"].answer)


async def test_a_pushed_pack_that_is_not_sound_is_refused(world: World) -> None:
    await world.bring(sound())
    main = (await world.call(GITSERVER_PROBLEM, ProblemRequest("sum"))).commit
    command = f"{main} {'1' * 40} refs/heads/main\0report-status side-band-64k".encode()
    body = b"%04x" % (len(command) + 4) + command + b"0000" + b"PACK\0\0\0\2\0\0\0\1rubbish"
    status, said = await posted(world, "sum.git/git-receive-pack", body)
    assert status == 200
    assert b"unpack the pack is not sound" in said
    assert b"ng refs/heads/main" in said
    status, said = await posted(world, "sum.git/git-receive-pack", b"zzzz what is this")
    assert status == 400
    assert (await world.call(GITSERVER_PROBLEM, ProblemRequest("sum"))).commit == main
    await world.bring(with_changes({".timelimit": "3\n"}))


async def posted(world: World, path: str, body: bytes) -> tuple[int, bytes]:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.post(f"{world.git_url}/{path}", data=body) as answer:
        return answer.status, await answer.read()


async def test_two_pushes_at_once_make_one_history(world: World, tmp_path: Path) -> None:
    await world.bring(sound())
    clones = []
    for name in ("one", "two"):
        await world.git("clone", "--quiet", f"{world.git_url}/sum.git", name, cwd=tmp_path)
        clones.append(tmp_path / name)
    said = await asyncio.gather(
        *(push(world, clone, {"problem_statement/problem.en.md": clone.name.encode()}, status=None) for clone in clones)
    )
    assert sorted("remote rejected" in text or "rejected" in text for text in said) == [False, True], said
    await world.git("fetch", "--quiet", cwd=clones[0])
    assert len((await world.git("log", "--format=%H", "origin/main", cwd=clones[0])).split()) == 2


async def test_a_tree_that_unfolds_to_ten_thousand_million_files_is_refused(world: World, tmp_path: Path) -> None:
    await world.bring(sound())
    clone = await a_clone(world, tmp_path)
    await asyncio.to_thread((clone / "one").write_text, "1\n")
    entry = f"100644 blob {(await world.git('hash-object', '-w', 'one', cwd=clone)).strip()}"
    for _ in range(10):
        lines = "".join(f"{entry}\tf{number}\n" for number in range(10))
        await asyncio.to_thread((clone / "lines").write_text, lines)
        entry = f"040000 tree {(await world.git('-c', 'alias.mk=!git mktree < lines', 'mk', cwd=clone)).strip()}"
    commit = (await world.git("commit-tree", entry.split()[-1], "-p", "HEAD", "-m", "bomb", cwd=clone)).strip()
    said = await world.git("push", "origin", f"{commit}:main", cwd=clone, status=1)
    assert "remote:   error   too-many-files" in said
