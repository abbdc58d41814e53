"""Owns the event loop of the tests: asyncio's own, except that what was closed in it is gone when it closes.

A line that was closed over TLS waits for the other side's goodbye. A test that ends before that comes would leave it to the garbage
collector, which finds it unclosed while some later test runs, and fails that one.
"""

from __future__ import annotations

import asyncio


class SettledLoop(asyncio.SelectorEventLoop):
    """What nobody closed is still found."""

    def close(self) -> None:
        if not self.is_closed():
            for line in list(self._transports.values()):  # type: ignore[attr-defined]  # asyncio's own list, by file descriptor
                if _was_closed(line):
                    line.abort()
            self.run_until_complete(asyncio.sleep(0))
        super().close()


def _was_closed(line: asyncio.Transport) -> bool:
    """By itself, or as what lies under TLS."""
    above = getattr(line.get_protocol(), "_app_transport", None)
    return line.is_closing() or (above is not None and above.is_closing())
