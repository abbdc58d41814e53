"""Owns the receiving of a push: pack into a workbench, main to a valid problem, words back. Never accepts by itself.

The pack is unpacked by git into a workbench of its own, so a push that is refused leaves nothing behind. Only the list
of commands before it is ours to read: that way refs move in our one transaction, and no hook is ever run.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from mesh.errors import MeshError
from mesh.log import Log
from mesh.metrics import Metrics
from services.gitserver.acceptance import Acceptance
from services.gitserver.archive import Bounds
from services.gitserver.findings import Report
from services.gitserver.git_process import GitFailed
from services.gitserver.pktlines import FLUSH, PROGRESS, REPORT, RequestBody, side_band
from services.gitserver.push_commands import PushRequest, RefCommand, against_policy, findings_in_words, read_push, report_status
from services.gitserver.repository import NOTHING, Repository
from services.gitserver.shelf import Shelf

Say = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Receiving:
    """Takes packages that come by ``git push``."""

    shelf: Shelf
    acceptance: Acceptance
    bounds: Bounds
    metrics: Metrics
    log: Log

    async def answer(self, request: web.Request, body: RequestBody, alias: str, user: str) -> web.StreamResponse:
        """One push. Raises before it has answered: `Refused` (``bad-pkt-line``, ``shallow-push``), `TooLarge` (``push-too-large``)."""
        push = await read_push(body)
        response = web.StreamResponse(headers={"Content-Type": "application/x-git-receive-pack-result", "Cache-Control": "no-cache"})
        has_bands = "side-band-64k" in push.capabilities

        async def say(text: str) -> None:
            if has_bands and text:
                await response.write(side_band(PROGRESS, f"{text}\n".encode()))

        async with self.shelf.workbench() as bench:
            fault = await self._unpack(bench, alias, push, body)
            await response.prepare(request)
            refusals = {command.ref: fault or against_policy(command) for command in push.commands}
            if push.main is not None and not fault:
                refusals[push.main.ref] = await self._receive(bench, alias, push.main, user, say)
                if not refusals[push.main.ref]:
                    site = request.headers.get("Palestra-Site", "")[:300]
                    await say(f"accepted; what comes of trying it out will stand at {site}/problems/{alias}/report")
        if "report-status" in push.capabilities:
            report = report_status(fault, refusals)
            await response.write(side_band(REPORT, report) if has_bands else report)
        if has_bands:
            await response.write(FLUSH)
        await response.write_eof()
        return response

    async def _unpack(self, bench: Repository, alias: str, push: PushRequest, body: RequestBody) -> str:
        """Puts the pack into the workbench; why it could not be, empty when it could."""
        lender = await self.shelf.find(alias)
        if lender is not None:
            await bench.borrow(lender)
        if not push.brings_pack:
            async for _ in body.rest():
                pass
            return ""
        try:
            async with bench.git.open(
                bench.folder, "index-pack", "--stdin", "--fix-thin", "--strict", f"--max-input-size={self.bounds.packed_bytes}"
            ) as running:
                await running.feed(body.rest())
                await running.check()
        except GitFailed as broken:
            self.log.warning("pack-refused", alias=alias, why=broken.stderr)
            return f"the pack is not sound: {(broken.stderr.splitlines() or ['?'])[-1]}"
        return ""

    async def _receive(self, bench: Repository, alias: str, command: RefCommand, user: str, say: Say) -> str:
        """Moves main if it may be; why it was not, empty when it was."""
        began = time.monotonic()
        report = Report()
        failure: MeshError | None = None
        try:
            reason = await self._accept(bench, alias, command, user, report)
        except MeshError as wrong:
            reason = wrong.message
            failure = wrong if wrong.status >= 500 else None
        if failure is not None:
            self.log.error("push-failed", cause=failure, alias=alias)
        await say(findings_in_words(report))
        took_s, outcome = time.monotonic() - began, "refused" if reason else "accepted"
        self.metrics.counter("packages_total").labels("push", outcome).inc()
        self.metrics.histogram("check_seconds").labels("push").observe(took_s)
        self.log.info("package-pushed", alias=alias, owner=user, outcome=outcome, errors=report.errors, duration_s=took_s)
        return reason

    async def _accept(self, bench: Repository, alias: str, command: RefCommand, user: str, report: Report) -> str:
        commit, tree = await bench.resolve(f"{command.new}^{{commit}}", f"{command.new}^{{tree}}")
        if commit != command.new or tree is None:
            return "main must be a commit"
        known = "" if command.old == NOTHING else f"^{command.old}\n"
        try:
            await bench.git.run(bench.folder, "rev-list", "--objects", "--quiet", "--stdin", stdin=f"{commit}\n{known}".encode())
        except GitFailed as broken:
            self.log.warning("push-incomplete", alias=alias, why=broken.stderr)
            return "objects are missing: fetch, and push again"
        package = await self.acceptance.examine(bench, tree, alias, report)
        if package is None or report.is_refused:
            return f"package refused: {report.counts()}"
        await self.acceptance.accept_commit(alias, bench, commit, command.old, package, owner=user)
        return ""
