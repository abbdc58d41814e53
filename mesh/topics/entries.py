"""Owns the form and order of news ids, and the rule that says whether a replay is complete. Never stores news."""

from __future__ import annotations

from mesh.errors import Refused

BEGINNING = "0-0"
"""The id before every other: replay after it means all that is remembered."""


def position(entry_id: str) -> tuple[int, int]:
    """The order of an id, ``milliseconds-number``. Raises: `Refused` (``bad-news-id``)."""
    milliseconds, dash, number = entry_id.partition("-")
    if not (dash and milliseconds.isascii() and milliseconds.isdigit() and number.isascii() and number.isdigit()):
        raise Refused(f"not an id of news: {entry_id[:60]!r}; it is written milliseconds-number", code="bad-news-id")
    if len(milliseconds) > 19 or len(number) > 19:
        raise Refused(f"not an id of news: {entry_id[:60]!r}; its numbers are too large", code="bad-news-id")
    return int(milliseconds), int(number)


def following(milliseconds: int, last: str) -> str:
    """The next id at that time, greater than ``last`` whatever the clock says."""
    last_milliseconds, last_number = position(last)
    if milliseconds > last_milliseconds:
        return f"{milliseconds}-0"
    return f"{last_milliseconds}-{last_number + 1}"


def is_complete(after: str, first_before: str | None, last: str) -> bool:
    """Whether nothing is missing between ``after`` and the replayed news.

    ``first_before`` is the id that came before the first replayed entry (None: nothing to replay), ``last`` the newest id
    that the topic knows. Whoever holds an id older than the topic's first entry, or newer than its last, lived
    through a loss of the store.
    """
    if first_before is None:
        return after == last
    if first_before == BEGINNING:
        return after == BEGINNING
    return position(first_before) <= position(after)
