"""Owns the gitserver's side of `wire.methods`: which handler answers which call. Never does the work itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass

from prometheus_client import Counter

from mesh.rpc.contract import Call, Download
from mesh.rpc.server import RpcServer
from services.gitserver.intake import Intake
from services.gitserver.library import Library
from services.gitserver.measured import MeasuredLimits
from services.gitserver.repository import Blob
from services.gitserver.smart_http import SmartHttp
from wire.judging import BlobRequest, JudgingManifest
from wire.methods import (
    GITSERVER_BLOB, GITSERVER_CASE, GITSERVER_FILE, GITSERVER_IMPORT, GITSERVER_LIMIT, GITSERVER_MANIFEST, GITSERVER_PROBLEM, GITSERVER_SMART_HTTP,
    GITSERVER_STATEMENT, GITSERVER_SUBMISSIONS, GITSERVER_TRIAL,
)  # fmt: skip
from wire.problems import (
    CaseFileRequest, ExpectedSubmission, ManifestRequest, ProblemCard, ProblemRequest, PublicFileRequest, Statement, StatementRequest,
)  # fmt: skip
from wire.verification import PackageTrial, PinLimit, PinnedLimit, TrialRequest


@dataclass(frozen=True, slots=True)
class Calls:
    """Handlers by method."""

    library: Library
    intake: Intake
    smart_http: SmartHttp
    blob_bytes: Counter
    limits: MeasuredLimits

    def show(self, server: RpcServer) -> None:
        """Registers every method of the gitserver."""
        server.serve_upload(GITSERVER_IMPORT, self.intake.import_zip)
        server.serve(GITSERVER_PROBLEM, self._problem)
        server.serve(GITSERVER_STATEMENT, self._statement)
        server.serve(GITSERVER_SUBMISSIONS, self._submissions)
        server.serve(GITSERVER_MANIFEST, self._manifest)
        server.serve(GITSERVER_TRIAL, self._trial)
        server.serve(GITSERVER_LIMIT, self._limit)
        server.serve_download(GITSERVER_FILE, self._file)
        server.serve_download(GITSERVER_CASE, self._case)
        server.serve_download(GITSERVER_BLOB, self._blob)
        server.serve_pass(GITSERVER_SMART_HTTP, self.smart_http.answer)

    async def _problem(self, request: ProblemRequest, _call: Call) -> ProblemCard:
        return (await self.library.problem(request)).card

    async def _statement(self, request: StatementRequest, _call: Call) -> Statement:
        return await self.library.statement(request)

    async def _submissions(self, request: ProblemRequest, _call: Call) -> tuple[ExpectedSubmission, ...]:
        return await self.library.submissions(request)

    async def _manifest(self, request: ManifestRequest, _call: Call) -> JudgingManifest:
        return await self.library.manifest(request)

    async def _trial(self, request: TrialRequest, _call: Call) -> PackageTrial:
        return await self.library.trial(request)

    async def _limit(self, request: PinLimit, _call: Call) -> PinnedLimit:
        return PinnedLimit(await self.limits.pin(request))

    async def _file(self, request: PublicFileRequest, _call: Call) -> Download:
        return await _stream(self.library.file(request))

    async def _case(self, request: CaseFileRequest, _call: Call) -> Download:
        return await _stream(self.library.case(request))

    async def _blob(self, request: BlobRequest, _call: Call) -> Download:
        download = await _stream(self.library.blob(request))
        self.blob_bytes.inc(download.size_bytes)
        return download


async def _stream(opening: AbstractAsyncContextManager[Blob]) -> Download:
    """An opened blob as a download; whoever reads or closes the chunks closes the blob."""
    async with AsyncExitStack() as stack:
        blob = await stack.enter_async_context(opening)
        held = stack.pop_all()

    async def chunks() -> AsyncIterator[bytes]:
        async with held:
            async for chunk in blob.chunks:
                yield chunk

    return Download(blob.size_bytes, chunks())
