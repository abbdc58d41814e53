"""What statements are made of, read without rendering: both who looks at a package and who shows it go by this room. It is no service, and knows none."""

from __future__ import annotations

from typing import Final

MAX_STATEMENT_CHARS: Final = 80_000
"""A statement is shown up to this length: what is longer is a file to save, and no package with it is taken."""
