"""Small contests for whole-house tests: a trivial problem, accounts, a contest that runs now."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.api import ApiError, Person

RIGHT = "a, b = map(int, input().split())\nprint(a + b)\n"
WRONG = "a, b = map(int, input().split())\nprint(a - b)\n"
SLOW_RIGHT = "import time\na, b = map(int, input().split())\ntime.sleep(0.2)\nprint(a + b)\n"
TEAM_PASSWORD = "team password 1"


def sum_package(name: str = "A plus B", cases: int = 3, **extra: str) -> bytes:
    """A package in ICPC legacy format: two numbers in, their sum out."""
    files = {
        "problem.yaml": f"name: {name}\nlicense: public domain\nlimits:\n  memory: 256\n",
        ".timelimit": "5\n",
        "problem_statement/problem.en.md": f"# {name}\n\nAdd $a$ and $b$.\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
        "submissions/accepted/sum.py": RIGHT,
    }
    for number in range(1, cases + 1):
        files[f"data/secret/{number:02}.in"] = f"{number} {number * 1000}\n"
        files[f"data/secret/{number:02}.ans"] = f"{number * 1001}\n"
    return zipped_files(files | extra)


def zipped_files(files: dict[str, str]) -> bytes:
    """A zip of these texts by path."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return out.getvalue()


def open_contest(
    admin: Person, alias: str, problems: list[str], teams: list[str], *, duration_s: int = 3600, **more: Any
) -> dict[str, Person]:
    """Makes accounts, a contest that began a minute ago, and registers the teams; returns the signed-in teams."""
    for team in teams:
        try:
            admin.ask("POST", "/accounts", {"username": team, "password": TEAM_PASSWORD, "name": f"Team {team}"})
        except ApiError as there:
            if there.status != 409:
                raise
    start = (datetime.now(UTC) - timedelta(seconds=60)).isoformat().replace("+00:00", "Z")
    labels = [{"alias": problem, "label": chr(ord("A") + place)} for place, problem in enumerate(problems)]
    body = {"alias": alias, "title": f"Contest {alias}", "mode": "icpc", "start": start, "duration_s": duration_s, "problems": labels, **more}
    admin.ask("POST", "/contests", body)
    admin.ask("POST", f"/contests/{alias}/teams", {"teams": [{"username": team, "name": f"Team {team}"} for team in teams]})
    return {team: admin.sign_in(team, TEAM_PASSWORD) for team in teams}


def judged_events(record: Path, contest: str) -> Counter[str]:
    """How often each submission of a contest was judged into an SQLite record."""
    with sqlite3.connect(f"file:{record}?mode=ro", uri=True) as database:
        found = database.execute(
            "select json_extract(body, '$.id') from events where contest = ? and kind = 'judged'", (contest,)
        ).fetchall()
    return Counter(row[0] for row in found)
