"""No zip harms the gitserver: each is refused with its reason and leaves nothing behind."""

from __future__ import annotations

import asyncio
import io
import zipfile

import pytest

from mesh.errors import TooLarge
from tests.packages.building import SUM_PY, sound, zipped
from tests.packages.hostile import HOSTILE
from tests.services.gitserver.world import World, serving


@pytest.fixture
async def narrow(house: World):
    """A gitserver with narrow bounds."""
    async with serving(house, package_mib=2, unpacked_mib=1, package_files=200):
        yield house


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_zip_is_refused_with_its_reason_and_leaves_nothing(narrow: World, name: str) -> None:
    make, code = HOSTILE[name]
    found = await narrow.refused(make())
    assert code in found, found
    assert all(finding["message"] for findings in found.values() for finding in findings)
    left = await asyncio.to_thread(lambda: sorted(str(path.relative_to(narrow.problems)) for path in narrow.problems.rglob("*")))
    assert left == [".incoming", ".lock", ".unannounced"]
    assert await narrow.commands() == []


async def test_every_fault_of_a_zip_is_named_at_once_with_those_of_the_package(narrow: World) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in {**sound(), "../evil": b"x", "/abs": b"x", "problem.yaml": b"limits: 7\n"}.items():
            archive.writestr(path, content)
    found = await narrow.refused(out.getvalue())
    assert [finding["path"] for finding in found["unsafe-path"]] == ["../evil", "/abs"]
    assert "line 1" in found["yaml-wrong-type"][0]["message"]


async def test_an_upload_over_the_bound_is_cut_off(narrow: World) -> None:
    with pytest.raises(TooLarge) as caught:
        await narrow.bring_zip(bytes(3 << 20))
    assert caught.value.code == "package-too-large"


async def test_left_overs_of_operating_systems_are_left_out_with_a_warning(narrow: World) -> None:
    junk = {"__MACOSX/._x": b"?", "p/.DS_Store": b"?", "p/submissions/accepted/__pycache__/a.pyc": b"?"}
    package = {f"p/{path}": content for path, content in sound().items()}
    answer = await narrow.bring_zip(zipped({**package, **junk}), "")
    assert answer.card.alias == "p"
    assert [finding.code for finding in answer.findings] == ["junk-ignored"]


async def test_a_zip_with_stored_files_and_one_of_a_data_descriptor_are_read(narrow: World) -> None:
    out = io.BytesIO()

    class Stream:
        """A sink that cannot seek: sizes then follow the content."""

        def write(self, content: bytes) -> int:
            return out.write(content)

        def flush(self) -> None: ...

    with zipfile.ZipFile(Stream(), "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
        for path, content in sound().items():
            archive.writestr(path, content)
    answer = await narrow.bring_zip(out.getvalue())
    assert answer.card.case_count == 3
    assert SUM_PY.encode() in out.getvalue()
