"""Owns the two calls by which a house on one machine gets and keeps its certificates. Everything else is the registrar's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from pki.registrar import Registrar
from pki.renewal import keep_fresh
from pki.store import Store


def bootstrap(folder: Path, *, leaf_life_h: float = 24.0) -> list[str]:
    """Makes the authority and every leaf that is missing, broken or due; returns whose leaves are new. Idempotent.

    Raises: `pki.errors.PkiError`.
    """
    return _registrar(folder, leaf_life_h).bootstrap()


def can_renew(folder: Path) -> bool:
    """Whether the authority's key can be read here, so that `renew_for_ever` has something to do."""
    return Registrar(Store(folder)).can_sign()


async def renew_for_ever(
    folder: Path,
    names: Sequence[str],
    *,
    leaf_life_h: float = 24.0,
    renewed: Callable[[Sequence[str]], None],
    failed: Callable[[Exception], None],
) -> None:
    """Renews these leaves at two thirds of their life until it is cancelled; the services swap them in by themselves."""
    await keep_fresh(_registrar(folder, leaf_life_h), names, renewed=renewed, failed=failed)


def _registrar(folder: Path, leaf_life_h: float) -> Registrar:
    return Registrar(Store(folder), leaf_life=timedelta(hours=leaf_life_h))
