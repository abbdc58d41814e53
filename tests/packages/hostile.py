"""Zips made to do harm, or broken on their way; each with the finding that must refuse it."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping

from tests.packages.building import Link, entry, sound, zipped


def with_entries(*more: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    """The sound package with raw entries added."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for path, content in sound().items():
            archive.writestr(path, content)
        for info, content in more:
            archive.writestr(info, content)
    return out.getvalue()


def linked(links: Mapping[str, str], files: Mapping[str, bytes] | None = None) -> bytes:
    """The sound package with links, and files."""
    return zipped({**sound(), **(files or {}), **{path: Link(target.encode()) for path, target in links.items()}})


def laughs(levels: int = 40, ending: str = "../problem.yaml") -> dict[str, str]:
    """Folders of links, each of which leads twice to the next: two to the power of forty names in eighty."""
    found = {f"f{level}/{name}": f"../f{level + 1}" for level in range(levels) for name in ("a", "b")}
    return found | {f"f{levels}/x": ending}


def named(name: str) -> Callable[[], bytes]:
    return lambda: with_entries((entry(name), b"x"))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open("data/secret/1.in", "w", force_zip64=True) as stream:
        for _ in range(100):
            stream.write(bytes(1 << 20))
    return out.getvalue()


def overlapping() -> bytes:
    """Two directory entries that share one file's bytes, as a bomb without recursion does."""
    content = bytearray(zipped({"problem.yaml": b"name: x\n" * 100, "data/secret/1.in": b"1\n"}))
    ends = content.rfind(b"PK\5\6")
    directory = struct.unpack_from("<L", content, ends + 16)[0]
    first = bytes(content[directory : content.find(b"PK\1\2", directory + 4)])
    content[ends:ends] = first.replace(b"problem.yaml", b"problem.copy")
    ends += len(first)
    size, count = struct.unpack_from("<L", content, ends + 12)[0], struct.unpack_from("<H", content, ends + 10)[0]
    struct.pack_into("<HHL", content, ends + 8, count + 1, count + 1, size + len(first))
    return bytes(content)


def encrypted() -> bytes:
    return _flagged(0x1)


def _flagged(flag: int) -> bytes:
    """The sound package with a flag set on its first file, in both places where it stands."""
    content = bytearray(zipped(sound()))
    for place in (6, content.find(b"PK\1\2") + 8):
        struct.pack_into("<H", content, place, struct.unpack_from("<H", content, place)[0] | flag)
    return bytes(content)


def dos_entry(name: str) -> zipfile.ZipInfo:
    """An entry as old archivers of Windows write it, with backslashes."""
    info = entry(name)
    info.create_system, info.external_attr = 0, 0
    return info


def latin_name() -> bytes:
    """A name in Latin-1 without the flag that says UTF-8."""
    return with_entries((entry("attachments/cafe-x"), b"x")).replace(b"attachments/cafe-x", b"attachments/caf\xe9-x")


def false_utf8_name() -> bytes:
    """A name that says it is UTF-8 and is not."""
    name = "attachments/caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    return with_entries((entry(name), b"x")).replace(name.encode(), b"attachments/caf\xff\xfe")


def damaged() -> bytes:
    """One bit of the packed content is not as it was."""
    content = bytearray(zipped({**sound(), "data/secret/03.in": bytes(range(256)) * 64, "data/secret/03.ans": b"1\n"}))
    place = content.find(b"data/secret/03.in") + len("data/secret/03.in") + 20
    content[place] ^= 0x10
    return bytes(content)


