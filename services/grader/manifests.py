"""Owns the manifests that runs are judged by: asked of the gitserver once per version, kept. Never judges by another version."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator

from mesh.errors import Broken, Forbidden, MeshError, Unauthenticated
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.rpc.client import Peer
from services.grader.conclusions import check
from wire.judging import JudgingManifest
from wire.methods import GITSERVER_MANIFEST
from wire.problems import ManifestRequest

_MOST_KEPT = 256
_BROKEN_TRIES = 5
_FIRST_PAUSE_S = 0.1


class NoManifest(Exception):
    """There is none, and there will be none by asking again; its text is for the jury."""


class Manifests:
    """Manifests by problem and version. One fetch at a time for each, whoever waits for it."""

    def __init__(self, gitserver: Peer, longest_pause_s: float, metrics: Metrics, log: Log) -> None:
        self._gitserver = gitserver
        self._longest_pause_s = longest_pause_s
        self._fetches = metrics.counter("manifest_fetches_total")
        self._log = log
        self._kept: OrderedDict[tuple[str, str], JudgingManifest] = OrderedDict()
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._digests_of: dict[tuple[str, str], frozenset[str]] = {}

    async def find(self, problem: str, version: str) -> JudgingManifest:
        """The manifest; waits for as long as the gitserver is away. Raises: `NoManifest`."""
        key = (problem, version)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            manifest = self._kept.get(key)
            if manifest is None:
                try:
                    manifest = await self._fetch(problem, version)
                except NoManifest:
                    self._locks.pop(key, None)
                    raise
                self._keep(key, manifest)
            self._kept.move_to_end(key)
        return manifest

    def has_file(self, problem: str, digest: str) -> bool:
        """Whether judging that problem, in a version that is kept, needs that file."""
        return any(digest in digests for (alias, _), digests in self._digests_of.items() if alias == problem)

    async def _fetch(self, problem: str, version: str) -> JudgingManifest:
        broken, pause_s = 0, _FIRST_PAUSE_S
        while True:
            try:
                manifest = await self._gitserver.call(GITSERVER_MANIFEST, ManifestRequest(problem, version))
            except MeshError as wrong:
                self._fetches.labels(wrong.code).inc()
                broken += isinstance(wrong, Broken)
                is_operators_affair = isinstance(wrong, Forbidden | Unauthenticated)
                if not (wrong.is_retryable or is_operators_affair or (isinstance(wrong, Broken) and broken < _BROKEN_TRIES)):
                    raise NoManifest(
                        f"the gitserver has no manifest of problem {problem!r} in version {version!r}: {wrong.message} ({wrong.code})"
                    ) from wrong
                self._log.warning("manifest-awaited", problem=problem, version=version, code=wrong.code, reason=wrong.message)
            else:
                self._fetches.labels("ok").inc()
                fault = check(manifest)
                if fault:
                    raise NoManifest(f"problem {problem!r} in version {version!r} cannot be judged: {fault}")
                return manifest
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, self._longest_pause_s)

    def _keep(self, key: tuple[str, str], manifest: JudgingManifest) -> None:
        self._kept[key] = manifest
        self._digests_of[key] = frozenset(_digests(manifest))
        while len(self._kept) > _MOST_KEPT:
            oldest, _ = self._kept.popitem(last=False)
            del self._digests_of[oldest]
            self._locks.pop(oldest, None)


def _digests(manifest: JudgingManifest) -> Iterator[str]:
    for case in manifest.cases:
        yield case.input
        yield case.answer
    if manifest.checker.program is not None:
        for file in manifest.checker.program.files:
            yield file.digest
