"""Owns the SQL of the queue journal, one row a message. Never runs any.

``due_us`` is when a message comes back or, of a dead one, when it died. ``tries`` counts finished tries, of a dead one all.
"""

from __future__ import annotations

from typing import Final

SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS messages (
        seq INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, headers TEXT NOT NULL,
        correlation TEXT NOT NULL, published_us INTEGER NOT NULL, due_us INTEGER NOT NULL DEFAULT 0,
        tries INTEGER NOT NULL DEFAULT 0, give_backs INTEGER NOT NULL DEFAULT 0, is_held INTEGER NOT NULL DEFAULT 0,
        is_dead INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX IF NOT EXISTS dead_messages ON messages (queue, due_us, seq) WHERE is_dead",
)
INSERT: Final = "INSERT INTO messages (seq, queue, id, body, headers, correlation, published_us) VALUES (?, ?, ?, ?, ?, ?, ?)"
DELETE: Final = "DELETE FROM messages WHERE seq = ?"
HOLD: Final = "UPDATE messages SET is_held = 1 WHERE seq = ?"
GIVE_BACK: Final = "UPDATE messages SET is_held = 0 WHERE seq = ?"
WAIT: Final = "UPDATE messages SET is_held = 0, tries = ?, due_us = ?, error = ? WHERE seq = ?"
BURY: Final = "UPDATE messages SET is_held = 0, is_dead = 1, tries = ?, give_backs = 0, due_us = ?, error = ? WHERE seq = ?"
REPLAY: Final = (
    "UPDATE messages SET seq = ?, is_dead = 0, tries = 0, give_backs = 0, due_us = 0, error = '', published_us = ? WHERE seq = ?"
)
COUNT_GIVE_BACKS: Final = "UPDATE messages SET give_backs = give_backs + 1, is_held = 0 WHERE is_held = 1"
BURY_DEADLY: Final = (
    "UPDATE messages SET is_dead = 1, tries = tries + give_backs, give_backs = 0, due_us = ?, error = ? "
    "WHERE is_dead = 0 AND give_backs >= ?"
)
LOAD: Final = (
    "SELECT seq, queue, id, headers, correlation, published_us, due_us, tries, give_backs, is_dead FROM messages "
    "ORDER BY is_dead, CASE WHEN is_dead THEN due_us END, seq"
)
DEAD: Final = (
    "SELECT id, body, headers, correlation, error, tries FROM messages WHERE queue = ? AND is_dead ORDER BY due_us, seq LIMIT ?"
)


def bodies(count: int) -> str:
    """Asks for the bodies of so many messages by ``seq``."""
    marks = ", ".join("?" * count)
    return f"SELECT seq, body FROM messages WHERE seq IN ({marks})"  # noqa: S608 (question marks only)
