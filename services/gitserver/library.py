"""Owns answering what is asked about published problems. Never changes one, never shows more than the call is for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from mesh.codec import decode
from mesh.errors import NotFound
from services.gitserver import pins
from services.gitserver.git import Git
from services.gitserver.names import parse_digest, parse_object, parse_public_path
from services.gitserver.publication import DIGESTS, TrialPart, digest_path, published_ref, version_ref, with_paths
from services.gitserver.repository import MAIN, Blob, Repository
from services.gitserver.shelf import Shelf
from services.gitserver.statement_parts import whole_latex
from wire.judging import BlobRequest, JudgingManifest
from wire.problems import (
    CASE_PARTS, INPUT, CaseFileRequest, ExpectedSubmission, ImportAnswer, ManifestRequest, ProblemRequest, PublicFileRequest, Statement, StatementRequest,
)  # fmt: skip
from wire.verification import PackageTrial, TrialRequest

MOST_SOURCES_BYTES: Final = 64 << 20


class Library:
    """What the calls read. Raises everywhere: `NotFound` (``no-such-problem``, ``no-such-version``).

    ``streaming`` has places of its own: files go at the pace of who takes them.
    """

    def __init__(self, shelf: Shelf, streaming: Git) -> None:
        self._shelf = shelf
        self._streaming = streaming

    async def problem(self, request: ProblemRequest) -> ImportAnswer:
        """The card of a problem at a commit, with its owner."""
        repository = await self._shelf.repository(request.alias)
        commit = await self._commit(repository, request)
        ref = published_ref(commit)
        card, owner, private = await repository.read(f"{ref}:card.json", f"{ref}:owner", f"{ref}:private")
        if card is None or owner is None or private is None:
            raise _no_version(request.alias, commit)
        made = decode(ImportAnswer, b'{"card":%s,"owner":""}' % card.content)
        answer = replace(made, card=replace(made.card, alias=request.alias, commit=commit, version=private.oid), owner=owner.content.decode())
        return pins.answer_with(answer, await pins.pinned(repository, private.oid)) if answer.card.is_provisional else answer

    async def statement(self, request: StatementRequest) -> Statement:
        """A statement in the language, else in English, else in any. Raises: `NotFound` (``no-statement``)."""
        answer = await self.problem(ProblemRequest(request.alias, request.commit))
        card = answer.card
        wanted = (request.language, request.language.partition("-")[0], "en")
        ranked = sorted(card.statements, key=lambda one: wanted.index(one.language) if one.language in wanted else len(wanted))
        if not ranked:
            raise NotFound(f"{request.alias!r} has no statement", code="no-statement")
        chosen = ranked[0]
        text = ""
        repository = await self._shelf.repository(request.alias)
        if chosen.format != "pdf":
            (found,) = await repository.read(f"{published_ref(card.commit)}:public/{chosen.path}")
            if found is None:
                raise _no_version(request.alias, card.commit)
            text = found.content.decode("utf-8-sig")
        figures: tuple[str, ...] = ()
        if chosen.format == "latex":
            text, figures = await whole_latex(repository, f"{published_ref(card.commit)}:public", chosen.path, text)
        return Statement(chosen.language, chosen.format, chosen.path, chosen.title or card.title, text, chosen.pages, figures)

    async def submissions(self, request: ProblemRequest) -> tuple[ExpectedSubmission, ...]:
        """The package's own submissions, with sources and allowed verdicts, sorted by path."""
        repository = await self._shelf.repository(request.alias)
        ref = published_ref(await self._commit(repository, request))
        (listed,) = await repository.read(f"{ref}:submissions.json")
        if listed is None:
            raise _no_version(request.alias, request.commit)
        named = decode(tuple[ExpectedSubmission, ...], listed.content)
        sources = await repository.read(*(f"{ref}:protected/{_source_path(one)}" for one in named), most_bytes=MOST_SOURCES_BYTES)
        return tuple(
            replace(one, source=source.content.decode()) for one, source in zip(named, sources, strict=True) if source is not None
        )

    async def trial(self, request: TrialRequest) -> PackageTrial:
        """All that trying a commit out needs. What was published before there were trials has no input validators in it."""
        newest = await self._commit(await self._shelf.repository(request.alias), ProblemRequest(request.alias))
        card = (await self.problem(ProblemRequest(request.alias, request.commit))).card
        repository = await self._shelf.repository(request.alias)
        (found,) = await repository.read(f"{published_ref(card.commit)}:trial.json")
        part = TrialPart() if found is None else decode(TrialPart, found.content)
        manifest = with_paths(await self.manifest(ManifestRequest(request.alias, card.version)), part.paths)
        submissions = await self.submissions(ProblemRequest(request.alias, card.commit))
        is_newest = newest == card.commit
        return PackageTrial(manifest, part.input_validators, submissions, part.limit_rule, is_newest, part.findings, part.probes, part.programs)

    async def manifest(self, request: ManifestRequest) -> JudgingManifest:
        """What judging a version needs to know."""
        return await self.manifest_of(await self._shelf.repository(request.alias), request.alias, parse_object(request.version))

    async def manifest_of(self, repository: Repository, alias: str, version: str) -> JudgingManifest:
        """The same, of a repository at hand."""
        (found,) = await repository.read(f"{version_ref(version)}:judging.json")
        if found is None:
            raise _no_version(alias, version)
        manifest = replace(decode(JudgingManifest, found.content), problem=alias, version=version)
        return pins.manifest_with(manifest, await pins.pinned(repository, version) if manifest.is_provisional else None)

    @asynccontextmanager
    async def file(self, request: PublicFileRequest) -> AsyncIterator[Blob]:
        """A file of the public tree. Raises: `NotFound` (``no-such-file``)."""
        repository = await self._shelf.repository(request.alias)
        path = parse_public_path(request.path)
        commit = await self._commit(repository, ProblemRequest(request.alias, request.commit))
        async with Repository(self._streaming, repository.folder).blob(f"{published_ref(commit)}:public/{path}") as blob:
            if blob is None:
                raise NotFound(f"{path!r} is no file of the problem {request.alias!r}", code="no-such-file")
            yield blob

    @asynccontextmanager
    async def blob(self, request: BlobRequest) -> AsyncIterator[Blob]:
        """A test case or checker file of any version by its SHA-256. Raises: `NotFound` (``no-such-blob``)."""
        repository = await self._shelf.repository(request.problem)
        path = digest_path(parse_digest(request.digest))
        async with Repository(self._streaming, repository.folder).blob(f"{DIGESTS}:{path}") as blob:
            if blob is None:
                raise NotFound(f"no version of {request.problem!r} has a file {request.digest}", code="no-such-blob")
            yield blob

    @asynccontextmanager
    async def case(self, request: CaseFileRequest) -> AsyncIterator[Blob]:
        """The input of a test case, or its answer. Raises: `NotFound` (``no-such-case``), for a case without such a file too."""
        cases = (await self.manifest(ManifestRequest(request.alias, request.version))).cases
        case = cases[request.index] if 0 <= request.index < len(cases) else None
        digest = "" if case is None or request.part not in CASE_PARTS else case.input if request.part == INPUT else case.answer
        if not digest:
            raise NotFound(f"this version of {request.alias!r} has no {request.part} of a case {request.index + 1}", code="no-such-case")
        async with self.blob(BlobRequest(request.alias, digest)) as blob:
            yield blob

    async def _commit(self, repository: Repository, request: ProblemRequest) -> str:
        if request.commit:
            return parse_object(request.commit)
        (newest,) = await repository.resolve(MAIN)
        if newest is None:
            raise _no_version(request.alias, "main")
        return newest


def _source_path(one: ExpectedSubmission) -> str:
    return f"{one.path}/{one.filename}" if one.filename else one.path


def _no_version(alias: str, version: str) -> NotFound:
    return NotFound(f"the problem {alias!r} has no version {version!r}", code="no-such-version")
