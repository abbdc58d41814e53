"""Owns handing in every submission of packages by the public API, and comparing the verdicts with what is written beside them.

    python demo/judge_all.py --url http://localhost:8080 [--contest demo] [ALIAS…]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo.packages import aliases, files_of  # noqa: E402  the path is set first
from demo.site import Site  # noqa: E402
from services.gitserver.formats.package import PackageSubmission  # noqa: E402


@dataclass(frozen=True)
class Expected:
    """A submission to hand in, and the verdicts that it may get."""

    problem: str
    path: str
    language: str
    source: str
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """What became of one. ``verdict`` is empty when it was refused."""

    expected: Expected
    verdict: str
    answer: dict[str, Any]

    @property
    def is_right(self) -> bool:
        """Whether the verdict is one of those that it may get."""
        return self.verdict in self.expected.verdicts

    def __str__(self) -> str:
        wanted = "" if self.is_right else f", expected {' or '.join(self.expected.verdicts)}"
        mark = "      " if self.is_right else "WRONG "
        return f"{mark}{self.expected.problem}: {self.expected.path} {self.verdict or self.answer.get('status')}{wanted}"


def expected_of(alias: str, submissions: Iterable[PackageSubmission]) -> list[Expected]:
    """The submissions of a package as the gitserver reads them."""
    return [
        Expected(alias, one.path, one.language, (one.file.content or b"").decode(), one.expected)
        for one in submissions
    ]


def of_demo(chosen: Sequence[str] = ()) -> list[Expected]:
    """Every submission of the demo's packages, or of the chosen ones."""
    from demo.verify import package_of

    return [one for alias in chosen or aliases() for one in expected_of(alias, package_of(files_of(alias), alias).submissions)]


def judge_all(site: Site, contest: str, wanted: Sequence[Expected], limit_s: float = 600.0) -> list[Judged]:
    """Hands all of them in, waits until each is judged or refused, in order. Raises: TimeoutError.

    Somebody who may submit to the contest is signed in; organisers submit off the board.
    """
    ids = [site.submit(contest, one.problem, one.language, one.source, Path(one.path).name) for one in wanted]
    end = time.monotonic() + limit_s
    return [_judged(site, one, submission, end) for one, submission in zip(wanted, ids, strict=True)]


def _judged(site: Site, one: Expected, submission: str, end: float) -> Judged:
    while True:
        answer = site.ask("GET", f"/submissions/{submission}")
        if answer["status"] in {"judged", "refused"}:
            return Judged(one, answer.get("verdict") or "", answer)
        if time.monotonic() > end:
            raise TimeoutError(f"{one.problem}: {one.path} is {answer['status']}")
        time.sleep(0.25)


def main() -> int:
    """Judges the demo's submissions and says which verdicts are not as they are written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8080")
    parser.add_argument("--contest", default="demo")
    parser.add_argument("--username", default="admin")
    parser.add_argument("--password-env", default="PALESTRA_ADMIN_PASSWORD")
    parser.add_argument("aliases", nargs="*")
    options = parser.parse_args()
    site = Site(options.url)
    site.sign_in(options.username, os.environ[options.password_env])
    judged = judge_all(site, options.contest, of_demo(options.aliases))
    for one in judged:
        print(one)
    wrong = sum(not one.is_right for one in judged)
    print(f"{len(judged)} submissions, {wrong} not as written")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
