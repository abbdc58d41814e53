"""Symbolic links of a package stand for what they lead to in it, and lead nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.gitserver.findings import Report
from tests.packages.building import Executable, Link, sound, with_changes, zipped
from tests.packages.hostile import laughs
from tests.packages.reading import files_of, read
from tests.services.gitserver.test_push import a_clone
from tests.services.gitserver.world import World
from wire.methods import GITSERVER_MANIFEST
from wire.problems import ManifestRequest

FILES: dict[str, bytes] = {"a/one": b"1", "a/two": b"2", "a/b/three": b"3", "top": b"t"}


def seen(links: Mapping[str, str], files: Mapping[str, bytes] = FILES) -> tuple[dict[str, bytes | None], list[tuple[str, str]]]:
    """What lies under each name besides the files themselves, and the findings by code and path."""
    report = Report()
    found = files_of({**files, **{path: Link(target.encode()) for path, target in links.items()}}, report)
    return {file.path: file.content for file in found if file.path not in files}, [(one.code, one.path) for one in report.findings()]


@pytest.mark.parametrize(
    ("links", "wanted"),
    [
        ({"x": "top"}, {"x": b"t"}),
        ({"x": "./a//b/../one"}, {"x": b"1"}),
        ({"a/b/x": "../../top"}, {"a/b/x": b"t"}),
        ({"x": "a"}, {"x/one": b"1", "x/two": b"2", "x/b/three": b"3"}),
        ({"x": "a/"}, {"x/one": b"1", "x/two": b"2", "x/b/three": b"3"}),
        ({"x": "y/three", "y": "a/b"}, {"x": b"3", "y/three": b"3"}),
        ({"x": "y/../two", "y": "a/b"}, {"x": b"2", "y/three": b"3"}),  # as a file system: the folder above the one that y leads to
        ({"c/x": "../a/b", "a/b/y": "../one"}, {"a/b/y": b"1", "c/x/y": b"1", "c/x/three": b"3"}),
        ({f"x{n}": f"x{n + 1}" for n in range(39)} | {"x39": "top"}, {f"x{n}": b"t" for n in range(40)}),
    ],
    ids=str,
)
def test_a_link_stands_for_what_a_file_system_would_find_there(links: dict[str, str], wanted: dict[str, bytes]) -> None:
    assert seen(links) == (wanted, [])


@pytest.mark.parametrize(
    ("links", "code", "path"),
    [
        ({"x": "/etc/shadow"}, "link-outside", "x"),
        ({"x": "../etc/shadow"}, "link-outside", "x"),
        ({"a/x": "../../p/top"}, "link-outside", "a/x"),
        ({"up": "a/..", "x": "a/../../top"}, "link-outside", "x"),
        ({"x": "y/z", "y": "/"}, "link-outside", "x"),
        ({"x": "none"}, "link-dangling", "x"),
        ({"x": ".git/config"}, "link-dangling", "x"),
        ({"x": "top/../a/one"}, "link-dangling", "x"),
        ({"x": "top/"}, "link-dangling", "x"),
        ({"x": "x"}, "link-loop", "x"),
        ({"x": "y", "y": "z", "z": "x"}, "link-loop", "y"),
        ({"a/x": "."}, "link-loop", "a/x"),
        ({"a/b/x": "../.."}, "link-loop", "a/b/x"),
        ({"a/x": "../c", "c/y": "../a", "c/z": "../top"}, "link-loop", "c/y"),
        ({f"x{n}": f"x{n + 1}" for n in range(60)} | {"x60": "top"}, "link-loop", "x0"),
        ({"x": ""}, "link", "x"),
    ],
    ids=str,
)  # fmt: skip
def test_a_link_that_leads_nowhere_in_the_package_is_refused_with_its_path(links: dict[str, str], code: str, path: str) -> None:
    assert (code, path) in seen(links)[1]


@pytest.mark.parametrize("ending", ["../top", "nothing"])
def test_folders_full_of_links_make_no_more_than_a_package_may_hold(ending: str) -> None:
    began = time.process_time()
    found, findings = seen(laughs(ending=ending))
    assert found == {}
    assert "too-many-files" in {code for code, _ in findings}
    assert time.process_time() - began < 5, "two to the power of forty names would take years"


def test_following_many_long_links_is_bounded() -> None:
    began = time.process_time()
    _, findings = seen({f"x{n}": "a/../" * 200 + f"x{n - 1}" if n else "top" for n in range(4000)})
    assert {code for code, _ in findings} == {"link-loop"}
    assert time.process_time() - began < 10


def test_every_bad_link_is_named_at_once_beside_the_other_faults() -> None:
    package = with_changes({"a/x": Link(b"/x"), "a/y": Link(b"../../y"), "a/z": Link(b"z"), "a/w": Link(b"none"), "problem.yaml": "name: 5\n"})
    found = {(one.code, one.path) for one in read(package)[1].findings()}
    assert found >= {("link-outside", "a/x"), ("link-outside", "a/y"), ("link-loop", "a/z"), ("link-dangling", "a/w"), ("yaml-wrong-type", "problem.yaml")}


def linked() -> dict[str, bytes]:
    """A package as repositories of Kattis' problems have them: cases of groups are links to samples, so is a submission."""
    return {
        **sound(),
        "data/secret/03-sample.in": Link(b"../sample/1.in"),
        "data/secret/03-sample.ans": Link(b"../sample/1.ans"),
        "data/secret/04-all": Link(b"../more"),
        "data/more/a.in": b"4 4\n",
        "data/more/a.ans": b"8\n",
        "submissions/accepted/again.py": Link(b"sum.py"),
        "input_validators/tool.sh": Executable(b"#!/bin/sh\n"),
    }


async def test_a_zip_with_links_is_judged_by_what_they_lead_to_and_cloned_as_it_was(world: World, tmp_path: Path) -> None:
    answer = await world.bring_zip(zipped(linked(), top="sum"))
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", answer.card.version), by="grader")
    cases = {case.name: case for case in manifest.cases}
    assert cases["secret/03-sample"].input == cases["sample/1"].input
    assert await world.blob("sum", cases["secret/04-all/a"].answer) == b"8\n"
    clone = await a_clone(world, tmp_path)
    place = clone / "data/secret/03-sample.in"
    assert await asyncio.to_thread(lambda: str(place.readlink())) == "../sample/1.in"
    assert await asyncio.to_thread(lambda: (clone / "input_validators/tool.sh").stat().st_mode & 0o111)
    again = await world.bring_zip(zipped(linked()))
    assert again.card.commit == answer.card.commit
