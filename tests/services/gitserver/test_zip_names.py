"""Names in zips are read as those meant them who packed: letters of every language, whatever the archiver says of them."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Mapping

import pytest

from tests.packages import omegaup
from tests.packages.building import entry, sound, zipped
from tests.packages.hostile import dos_entry, latin_name
from tests.services.gitserver.world import World, serving
from wire.methods import GITSERVER_FILE, GITSERVER_STATEMENT
from wire.problems import PublicFileRequest, StatementRequest


@pytest.fixture
async def served(house: World):
    """A gitserver as it is."""
    async with serving(house):
        yield house


def undeclared(files: Mapping[str, bytes]) -> bytes:
    """A zip whose names are UTF-8 and do not say so, as Unix archivers write them."""
    packed = bytearray(zipped(files))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        places = [info.header_offset + 6 for info in archive.infolist()]
    at = packed.find(b"PK\1\2")
    while at >= 0:
        places.append(at + 8)
        at = packed.find(b"PK\1\2", at + 4)
    for place in places:
        packed[place + 1] &= ~0x08
    return bytes(packed)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_letters_with_accents_are_read_whether_the_zip_says_utf_8_or_not(served: World, form: str) -> None:
    name = unicodedata.normalize(form, "statements/árbol.png")
    for make in (zipped, undeclared):
        answer = await served.bring_zip(make(omegaup.sums(**{name: b"\x89PNG"})), "suma")
        assert {finding.code for finding in answer.findings} == {"title-missing"}
    wanted = PublicFileRequest("suma", "statement/árbol.png", answer.card.commit)
    async with served.frontend.peer("gitserver").download(GITSERVER_FILE, wanted) as stream:
        assert b"".join([chunk async for chunk in stream]) == b"\x89PNG"


async def test_a_statement_that_a_reader_wrote_is_served_as_one_of_the_package(served: World) -> None:
    answer = await served.bring(omegaup.sums(), "suma")
    spanish = await served.call(GITSERVER_STATEMENT, StatementRequest("suma", "es"))
    assert (spanish.path, spanish.format) == ("statement/es.markdown", "markdown")
    assert "Uno y dos son tres." in spanish.text
    assert "||input" not in spanish.text
    assert [(one.input, one.answer) for one in answer.card.samples] == [("1 2\n", "3\n")]


async def test_a_name_in_a_code_page_is_read_with_a_warning(served: World) -> None:
    answer = await served.bring_zip(latin_name(), "sum")
    assert "path-code-page" in {finding.code for finding in answer.findings}


async def test_backslashes_of_dos_are_folders(served: World) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(dos_entry("two\\"), b"")
        for path, content in sound().items():
            archive.writestr(dos_entry("two\\" + path.replace("/", "\\")), content)
    answer = await served.bring_zip(out.getvalue(), "")
    assert (answer.card.alias, answer.card.case_count, answer.findings) == ("two", 3, ())


async def test_a_backslash_in_a_name_of_unix_is_refused(served: World) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in sound().items():
            archive.writestr(path, content)
        archive.writestr(entry("attachments\\x"), b"x")
    assert "path-not-allowed" in await served.refused(out.getvalue())
