"""Owns what is derived from an accepted commit: who may see which files, and how they are found again. Never checks a package.

    refs/heads/main                        the newest accepted commit: what people push and clone
    refs/palestra/published/COMMIT         a commit whose tree holds
        card.json, owner, submissions.json     what the calls answer, made once
        public/                                statements, samples, attachments
        protected/                             solutions, input validators, generators
        private/                               cases, checker, judging.json: the hash of this tree is the judging version
    refs/palestra/versions/VERSION         the private tree of each version there ever was
    refs/palestra/digests                  every file of every version under its SHA-256: ab/cdef…

`refs/palestra` is hidden from git clients and can not be pushed. Main moves last: what is cut off before is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mesh.codec import encode
from services.gitserver.canonical import canonical
from services.gitserver.formats.files import PackageFile
from services.gitserver.formats.package import Package
from services.gitserver.repository import MAIN, RefChange, Repository
from services.gitserver.shelf import Shelf
from wire.judging import JudgingManifest, TestCase
from wire.problems import ExpectedSubmission, ProblemCard

DIGESTS: Final = "refs/palestra/digests"
INCOMING: Final = "refs/heads/incoming"


def published_ref(commit: str) -> str:
    """The ref of what was derived from a commit."""
    return f"refs/palestra/published/{commit}"


def version_ref(version: str) -> str:
    """The ref of a judging version's private tree."""
    return f"refs/palestra/versions/{version}"


def digest_path(digest: str) -> str:
    """Where a SHA-256 stands in the tree of `DIGESTS`."""
    return f"{digest[:2]}/{digest[2:]}"


@dataclass(frozen=True, slots=True)
class Publication:
    """An accepted commit, ready to be derived from. ``old`` is where main stands, forty zeros for a new problem."""

    alias: str
    commit: str
    old: str
    owner: str
    package: Package


async def publish(shelf: Shelf, bench: Repository, repository: Repository | None, publication: Publication) -> bool:
    """Derives the trees and moves the refs, main last; False when main had moved meanwhile.

    The workbench holds the commit, and borrows from the repository, if there is one. Held by the alias's lock.
    """
    ref = published_ref(publication.commit)
    known = (await repository.resolve(DIGESTS))[0] if repository is not None else None
    await bench.git.run(bench.folder, "fast-import", "--quiet", "--done", "--force", stdin=_stream(publication, known))
    derived, version, digests = await bench.resolve(ref, f"{ref}:private", DIGESTS)
    assert derived is not None
    assert version is not None
    assert digests is not None
    changes = [RefChange(ref, derived), RefChange(version_ref(version), version), RefChange(DIGESTS, digests)]
    main = RefChange(MAIN, publication.commit, publication.old)
    if repository is None:
        await bench.move([*changes, main])
        await shelf.mark_unannounced(publication.alias)
        await shelf.put(publication.alias, bench)
        return True
    await shelf.adopt(bench, repository)
    await repository.move(changes)
    await shelf.mark_unannounced(publication.alias)
    return await repository.move([main])


def _stream(publication: Publication, known_digests: str | None) -> bytes:
    """The derived commits in the language of ``git fast-import``. Always the same for the same commit."""
    package = publication.package
    private = {f"data/{case.name}.in": case.input for case in package.cases} | {f"data/{case.name}.ans": case.answer for case in package.cases}
    private |= {f"checker/{path}": file for path, file in package.checker_files.items()}
    lines = [
        *_commit(published_ref(publication.commit), None),
        *_files("public", package.public.items()),
        *_files("protected", package.protected.items()),
        *_files("private", private.items()),
        *_inline("card.json", encode(_card(publication))),
        *_inline("owner", publication.owner.encode()),
        *_inline("submissions.json", encode(_submissions(package))),
        *_inline("private/judging.json", canonical(_manifest(package))),
        *_commit(DIGESTS, known_digests),
        *(f"M 100644 {file.oid} {digest_path(file.digest)}".encode() for file in private.values()),
        b"",
        b"done",
        b"",
    ]
    return b"\n".join(lines)


def _commit(ref: str, parent: str | None) -> list[bytes]:
    lines = [f"commit {ref}", "committer Palestra <gitserver@palestra> 0 +0000", "data 0"]
    return [line.encode() for line in (lines if parent is None else [*lines, f"from {parent}"])]


def _files(folder: str, files: Iterable[tuple[str, PackageFile]]) -> list[bytes]:
    return [f"M 100644 {file.oid} {folder}/{path}".encode() for path, file in files]


def _inline(path: str, content: bytes) -> list[bytes]:
    return [f"M 100644 inline {path}".encode(), f"data {len(content)}".encode(), content]


def _card(publication: Publication) -> ProblemCard:
    """The card without what is only known afterwards: alias, commit and version are put in when it is read."""
    package = publication.package
    return ProblemCard(
        alias="", title=package.title, commit="", version="", limits=package.limits, statements=package.statements,
        samples=package.samples, attachments=package.attachments, source=package.source, license=package.license,
        author=package.author, is_scoring=package.is_scoring, max_score=package.max_score,
        case_count=len(package.cases), checker_note=package.checker_note,
    )  # fmt: skip


def _submissions(package: Package) -> tuple[ExpectedSubmission, ...]:
    """The list of submissions; their sources lie in the protected tree and are put in when it is read."""
    return tuple(ExpectedSubmission(one.path, one.language, "", one.expected) for one in package.submissions)


def _manifest(package: Package) -> JudgingManifest:
    cases = tuple(
        TestCase(
            name=case.name, input=case.input.digest, answer=case.answer.digest, input_bytes=case.input.size_bytes,
            answer_bytes=case.answer.size_bytes, is_sample=case.is_sample, group=case.group, checker_arguments=case.checker_arguments,
        )
        for case in package.cases
    )  # fmt: skip
    return JudgingManifest(
        problem="", version="", limits=package.limits, cases=cases, checker=package.checker, groups=package.groups,
        is_scoring=package.is_scoring, compile_limits=package.compile_limits,
    )  # fmt: skip
