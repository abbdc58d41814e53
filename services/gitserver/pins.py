"""Owns the measured time limits of judging versions: where they stand, and how they come into force. Never measures or pins one.

    refs/palestra/limits/VERSION           the limit in milliseconds of CPU, as a blob
"""

from __future__ import annotations

from dataclasses import replace

from services.gitserver.repository import Repository
from wire.judging import JudgingManifest
from wire.problems import ImportAnswer


def limit_ref(version: str) -> str:
    """The ref of a version's measured limit."""
    return f"refs/palestra/limits/{version}"


async def pinned(repository: Repository, version: str) -> int | None:
    """The measured limit of a version in milliseconds, None when none was."""
    (found,) = await repository.read(limit_ref(version), most_bytes=64)
    return None if found is None else int(found.content)


def manifest_with(manifest: JudgingManifest, cpu_ms: int | None) -> JudgingManifest:
    """The manifest with its measured limit, if there is one; a limit that the package states is never another."""
    if cpu_ms is None or not manifest.is_provisional:
        return manifest
    return replace(manifest, limits=manifest.limits.at_cpu(cpu_ms), is_provisional=False)


def answer_with(answer: ImportAnswer, cpu_ms: int | None) -> ImportAnswer:
    """The card with its measured limit, if there is one."""
    if cpu_ms is None or not answer.card.is_provisional:
        return answer
    return replace(answer, card=replace(answer.card, limits=answer.card.limits.at_cpu(cpu_ms), is_provisional=False))
