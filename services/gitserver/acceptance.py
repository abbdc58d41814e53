"""Owns the way from a commit in a workbench to the newest version of a problem: examine, publish, announce. Never unpacks anything."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from mesh.clock import Clock
from mesh.errors import Conflict, Forbidden
from services.gitserver.announcer import Announcer
from services.gitserver.archive import Bounds
from services.gitserver.findings import Report
from services.gitserver.formats import read_package
from services.gitserver.formats.package import Package
from services.gitserver.library import Library
from services.gitserver.publication import Publication, publish
from services.gitserver.repository import MAIN, NOTHING, Repository
from services.gitserver.shelf import Shelf
from services.gitserver.snapshot import read_snapshot
from wire.problems import ImportAnswer, ProblemRequest


class Acceptance:
    """Takes commits in. One problem changes once at a time; what is refused leaves nothing behind."""

    def __init__(self, shelf: Shelf, library: Library, announcer: Announcer, clock: Clock, bounds: Bounds) -> None:
        self._shelf = shelf
        self._library = library
        self._announcer = announcer
        self._clock = clock
        self._bounds = bounds

    async def examine(self, bench: Repository, tree: str, alias: str, report: Report) -> Package | None:
        """The package that a tree holds; None when the report refuses it."""
        files = await read_snapshot(bench, tree, self._bounds, report)
        if not len(files) and report.is_refused:
            return None
        package = await asyncio.to_thread(read_package, files, alias, report)
        return None if package is None else replace(package, findings=report.findings())

    async def accept_tree(
        self, alias: str, bench: Repository, tree: str, package: Package, *, owner: str, message: str, is_chosen: bool
    ) -> tuple[ImportAnswer, bool]:
        """Puts a tree on top of main, by a new commit unless it is main's own; and whether it was new.

        Raises: `Forbidden` (``alias-taken``) when the alias was not chosen by a person (``is_chosen``) and is somebody else's.
        """
        async with self._shelf.holding(alias):
            repository = await self._shelf.find(alias)
            if repository is None:
                commit = await bench.commit_tree(tree, (), message, owner, self._clock.now())
                return await self._finish(bench, None, Publication(alias, commit, NOTHING, owner, package)), True
            newest = await self._library.problem(ProblemRequest(alias))
            if not is_chosen and newest.owner != owner:
                raise Forbidden(
                    f"the package calls itself {alias!r}, which is somebody else's problem: bring it under another alias", code="alias-taken"
                )
            old, old_tree = await repository.resolve(MAIN, f"{MAIN}^{{tree}}")
            if old is not None and old_tree == tree:
                await self._announcer.announce(newest)
                return newest, False
            await bench.borrow(repository)
            commit = await bench.commit_tree(tree, () if old is None else (old,), message, owner, self._clock.now())
            publication = Publication(alias, commit, old or NOTHING, newest.owner, package)
            return await self._finish(bench, repository, publication), True

    async def accept_commit(self, alias: str, bench: Repository, commit: str, old: str, package: Package, *, owner: str) -> ImportAnswer:
        """Moves main from ``old`` to a commit that lies on top of it. Raises: `Conflict` (``stale-push``, ``non-fast-forward``)."""
        async with self._shelf.holding(alias):
            repository = await self._shelf.find(alias)
            if repository is None:
                if old != NOTHING:
                    raise _stale()
                return await self._finish(bench, None, Publication(alias, commit, NOTHING, owner, package))
            (main,) = await repository.resolve(MAIN)
            if (main or NOTHING) != old:
                raise _stale()
            await bench.borrow(repository)
            if main is not None and not await bench.is_ancestor(main, commit):
                raise Conflict("this is not on top of what is there: fetch, merge or rebase, and push again", code="non-fast-forward")
            newest = await self._library.problem(ProblemRequest(alias))
            return await self._finish(bench, repository, Publication(alias, commit, old, newest.owner, package))

    async def _finish(self, bench: Repository, repository: Repository | None, publication: Publication) -> ImportAnswer:
        if not await publish(self._shelf, bench, repository, publication):
            raise _stale()
        answer = await self._library.problem(ProblemRequest(publication.alias, publication.commit))
        await self._announcer.announce(answer)
        return answer


def with_findings(answer: ImportAnswer, report: Report) -> ImportAnswer:
    """The answer with what the checks had to say."""
    return replace(answer, findings=report.findings())


def _stale() -> Conflict:
    return Conflict("the problem has changed meanwhile: fetch, and push again", code="stale-push")
