"""Owns the form that opens a set of rejudges: what was chosen, read from an address or a form, and said back. Opens nothing itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contest.verdicts import Verdict
from mesh.errors import Invalid
from services.frontend.access import ContestAccess
from services.frontend.languages import LANGUAGES
from services.frontend.pages import words
from wire.rejudging import Filter

_MOMENT: Final = re.compile(r"(\d{1,4}):([0-5]\d)")
_MOST_VALUES: Final = 2_000
_MOST_TEXT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen in the form, as texts; ``since`` and ``until`` are contest time, ``1:30``."""

    problems: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    usernames: str = ""
    runner: str = ""
    since: str = ""
    until: str = ""
    submissions: str = ""
    version: str = ""
    reason: str = ""

    def filter(self, access: ContestAccess) -> Filter:
        """The filter that it means. Raises: `Invalid` (``rejudging-invalid``) for a time that is none."""
        named = [access.contest.problem(one) for one in self.problems]
        return Filter(
            problems=tuple(found.alias if found else one for one, found in zip(self.problems, named, strict=True)),
            languages=self.languages, usernames=_named(self.usernames), verdicts=self.verdicts, submissions=_named(self.submissions),
            runner=self.runner, since=_moment(access, self.since), until=_moment(access, self.until),
        )  # fmt: skip


def choice_of(text: Callable[[str], str], every: Callable[[str], list[str]]) -> Choice:
    """What a form or an address says: ``text`` gives a field, ``every`` all values of one that may come more than once."""
    return Choice(
        problems=tuple(every("problem")[:100]),
        verdicts=tuple(one for one in every("verdict") if one in Verdict.__members__),
        languages=tuple(one for one in every("language") if one in LANGUAGES),
        usernames=text("usernames")[:_MOST_TEXT], runner=text("runner")[:200], since=text("since")[:10], until=text("until")[:10],
        submissions=text("submissions")[:_MOST_TEXT], version=text("version")[:128], reason=text("reason")[:1000],
    )  # fmt: skip


def said_of(asked: Filter, access: ContestAccess) -> str:
    """A filter in words: ``"problem A, B · Wrong answer · C++"``; all of it: ``"every judged submission"``."""
    contest = access.contest
    parts = [
        _listed([contest.label_of(one) for one in asked.problems], "problem "),
        _listed([words.VERDICT_CHIPS[one].word for one in asked.verdicts if one in words.VERDICT_CHIPS], ""),
        _listed([LANGUAGES[one].name if one in LANGUAGES else one for one in asked.languages], ""),
        _listed(list(asked.usernames), "by "),
        f"judged on {asked.runner}" if asked.runner else "",
        _range(asked, access),
        f"{len(asked.submissions):,} named" if asked.submissions else "",
    ]
    return " · ".join(part for part in parts if part) or "every judged submission"


def _range(asked: Filter, access: ContestAccess) -> str:
    def said(moment: datetime) -> str:
        return words.hours_minutes(max(0, int((moment - access.contest.start).total_seconds())))

    since, until = (said(one) if one else "" for one in (asked.since, asked.until))
    if since and until:
        return f"from {since} to {until}"
    return f"from {since}" if since else f"before {until}" if until else ""


def _listed(names: list[str], before: str, most: int = 6) -> str:
    if not names:
        return ""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return before + ", ".join(names[:most]) + rest


def _named(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").split()[:_MOST_VALUES]))


def _moment(access: ContestAccess, text: str) -> datetime | None:
    if not text:
        return None
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Invalid(f"{text!r} is no contest time: write hours and minutes since the start, as 1:30", code="rejudging-invalid")
    return access.contest.start + timedelta(hours=int(found[1]), minutes=int(found[2]))
