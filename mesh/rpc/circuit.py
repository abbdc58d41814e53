"""Owns the circuit of one peer: after failures in a row, calls fail at once for a while instead of waiting in vain. Never calls.

    closed ──5 failures in a row──▶ open ──after the pause──▶ one probe ──answers──▶ closed
                                     ▲                            └──fails: pause doubles──┘
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

FAILURES: Final = 5
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 5.0


class Circuit:
    """One peer's state; ``changed`` hears whether it is open. ``failures`` in a row open it."""

    def __init__(
        self, now: Callable[[], float], changed: Callable[[bool], None], *,
        failures: int = FAILURES, first_pause_s: float = FIRST_PAUSE_S, longest_pause_s: float = LONGEST_PAUSE_S,
    ) -> None:  # fmt: skip
        self._now = now
        self._changed = changed
        self._most_failures = failures
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._failures = 0
        self._pause_s = first_pause_s
        self._opens_at = 0.0
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls fail at once, but for a probe."""
        return self._failures >= self._most_failures

    def wait_s(self) -> float:
        """0 when a call may go out now (it must report back), else the seconds until one may."""
        if not self.is_open:
            return 0.0
        left = self._opens_at - self._now()
        if left > 0:
            return left
        if self._is_probing:
            return self._pause_s
        self._is_probing = True
        return 0.0

    def succeeded(self) -> None:
        """The peer answered, whatever it said."""
        if self._failures:
            self.reset()

    def failed(self) -> None:
        """The peer could not be reached, or broke off, or said nothing in time."""
        was_open = self.is_open
        self._failures += 1
        self._is_probing = False
        if self.is_open:
            if was_open:
                self._pause_s = min(self._pause_s * 2, self._longest_pause_s)
            self._opens_at = self._now() + self._pause_s * random.uniform(0.8, 1.2)  # noqa: S311  jitter is no secret
        if self.is_open and not was_open:
            self._changed(True)

    def abandoned(self) -> None:
        """The call was given up by its caller: it says nothing about the peer."""
        self._is_probing = False

    def reset(self) -> None:
        """Forgets everything: the peer is another one now, or we are."""
        was_open = self.is_open
        self._failures, self._pause_s, self._opens_at, self._is_probing = 0, self._first_pause_s, 0.0, False
        if was_open:
            self._changed(False)
