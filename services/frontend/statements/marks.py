"""Owns the marks by which a statement says where samples stand, and the page's parts that come of them. Never shows a sample.

A mark is a paragraph of its own with signs for private use around it: cleaning leaves it alone, and no statement has those by chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from wire.problems import Sample

_MARK: Final = re.compile("<p>\ue000(next|rest)\ue001</p>")


@dataclass(frozen=True, slots=True)
class NumberedSample:
    """A sample with the number that it has on the page, from 1."""

    number: int
    sample: Sample

    @property
    def passes(self) -> tuple[tuple[Turn, ...], ...]:
        """Its exchange, when that is what it shows."""
        return passes_of(self.sample.interaction)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a statement, and the samples that stand after it."""

    html: Markup
    samples: tuple[NumberedSample, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says of an exchange until the other one speaks: ``is_input`` the program reads it, else it writes it."""

    is_input: bool
    lines: tuple[str, ...]


def mark_of(kind: str) -> str:
    """The mark of "next" or "rest": one sample, or all that are left."""
    return f"<p>\ue000{kind}\ue001</p>"


def without_marks(text: str) -> str:
    """The text without the signs that marks are made of."""
    return text.replace("\ue000", "").replace("\ue001", "")


def parts_of(html: Markup, samples: Sequence[Sample]) -> tuple[tuple[Part, ...], tuple[NumberedSample, ...]]:
    """The statement in parts, with samples where it wants them; and the samples that are left for the end."""
    waiting = [NumberedSample(number, sample) for number, sample in enumerate(samples, 1)]
    parts: list[Part] = []
    pieces = _MARK.split(str(html))
    for place in range(0, len(pieces), 2):
        kind = pieces[place + 1] if place + 1 < len(pieces) else ""
        count = {"next": 1, "rest": len(waiting)}.get(kind, 0)
        shown, waiting = waiting[:count], waiting[count:]
        parts.append(Part(Markup(pieces[place]), tuple(shown)))  # noqa: S704  a piece of what has been cleaned
    return tuple(parts), tuple(waiting)


def passes_of(interaction: str) -> tuple[tuple[Turn, ...], ...]:
    """An exchange by passes: who says what, in order. Lines that belong to nobody are left out."""
    passes: list[list[Turn]] = [[]]
    for line in interaction.splitlines():
        if line.strip() == "---":
            passes.append([])
        elif line[:1] in {"<", ">"}:
            is_input, said = line[0] == "<", line[1:].removeprefix(" ")
            turns = passes[-1]
            if turns and turns[-1].is_input is is_input:
                turns[-1] = Turn(is_input, (*turns[-1].lines, said))
            else:
                turns.append(Turn(is_input, (said,)))
    return tuple(tuple(turns) for turns in passes if turns)