def smaller_than_it_says() -> bytes:
    """The directory promises a longer file than there is."""
    content = bytearray(zipped(sound()))
    place = content.rfind(b"PK\1\2")
    size = struct.unpack_from("<L", content, place + 24)[0]
    struct.pack_into("<L", content, place + 24, size + 1000)
    return bytes(content)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "parent": (named("../../etc/cron.d/evil"), "unsafe-path"),
    "parent inside": (named("data/../../evil"), "unsafe-path"),
    "absolute": (named("/etc/passwd"), "unsafe-path"),
    "drive": (named("C:/windows/evil"), "unsafe-path"),
    "dot": (named("data/./secret/x.in"), "unsafe-path"),
    "backslash": (named("data\\secret\\..\\evil"), "path-not-allowed"),
    "newline": (named("data/secret/a\nM 100644 inline b"), "path-not-allowed"),
    "option": (named("attachments/--upload-pack=touch"), "path-not-allowed"),
    "arguments of a compiler": (named("attachments/@options"), "path-not-allowed"),
    "control": (named("attachments/\x1b[2Jclear"), "path-not-allowed"),
    "quotes": (named('attachments/"quoted"'), "path-not-allowed"),
    "deep": (named("a/" * 40 + "x"), "path-too-long"),
    "long": (named("attachments/" + "x" * 300), "path-too-long"),
    "latin name with a bell": (lambda: latin_name().replace(b"\xe9", b"\x07"), "path-not-allowed"),
    "backslashes of DOS": (lambda: with_entries((dos_entry("data\\..\\..\\evil"), b"x")), "unsafe-path"),
    "false utf-8 name": (false_utf8_name, "path-encoding"),
    "links": (lambda: linked({"attachments/shadow": "/etc/shadow", "attachments/out": "../../x", "attachments/x": "x", "y.txt": "none"}), "link-outside"),
    "billion laughs of links": (lambda: linked(laughs()), "too-many-files"),
    "large file by many links": (lambda: linked({f"attachments/x{n}": "../data/noise" for n in range(10)}, {"data/noise": b"?" * 200_000}), "package-too-large"),
    "long link": (lambda: with_entries((entry("attachments/x", 0o120777), b"x/" * 5000)), "link"),
    "link that is no text": (lambda: with_entries((entry("attachments/x", 0o120777), b"\xff\xfe")), "link"),
    "link with files below it": (lambda: linked({"attachments/x": "../data"}, {"attachments/x/y": b"1"}), "path-conflict"),
    "link to folders too deep": (lambda: linked({f"a/{n}/" + "/".join("abcdefgh"): "../" * 8 + str(n + 1) for n in range(3)}, {"a/3/x": b"1"}), "path-too-long"),
    "device": (lambda: with_entries((entry("attachments/zero", 0o020666), b"")), "special-file"),
    "pipe": (lambda: with_entries((entry("attachments/pipe", 0o010666), b"")), "special-file"),
    "twice": (lambda: with_entries((entry(".timelimit"), b"9\n")), "path-duplicate"),
    "file and folder": (lambda: with_entries((entry("problem.yaml/x"), b"9\n")), "path-conflict"),
    "bomb": (bomb, "zip-bomb"),
    "overlapping": (overlapping, "zip-bomb"),
    "encrypted": (encrypted, "zip-encrypted"),
    "bzip2": (lambda: with_entries((entry("attachments/b", method=zipfile.ZIP_BZIP2), b"x")), "zip-method"),
    "lzma": (lambda: with_entries((entry("attachments/l", method=zipfile.ZIP_LZMA), b"x")), "zip-method"),
    "damaged": (damaged, "zip-damaged"),
    "smaller than it says": (smaller_than_it_says, "zip-damaged"),
    "no zip": (lambda: b"this is no zip", "zip-unreadable"),
    "nothing": (lambda: b"", "zip-unreadable"),
    "cut off": (lambda: zipped(sound())[:-30], "zip-unreadable"),
    "too many files": (lambda: zipped(sound() | {f"attachments/{number:05}": b"" for number in range(400)}), "too-many-files"),
    "too large": (lambda: zipped(sound() | {"attachments/noise": bytes(range(256)) * 5000}), "package-too-large"),
}
"""Name, how it is made, the code that must be among its findings. The last two need the bounds that the test sets."""
