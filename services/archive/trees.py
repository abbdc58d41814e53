"""Owns folders in an archive: problems as they lie in their bare repositories, certificates as files. Blocks; never follows a link.

A repository that grows meanwhile is copied whole all the same: what its names point to is read before its objects, objects are
never changed nor taken away (`services.gitserver.git_process`: no garbage collection), and what is half written is left out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from services.archive.form import ArchiveWriter, Member

_LEFT_OUT: Final = (".incoming",)
_HALF_WRITTEN: Final = ("tmp_", ".tmp")


def add_problems(writer: ArchiveWriter, folder: Path) -> int:
    """Adds every repository and the marks beside them; how many repositories."""
    count = 0
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in _LEFT_OUT or path.is_symlink():
            continue
        if _is_repository(path):
            _add_repository(writer, f"problems/{path.name}", path)
            count += 1
        elif path.is_dir():
            _add_tree(writer, f"problems/{path.name}", path)
        elif not path.name.endswith(".lock"):
            writer.add_file(f"problems/{path.name}", path)
    return count


def has_repositories(folder: Path) -> bool:
    """Whether there is any problem at all."""
    return folder.is_dir() and any(_is_repository(path) for path in folder.iterdir() if not path.is_symlink())


def _is_repository(path: Path) -> bool:
    return path.is_dir() and (path / "objects").is_dir()


def add_certificates(writer: ArchiveWriter, folder: Path) -> int:
    """Adds the certificates, their keys and the authority's own; how many files."""
    return _add_tree(writer, "pki", folder)


def place(folder: Path, member: Member, below: str) -> None:
    """Writes a member into a folder, at its name without the first part. The caller has checked its name and verified the archive."""
    target = folder.joinpath(*PurePosixPath(member.name).relative_to(below).parts)
    if member.is_folder:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(member.stream, file, 1 << 20)
        os.fchmod(file.fileno(), member.mode | 0o600 if below == "pki" else member.mode)


def is_empty(folder: Path) -> bool:
    """Whether no repository lies in a folder, or there is no folder. What a gitserver makes at its start does not count."""
    return not folder.is_dir() or not any(path.is_dir() and not path.name.startswith(".") for path in folder.iterdir())


def _add_repository(writer: ArchiveWriter, name: str, folder: Path) -> None:
    names = {path: path.read_bytes() for path in _files(folder) if path.relative_to(folder).parts[0] != "objects"}
    _add_tree(writer, f"{name}/objects", folder / "objects")
    for path, content in names.items():
        writer.add_bytes(f"{name}/{path.relative_to(folder).as_posix()}", content)
    for path in _empty_folders(folder):
        if path.relative_to(folder).parts[0] != "objects":
            writer.add_folder(f"{name}/{path.relative_to(folder).as_posix()}")


def _add_tree(writer: ArchiveWriter, name: str, folder: Path) -> int:
    count = 0
    for path in _files(folder):
        writer.add_file(f"{name}/{path.relative_to(folder).as_posix()}", path)
        count += 1
    for path in _empty_folders(folder):
        writer.add_folder(f"{name}/{path.relative_to(folder).as_posix()}".removesuffix("/."))
    return count


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(parent) / name
            if not name.startswith(_HALF_WRITTEN) and not name.endswith(".lock") and path.is_file() and not path.is_symlink():
                yield path


def _empty_folders(folder: Path) -> list[Path]:
    return sorted(Path(parent) for parent, folders, files in os.walk(folder) if not folders and not files)
