"""Owns the manifests that runs are judged by: asked of the gitserver once per version, kept. Never judges by another version."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from contest.allowances import NO_ALLOWANCES, Allowances
from mesh.errors import Broken, Forbidden, MeshError, Unauthenticated
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.rpc.client import Peer
from services.grader.conclusions import check
from wire.judging import JudgingManifest, Program, TestCase
from wire.methods import GITSERVER_LIMIT, GITSERVER_MANIFEST, GITSERVER_TRIAL, Method
from wire.problems import ManifestRequest
from wire.verification import PackageTrial, PinLimit, TrialRequest

_MOST_KEPT = 256
_BROKEN_TRIES = 5
_FIRST_PAUSE_S = 0.1
PROVISIONAL_S = 5.0
"""So long a manifest counts whose limit is to be measured: another grader may have measured it meanwhile."""

Req = TypeVar("Req")
Resp = TypeVar("Resp")


class NoManifest(Exception):
    """There is none, and there will be none by asking again; its text is for the jury."""


class Manifests:
    """Manifests by problem and version. One fetch at a time for each, whoever waits for it."""

    def __init__(
        self, gitserver: Peer, longest_pause_s: float, metrics: Metrics, log: Log, allowances: Allowances = NO_ALLOWANCES
    ) -> None:
        self.allowances = allowances
        self._gitserver = gitserver
        self._longest_pause_s = longest_pause_s
        self._fetches = metrics.counter("manifest_fetches_total")
        self._log = log
        self._kept: OrderedDict[tuple[str, str], JudgingManifest] = OrderedDict()
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._digests_of: dict[tuple[str, str], frozenset[str]] = {}
        self._asked_at: dict[tuple[str, str], float] = {}
        self._lent: dict[object, tuple[str, frozenset[str]]] = {}

    async def find(self, problem: str, version: str) -> JudgingManifest:
        """The manifest; waits for as long as the gitserver is away. Raises: `NoManifest`."""
        key = (problem, version)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            manifest = self._kept.get(key)
            if manifest is None or self._is_stale(key, manifest):
                try:
                    manifest = await self._fetch(problem, version)
                except NoManifest:
                    self._locks.pop(key, None)
                    raise
                self._keep(key, manifest)
            self._kept.move_to_end(key)
        return manifest

    async def trial(self, problem: str, commit: str) -> PackageTrial:
        """All that trying a commit out needs; waits for as long as the gitserver is away. Raises: `NoManifest`."""
        trial = await self._ask(GITSERVER_TRIAL, TrialRequest(problem, commit), f"problem {problem!r} at commit {commit[:12]}")
        _require_judgeable(trial.manifest)
        return trial

    async def pin_limit(self, problem: str, version: str, cpu_ms: int) -> int:
        """Makes a measured limit that of a version, unless it has one; the limit in force. Raises: `NoManifest`."""
        pinned = await self._ask(GITSERVER_LIMIT, PinLimit(problem, version, cpu_ms), f"the limit of problem {problem!r}")
        self._asked_at.pop((problem, version), None)
        return pinned.cpu_ms

    @contextmanager
    def lending(self, trial: PackageTrial) -> Iterator[None]:
        """While the block runs, runners may have the files that the trial needs besides those of manifests that are kept."""
        key, alias = object(), trial.manifest.problem
        programs = [one.program for one in trial.input_validators]
        files = {file.digest for program in programs for file in program.files} | {file.digest for one in trial.submissions for file in one.files}
        files |= {digest for probe in trial.probes for digest in (*_digests_of(probe.case), probe.output)}
        self._lent[key] = (alias, frozenset(files | set(_digests(trial.manifest))))
        try:
            yield
        finally:
            del self._lent[key]

    def has_file(self, problem: str, digest: str) -> bool:
        """Whether judging that problem, in a version that is kept or by a trial, needs that file."""
        kept = ((alias, digests) for (alias, _), digests in self._digests_of.items())
        return any(alias == problem and digest in digests for alias, digests in (*self._lent.values(), *kept))

    def _is_stale(self, key: tuple[str, str], manifest: JudgingManifest) -> bool:
        return manifest.is_provisional and _now() - self._asked_at.get(key, -PROVISIONAL_S) >= PROVISIONAL_S

    async def _fetch(self, problem: str, version: str) -> JudgingManifest:
        manifest = await self._ask(GITSERVER_MANIFEST, ManifestRequest(problem, version), f"problem {problem!r} in version {version!r}")
        _require_judgeable(manifest)
        return manifest

    async def _ask(self, method: Method[Req, Resp], request: Req, what: str) -> Resp:
        broken, pause_s = 0, _FIRST_PAUSE_S
        while True:
            try:
                answer = await self._gitserver.call(method, request)
            except MeshError as wrong:
                self._fetches.labels(wrong.code).inc()
                broken += isinstance(wrong, Broken)
                is_operators_affair = isinstance(wrong, Forbidden | Unauthenticated)
                if not (wrong.is_retryable or is_operators_affair or (isinstance(wrong, Broken) and broken < _BROKEN_TRIES)):
                    raise NoManifest(f"the gitserver has no manifest of {what}: {wrong.message} ({wrong.code})") from wrong
                self._log.warning("manifest-awaited", about=what, code=wrong.code, reason=wrong.message)
            else:
                self._fetches.labels("ok").inc()
                return answer
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, self._longest_pause_s)

    def _keep(self, key: tuple[str, str], manifest: JudgingManifest) -> None:
        self._kept[key] = manifest
        self._asked_at[key] = _now()
        self._digests_of[key] = frozenset(_digests(manifest))
        while len(self._kept) > _MOST_KEPT:
            oldest, _ = self._kept.popitem(last=False)
            del self._digests_of[oldest]
            self._asked_at.pop(oldest, None)
            self._locks.pop(oldest, None)


def _require_judgeable(manifest: JudgingManifest) -> None:
    fault = check(manifest)
    if fault:
        raise NoManifest(f"problem {manifest.problem!r} in version {manifest.version!r} cannot be judged: {fault}")


def _digests(manifest: JudgingManifest) -> Iterator[str]:
    for case in manifest.cases:
        yield from _digests_of(case)
    for program in _programs(manifest):
        for file in program.files:
            yield file.digest


def _digests_of(case: TestCase) -> Iterator[str]:
    yield from (case.input, case.answer, *(file.digest for file in case.files))


def _programs(manifest: JudgingManifest) -> Iterable[Program]:
    yield from manifest.includes
    if manifest.grader is not None:
        yield manifest.grader
    for checker in (manifest.checker, *manifest.more_checkers, manifest.interactor, manifest.static_validator):
        if checker is not None and checker.program is not None:
            yield checker.program


def _now() -> float:
    return asyncio.get_running_loop().time()
