"""Owns the grader's settings."""

from __future__ import annotations

from dataclasses import dataclass

from contest.allowances import Allowances
from mesh.config import setting, understood
from wire.languages import TIMES, TIMES_ENV, times_of
from wire.services import GRADER, PORTS


@dataclass(frozen=True, slots=True)
class Config:
    """How patient the grader is, and where it listens."""

    host: str = setting("127.0.0.1", "Address to listen on")
    port: int = setting(PORTS[GRADER], "Port to listen on; 0 takes a free one", minimum=0, maximum=65535)
    first_sign_s: float = setting(10.0, "How soon after a claim the runner must give a sign, else the run goes to another", minimum=1, maximum=300)
    lease_s: float = setting(
        25.0, "How long a runner may give no sign; it gives three in that time, whatever it does, so more means that it is frozen or cut off", minimum=1, maximum=3600
    )
    claim_wait_s: float = setting(25.0, "How long a claim may wait for a run", minimum=1, maximum=30)
    judge_errors: int = setting(3, "Judge errors of a run after which it gets the verdict JE", minimum=1, maximum=20)
    losses: int = setting(6, "Runners that may die with a run before it gets the verdict JE", minimum=1, maximum=50)
    elsewhere_s: float = setting(15.0, "How long a failed run waits for a runner other than the one it failed on", minimum=0, maximum=600)
    language_wait_s: float = setting(
        300.0, "How long a run waits for a runner that has its language before it makes room for others where they wait behind it: the record sends it again", minimum=1, maximum=86_400
    )
    manifest_wait_s: float = setting(5.0, "Longest pause between asking a gitserver that is away again", minimum=0.05, maximum=300)
    news_interval_s: float = setting(0.1, "Least time between two pieces of progress news", minimum=0.01, maximum=10)
    drain_s: float = setting(10.0, "How long runners may finish what they hold when the grader leaves", minimum=0, maximum=600)
    language_times: tuple[str, ...] = setting((), TIMES, env=TIMES_ENV)

    @property
    def allowances(self) -> Allowances:
        """The same, read. Raises: `ConfigError`."""
        return understood("language_times", times_of, self.language_times)
