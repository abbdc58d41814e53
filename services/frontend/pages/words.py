"""Owns how values are said to people: verdicts, times, sizes. Never decides anything; knows no request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from contest.rules import ContestRules, Phase
from contest.verdicts import Verdict
from services.frontend.reads.submissions import Submission


@dataclass(frozen=True, slots=True)
class Chip:
    """A verdict or a state as shown: never colour alone. ``tone`` is good, bad, part, wait, fault or info; ``sign`` an icon's name."""

    tone: str
    sign: str
    word: str
    is_working: bool = False


VERDICT_CHIPS: Final[dict[str, Chip]] = {
    Verdict.AC: Chip("good", "check", "Accepted"),
    Verdict.PA: Chip("part", "half", "Partly accepted"),
    Verdict.WA: Chip("bad", "cross", "Wrong answer"),
    Verdict.OLE: Chip("bad", "overflow", "Output limit"),
    Verdict.TLE: Chip("bad", "clock", "Time limit"),
    Verdict.RTE: Chip("bad", "burst", "Run-time error"),
    Verdict.MLE: Chip("bad", "memory", "Memory limit"),
    Verdict.RFE: Chip("bad", "shield", "Forbidden call"),
    Verdict.CE: Chip("fault", "braces", "Compile error"),
    Verdict.VE: Chip("fault", "alert", "Validator error"),
    Verdict.JE: Chip("fault", "alert", "Judge error"),
}
"""How each verdict is shown, by its name."""

STATUS_CHIPS: Final[dict[str, Chip]] = {
    "accepted": Chip("info", "queue", "Received"),
    "unsure": Chip("fault", "alert", "Not known yet"),
    "queued": Chip("wait", "queue", "In the queue"),
    "fetching": Chip("wait", "dots", "Preparing", is_working=True),
    "compiling": Chip("wait", "dots", "Compiling", is_working=True),
    "running": Chip("wait", "dots", "Running", is_working=True),
    "refused": Chip("fault", "cross", "Refused"),
}
"""How what is not judged is shown, by its status, or by its step while it is judged."""

SET_CHIPS: Final[dict[str, Chip]] = {
    "running": Chip("wait", "dots", "Judging", is_working=True),
    "ready": Chip("info", "eye", "To be decided"),
    "applying": Chip("wait", "dots", "Being applied", is_working=True),
    "applied": Chip("good", "check", "Applied"),
    "dropped": Chip("none", "cross", "Dropped"),
}
"""How a set of rejudges is shown, by its state."""

DELIVERY_CHIPS: Final[dict[str, Chip]] = {
    "waiting": Chip("wait", "queue", "Waiting"),
    "delivered": Chip("good", "check", "Delivered"),
    "failed": Chip("bad", "cross", "Failed"),
}
"""How a webhook call is shown, by its status."""

REPORT_CHIPS: Final[dict[str, Chip]] = {
    "waiting": Chip("wait", "dots", "Being tried out", is_working=True),
    "passed": Chip("good", "check", "Passed its trial"),
    "warned": Chip("part", "alert", "Warnings"),
    "failed": Chip("bad", "cross", "Failed its trial"),
    "overtaken": Chip("info", "queue", "Overtaken"),
    "postponed": Chip("wait", "queue", "To be tried out again"),
    "none": Chip("info", "alert", "Not tried out"),
}
"""How the report on a package is shown, by its state."""

ADVICE: Final[dict[str, str]] = {
    Verdict.AC: "Every test case passed.",
    Verdict.PA: "Some test cases passed; the score says how much that is worth.",
    Verdict.WA: "It ran to its end on a test case and printed something else than asked for.",
    Verdict.OLE: "It printed more than the problem allows: look for a loop that does not end.",
    Verdict.TLE: "It needed more time than the limit on a test case: think of the largest input.",
    Verdict.RTE: "It ended with an error on a test case: a crash, an exception, or an exit code that is not zero.",
    Verdict.MLE: "It used more memory than the limit on a test case.",
    Verdict.RFE: "It asked the system for something that programs may not do here.",
    Verdict.CE: "It did not compile; what the compiler said is below. Costs no penalty.",
    Verdict.VE: "The problem's own checker failed. That is not your fault: the jury has been told.",
    Verdict.JE: "Judging failed on our side. That is not your fault: it is judged again when the jury says so.",
}
"""What a verdict means for the author, by its name."""

PHASE_WORDS: Final[dict[Phase, tuple[str, str]]] = {
    Phase.BEFORE: ("Not started", "starts in"),
    Phase.RUNNING: ("Running", "left"),
    Phase.FROZEN: ("Running, board frozen", "left"),
    Phase.ENDED: ("Ended", ""),
}
"""A phase in words, and what the clock beside it counts."""


def chip_of(submission: Submission) -> Chip:
    """How a submission stands."""
    if submission.verdict is not None and submission.status == "judged":
        return VERDICT_CHIPS[submission.verdict]
    if submission.status == "judging" and submission.progress is not None:
        return STATUS_CHIPS.get(submission.progress.step, STATUS_CHIPS["running"])
    return STATUS_CHIPS.get(submission.status, STATUS_CHIPS["queued"])


def size(count: int | None) -> str:
    """Bytes as people read them: ``"1.5 MiB"``."""
    if count is None:
        return "–"  # noqa: RUF001 - an en dash stands for nothing
    if count < 1024:
        return f"{count} B"
    value, unit = count / 1024, "KiB"
    for larger in ("MiB", "GiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"


def seconds(milliseconds: int | None) -> str:
    """Milliseconds as seconds: ``"0.32 s"``."""
    if milliseconds is None:
        return "–"  # noqa: RUF001 - an en dash stands for nothing
    return f"{milliseconds / 1000:.2f} s"


def limit_seconds(milliseconds: int) -> str:
    """A limit in seconds, without zeros that say nothing: ``"2 s"``, ``"1.5 s"``."""
    return f"{milliseconds / 1000:g} s"


def span(total_s: float) -> str:
    """A length in words: ``"5 h"``, ``"2 h 30 min"``, ``"45 min"``, ``"3 days"``."""
    minutes = round(total_s / 60)
    if minutes >= 48 * 60 and minutes % (24 * 60) == 0:
        return f"{minutes // (24 * 60)} days"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min" if minutes or total_s == 0 else f"{round(total_s)} s"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def countdown(left: timedelta) -> str:
    """What a clock shows: ``"2:05:09"``, ``"3 days 04:05:09"`` beyond two days."""
    total = max(0, int(left.total_seconds()))
    days, rest = divmod(total, 86_400) if total >= 2 * 86_400 else (0, total)
    hours, rest = divmod(rest, 3600)
    text = f"{hours}:{rest // 60:02}:{rest % 60:02}"
    return f"{days} days {text}" if days else text


def contest_minute(rules: ContestRules, moment: datetime) -> str:
    """A moment as contest time, ``"1:14"``: hours and minutes since the start; a dash outside the contest."""
    since = int((moment - rules.start).total_seconds())
    if not 0 <= since <= rules.duration_s:
        return "–"  # noqa: RUF001 - an en dash stands for nothing
    return hours_minutes(since)


def hours_minutes(total_s: int) -> str:
    """Seconds as ``h:mm``."""
    return f"{total_s // 3600}:{total_s % 3600 // 60:02}"


def points(score: Fraction | str | None) -> str:
    """A score as people read it: exact when it is whole, else with two digits."""
    if score is None:
        return "–"  # noqa: RUF001 - an en dash stands for nothing
    value = Fraction(score)
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.2f}"
