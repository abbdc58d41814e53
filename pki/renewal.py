"""Owns the renewal of leaves where the authority's key is at hand: the embedded house. Never touches a connection.

Services notice the new files by themselves and swap them in; a machine without the key gets its leaves from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from pki.errors import PkiError
from pki.leaf import due_at
from pki.registrar import Registrar

_LONGEST_SLEEP_S: Final = 15.0
_SHORTEST_SLEEP_S: Final = 0.25
_AFTER_FAILURE_S: Final = 30.0


async def keep_fresh(
    registrar: Registrar,
    names: Sequence[str],
    *,
    renewed: Callable[[Sequence[str]], None],
    failed: Callable[[Exception], None],
) -> None:
    """Renews these leaves when they are due, for ever: cancel it to end it.

    ``renewed`` hears whose leaves are new; ``failed`` hears an `PkiError` or `OSError`, after which it tries again in 30 s.
    """
    while True:
        try:
            fresh = await asyncio.to_thread(registrar.renew, names)
            pause_s = await asyncio.to_thread(_until_due_s, registrar, names)
        except (PkiError, OSError) as wrong:
            failed(wrong)
            pause_s = _AFTER_FAILURE_S
        else:
            if fresh:
                renewed(fresh)
        await asyncio.sleep(pause_s)


def _until_due_s(registrar: Registrar, names: Sequence[str]) -> float:
    """Seconds to the next one that is due, bounded: a clock may jump, an operator may revoke."""
    moments: list[datetime] = [
        due_at(leaf.certificate) for name in names if (leaf := registrar.store.read_leaf(name)) is not None
    ]
    wait_s = min(((moment - registrar.now()).total_seconds() for moment in moments), default=_LONGEST_SLEEP_S)
    return max(_SHORTEST_SLEEP_S, min(wait_s, _LONGEST_SLEEP_S))
