"""Owns the bringing of a zip: bytes to a file, file to a commit, commit to the newest version. Never decides what is valid."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

from mesh.codec import as_builtins
from mesh.errors import Invalid, MeshError, TooLarge
from mesh.ids import new_id
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.rpc.contract import Call
from services.gitserver.acceptance import Acceptance, with_findings
from services.gitserver.archive import Bounds, Poured, pour
from services.gitserver.findings import Report
from services.gitserver.names import alias_from, parse_alias
from services.gitserver.publication import INCOMING
from services.gitserver.repository import NOTHING, RefChange, Repository
from services.gitserver.shelf import Shelf
from wire.problems import ImportAnswer, ImportRequest

_WRITE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes packages that come as zips."""

    shelf: Shelf
    acceptance: Acceptance
    bounds: Bounds
    metrics: Metrics
    log: Log

    async def import_zip(self, request: ImportRequest, call: Call, body: AsyncIterator[bytes]) -> ImportAnswer:
        """The accepted package's card. Raises: `Invalid` (``package-refused``; ``details`` lists every finding), `TooLarge`."""
        del call
        if request.alias:
            parse_alias(request.alias)
        report = Report()
        async with self._received(body) as archive:
            began = time.monotonic()
            outcome = "failed"
            try:
                answer, is_new = await self._accepted(request, archive, report)
                outcome = "accepted" if is_new else "unchanged"
            except MeshError as wrong:
                outcome = "refused" if isinstance(wrong, Invalid) else wrong.code
                raise
            finally:
                took_s = time.monotonic() - began
                self.metrics.counter("packages_total").labels("upload", outcome).inc()
                self.metrics.histogram("check_seconds").labels("upload").observe(took_s)
                self.log.info("package-brought", alias=request.alias, owner=request.owner, outcome=outcome, duration_s=took_s)
        return with_findings(answer, report)

    async def _accepted(self, request: ImportRequest, archive: Path, report: Report) -> tuple[ImportAnswer, bool]:
        async with self.shelf.workbench() as bench:
            poured = await self._poured(bench, archive, report)
            if not poured.files and report.is_refused:
                raise refusal(report)
            tree, commit = await bench.resolve(f"{INCOMING}^{{tree}}", INCOMING)
            assert tree is not None
            assert commit is not None
            await bench.move([RefChange(INCOMING, NOTHING, commit)])
            folder_alias = alias_from(poured.top_folder)
            package = await self.acceptance.examine(bench, tree, request.alias or folder_alias or "problem", report)
            if package is None or report.is_refused:
                raise refusal(report)
            alias = request.alias or folder_alias or alias_from(package.title)
            if not alias:
                raise Invalid("no alias can be made of the package's folder or title: give one", code="bad-alias")
            message = request.message.strip() or f"Upload by {request.owner}"
            return await self.acceptance.accept_tree(
                alias, bench, tree, package, owner=request.owner, message=message, is_chosen=bool(request.alias)
            )

    async def _poured(self, bench: Repository, archive: Path, report: Report) -> Poured:
        def work(process: subprocess.Popen[bytes]) -> Poured:
            assert process.stdin is not None
            done = pour(archive, process.stdin, self.bounds, report)
            process.stdin.close()
            return done

        return await bench.git.work(bench.folder, "fast-import", "--quiet", "--done", "--depth=0", work=work)

    @asynccontextmanager
    async def _received(self, body: AsyncIterator[bytes]) -> AsyncIterator[Path]:
        """The body in a file of its own, gone afterwards. Raises: `TooLarge` (``package-too-large``)."""
        git = self.shelf.git
        path = self.shelf.incoming / f"upload-{new_id()}.zip"
        try:
            stream = await git.in_thread(lambda: path.open("xb"))
            try:
                await self._fill(stream, body)
            finally:
                await git.in_thread(stream.close)
            yield path
        finally:
            await git.in_thread(lambda: path.unlink(missing_ok=True))

    async def _fill(self, stream: IO[bytes], body: AsyncIterator[bytes]) -> None:
        held, total = bytearray(), 0
        async for chunk in body:
            total += len(chunk)
            if total > self.bounds.packed_bytes:
                raise TooLarge(f"a package may have at most {self.bounds.packed_bytes} bytes", code="package-too-large")
            held += chunk
            if len(held) >= _WRITE_BYTES:
                await self.shelf.git.in_thread(partial(stream.write, bytes(held)))
                held.clear()
        await self.shelf.git.in_thread(partial(stream.write, bytes(held)))


def refusal(report: Report) -> Invalid:
    """The error that a refused package is answered with: every finding in its details."""
    return Invalid(f"the package is refused: {report.summary()}", code="package-refused", details=as_builtins(report.findings()))
