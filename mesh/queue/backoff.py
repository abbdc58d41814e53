"""Owns how long a message waits between tries, and how often it may be given back. Never waits itself."""

from __future__ import annotations

import random
from typing import Final

from mesh.errors import NotFound, TooLarge
from mesh.queue.contract import Declaration

GIVE_BACK_LIMIT: Final = 30
"""So often may consumers die with a message in their hands before it counts as the cause and goes to the dead letters.

Far above ``max_tries``: a consumer that dies gives back its whole window, and most of that is healthy.
"""

JITTER: Final = (0.75, 1.0, 1.25)
"""Factors on a declared wait, one at random, so that what failed together does not come back together."""

MOST_BODY_BYTES: Final = 16 << 20
MOST_DEAD_LETTERS: Final = 50_000
"""A dead-letter queue keeps so many; the oldest leave first."""


def wait_s(declaration: Declaration, tries: int) -> float:
    """Seconds until the next try of a message that was tried so often, jitter included."""
    steps = declaration.backoff_s or (1,)
    return steps[min(tries, len(steps)) - 1] * random.choice(JITTER)  # noqa: S311 (no secret)


def unknown_queue(name: str) -> NotFound:
    """The error for a queue that the table does not name."""
    return NotFound(f"there is no queue {name!r}: see wire/queues.py for those there are", code="no-such-queue")


def check_size(size_bytes: int) -> None:
    """Raises: `TooLarge` (``message-too-large``)."""
    if size_bytes > MOST_BODY_BYTES:
        raise TooLarge(
            f"a message may have {MOST_BODY_BYTES} bytes, this one has {size_bytes}: send a hash and let the peer fetch it",
            code="message-too-large",
        )
